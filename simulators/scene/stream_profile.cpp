#include "simulators/scene/stream_profile.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::scene {
namespace {

base::Error invalid(std::string_view text, std::string_view what) {
  return {base::ErrorKind::invalid, fmt::format("profile \"{}\": {}", text, what)};
}

/// 29.97 and its like are what broadcasters call n * 1000 / 1001.
std::optional<media::FrameRate> parse_rate(std::string_view text) {
  const auto [whole, fraction] = base::split_once(text, '.');
  const auto number = base::parse_number<int>(whole);
  if (!number || *number < 1 || *number > 120) return std::nullopt;
  if (fraction.empty()) return media::FrameRate{*number, 1};
  if (*number < 120 && (fraction == "97" || fraction == "98" || fraction == "976" || fraction == "94"))
    return media::FrameRate{std::int64_t{*number + 1} * 1000, 1001};
  if (fraction == "5" && *number < 120) return media::FrameRate{2 * std::int64_t{*number} + 1, 2};
  return std::nullopt;
}

std::string rate_text(const media::FrameRate& rate) {
  if (rate.denominator == 1) return fmt::format("{}", rate.numerator);
  if (rate.denominator == 2) return fmt::format("{}.5", rate.numerator / 2);
  return fmt::format("{:.2f}", std::floor(rate.value() * 100) / 100);
}

std::optional<std::int64_t> parse_bitrate(std::string_view text) {
  std::int64_t unit = 0;
  for (const auto& [suffix, factor] : {std::pair("kbps", 1'000), std::pair("Mbps", 1'000'000)}) {
    const std::string_view end(suffix);
    if (text.size() <= end.size() || !base::equal_ignoring_case(text.substr(text.size() - end.size()), end))
      continue;
    text.remove_suffix(end.size());
    unit = factor;
    break;
  }
  if (unit == 0) return std::nullopt;
  const auto number = base::parse_number<double>(text);
  if (!number || !(*number > 0) || *number > 1e6) return std::nullopt;
  return std::llround(*number * double(unit));
}

/// A number before a unit that is one of those.
std::optional<int> one_of(std::string_view word, std::string_view unit, std::span<const int> numbers) {
  if (!word.ends_with(unit)) return std::nullopt;
  const auto number = base::parse_number<int>(word.substr(0, word.size() - unit.size()));
  return number && std::ranges::find(numbers, *number) != numbers.end() ? number : std::nullopt;
}

base::Result<StreamProfile> audio_profile(std::string_view text, media::Codec codec,
                                          const std::vector<std::string_view>& words) {
  if (words.size() == 1) return sound_profile(codec);
  const auto rate = words.size() == 3 ? one_of(words[1], "kHz", aac_sample_rates) : std::nullopt;
  const auto bits = words.size() == 3 ? one_of(words[2], "kbps", aac_bitrates) : std::nullopt;
  if (codec != media::Codec::aac || !rate || !bits)
    return invalid(text, "a sound profile is the codec alone, or such as \"aac 48kHz 64kbps\"");
  return sound_profile(codec, *rate * 1000, std::int64_t{1000} * *bits);
}

base::Result<> parse_size(std::string_view text, std::string_view word, StreamProfile& profile) {
  const auto [size, rate] = base::split_once(word, '@');
  const auto [width, height] = base::split_once(size, 'x');
  const int w = base::parse_number<int>(width).value_or(0);
  const int h = base::parse_number<int>(height).value_or(0);
  if (w < 16 || h < 16 || w > 7680 || h > 4320 || w % 2 != 0 || h % 2 != 0)
    return invalid(text, fmt::format("size \"{}\": even pixels, 16x16 to 7680x4320", size));
  if (profile.codec == media::Codec::mjpeg && (w % 8 != 0 || h % 8 != 0 || w > 2040 || h > 2040))
    return invalid(text,
                   fmt::format("size \"{}\": RTP carries MJPEG in multiples of 8, up to 2040x2040", size));
  const auto parsed = parse_rate(rate);
  if (!parsed)
    return invalid(text, fmt::format("frame rate \"{}\": 1 to 120, such as 25, 12.5 or 29.97", rate));
  profile.width = w;
  profile.height = h;
  profile.rate = *parsed;
  return {};
}

}  // namespace

StreamProfile sound_profile(media::Codec codec, int sample_rate, std::int64_t bitrate_bps) {
  StreamProfile profile;
  profile.codec = codec;
  profile.rate = {50, 1};
  if (codec != media::Codec::aac) return profile;
  constexpr int frame_samples = 1024;
  const auto common = std::gcd(sample_rate, frame_samples);
  profile.rate = {sample_rate / common, frame_samples / common};
  profile.sample_rate = sample_rate;
  profile.bitrate_bps = bitrate_bps;
  return profile;
}

base::Result<StreamProfile> parse_profile(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : base::split(base::trim(text), ' '))
    if (!word.empty()) words.push_back(word);
  if (words.empty()) return invalid(text, "is empty; write for example \"h264 1280x720@25 2Mbps\"");

  StreamProfile profile;
  const std::string_view codec = words[0];
  if (codec == "pcmu") return audio_profile(text, media::Codec::pcmu, words);
  if (codec == "pcma") return audio_profile(text, media::Codec::pcma, words);
  if (codec == "aac") return audio_profile(text, media::Codec::aac, words);
  if (codec == "passthrough" && words.size() == 1) return profile;
  if (codec == "h264") profile.codec = media::Codec::h264;
  if (codec == "h265") profile.codec = media::Codec::h265;
  if (codec == "mjpeg") profile.codec = media::Codec::mjpeg;
  if (!profile.codec)
    return invalid(text,
                   fmt::format("codec \"{}\": h264, h265, mjpeg, passthrough, pcmu, pcma or aac", codec));
  if (words.size() < 3 || words.size() > 5)
    return invalid(text, "needs size@rate and bit rate, for example \"h264 1280x720@25 2Mbps\"");
  if (const auto sized = parse_size(text, words[1], profile); !sized) return sized.error();
  profile.bitrate_bps = parse_bitrate(words[2]).value_or(0);
  if (profile.bitrate_bps < 16'000 || profile.bitrate_bps > 100'000'000)
    return invalid(text, fmt::format("bit rate \"{}\": 16kbps to 100Mbps", words[2]));
  profile.gop = static_cast<int>(std::lround(profile.rate.value() * 2));
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto [name, value] = base::split_once(words[i], '=');
    const int number = base::parse_number<int>(value).value_or(0);
    if (name == "gop" && number >= 1 && number <= 1000) {
      profile.gop = number;
    } else if (name == "quality" && number >= 1 && number <= 100) {
      profile.quality = number;
    } else {
      return invalid(text, fmt::format("\"{}\": quality=1 to 100 and gop=1 to 1000 may follow", words[i]));
    }
  }
  return profile;
}

std::string to_string(const StreamProfile& profile) {
  if (profile.passthrough()) return "passthrough";
  switch (*profile.codec) {
    case media::Codec::pcmu:
      return "pcmu";
    case media::Codec::pcma:
      return "pcma";
    case media::Codec::aac:
      if (profile == sound_profile(media::Codec::aac)) return "aac";
      return fmt::format("aac {}kHz {}kbps", profile.sample_rate / 1000, profile.bitrate_bps / 1000);
    default:
      break;
  }
  const char* codec = *profile.codec == media::Codec::h264   ? "h264"
                      : *profile.codec == media::Codec::h265 ? "h265"
                                                             : "mjpeg";
  const std::string bitrate = profile.bitrate_bps % 1'000'000 == 0
                                  ? fmt::format("{}Mbps", profile.bitrate_bps / 1'000'000)
                                  : fmt::format("{}kbps", double(profile.bitrate_bps) / 1000);
  std::string text =
      fmt::format("{} {}x{}@{} {}", codec, profile.width, profile.height, rate_text(profile.rate), bitrate);
  if (profile.quality) text += fmt::format(" quality={}", *profile.quality);
  if (profile.gop != std::lround(profile.rate.value() * 2)) text += fmt::format(" gop={}", profile.gop);
  return text;
}

}  // namespace watchrig::scene
