#include "simulators/camera/onvif/encoder_settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/personalities/absurd_options.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using media::Codec;
using media::FrameRate;
using protocols::add;
using protocols::text_at;

struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};
struct Range {
  int min = 0, max = 0;
};

constexpr std::array codecs{Codec::h264, Codec::h265, Codec::mjpeg};
constexpr Range gop_range{1, 400}, quality_range{1, 100};
constexpr FrameRate offered_rates[] = {{1, 1},  {2, 1},  {5, 1},  {8, 1},  {10, 1},
                                       {25, 2}, {15, 1}, {20, 1}, {25, 1}, {30, 1}};
constexpr Size offered_sizes[] = {{1920, 1080}, {1280, 960}, {1280, 720}, {704, 576}, {640, 480},
                                  {640, 360},   {352, 288},  {320, 240},  {320, 184}, {160, 96}};

/// A sensor gives no more pixels than it has; the stream's present size is always there.
std::vector<Size> sizes_of(const OnvifDevice& device, const OnvifStream& stream, Codec codec) {
  std::vector<Size> sizes{{device.sensor_width, device.sensor_height}};
  const auto offer = [&](Size size) {
    const bool fits = size.width <= device.sensor_width && size.height <= device.sensor_height;
    if (fits && std::ranges::find(sizes, size) == sizes.end()) sizes.push_back(size);
  };
  offer({stream.profile.width, stream.profile.height});
  for (const auto& size : offered_sizes) offer(size);
  if (codec == Codec::mjpeg) {  // RFC 2435, 3.1.5
    std::erase_if(sizes, [](const Size& size) {
      return size.width % 8 != 0 || size.height % 8 != 0 || size.width > 2040 || size.height > 2040;
    });
  }
  return sizes;
}

std::vector<FrameRate> rates_of(const OnvifStream& stream) {
  std::vector<FrameRate> rates(std::begin(offered_rates), std::end(offered_rates));
  if (std::ranges::find(rates, stream.profile.rate) == rates.end()) rates.push_back(stream.profile.rate);
  std::ranges::sort(rates, {}, &FrameRate::value);
  return rates;
}

/// In kb/s; a smaller codec limit than 100 Mb/s, as cameras have it.
constexpr Range bitrate_range{32, 20000};

std::vector<Codec> codecs_of(const OnvifDevice& device, const OnvifStream& stream) {
  if (stream.fixed) return {stream.codec()};
  std::vector<Codec> able;
  for (const auto codec : codecs) {
    if (!sizes_of(device, stream, codec).empty()) able.push_back(codec);
  }
  return able;
}

void add_range(pugi::xml_node parent, const std::string& name, Range range) {
  auto node = add(parent, name);
  add(node, "tt:Min", std::to_string(range.min));
  add(node, "tt:Max", std::to_string(range.max));
}

void add_sizes(pugi::xml_node parent, const std::vector<Size>& sizes) {
  for (const auto& size : sizes) {
    auto node = add(parent, "tt:ResolutionsAvailable");
    add(node, "tt:Width", std::to_string(size.width));
    add(node, "tt:Height", std::to_string(size.height));
  }
}

protocols::SoapFault cannot(std::string reason) {
  return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, std::move(reason));
}

std::optional<int> number_at(pugi::xml_node node, const char* path) {
  const auto number = base::parse_number<double>(text_at(node, path));
  if (!number || !(std::abs(*number) < 1e9)) return std::nullopt;
  return static_cast<int>(std::lround(*number));
}

FrameRate nearest_rate(const OnvifStream& stream, double wanted) {
  const auto rates = rates_of(stream);
  return *std::ranges::min_element(rates, {},
                                   [&](const FrameRate& rate) { return std::abs(rate.value() - wanted); });
}

/// What both versions have in common: size, rate control, quality.
OnvifOutcome read_common(const OnvifDevice& device, const OnvifStream& stream, pugi::xml_node node,
                         scene::StreamProfile& profile, int& quality) {
  const Size size{number_at(node, "Resolution/Width").value_or(0),
                  number_at(node, "Resolution/Height").value_or(0)};
  const auto sizes = sizes_of(device, stream, *profile.codec);
  if (std::ranges::find(sizes, size) == sizes.end()) {
    return cannot(fmt::format("{}x{} is not among the resolutions", size.width, size.height));
  }
  profile.width = size.width;
  profile.height = size.height;
  const auto wanted = number_at(node, "Quality");
  if (!wanted) return cannot("quality is no number");
  quality = std::clamp(*wanted, quality_range.min, quality_range.max);
  const auto control = protocols::child(node, "RateControl");
  if (!control) return {};
  const auto rate = base::parse_number<double>(text_at(control, "FrameRateLimit"));
  const auto kilobits = number_at(control, "BitrateLimit");
  if (!rate || !std::isfinite(*rate) || !kilobits) return cannot("rate control has no numbers");
  profile.rate = nearest_rate(stream, *rate);
  profile.bitrate_bps = std::int64_t{1000} * std::clamp(*kilobits, bitrate_range.min, bitrate_range.max);
  return {};
}

OnvifOutcome read_gop(std::string_view text, scene::StreamProfile& profile) {
  if (text.empty() || profile.codec == Codec::mjpeg) return {};
  const auto gop = base::parse_number<int>(text);
  if (!gop || *gop < gop_range.min || *gop > gop_range.max) {
    return cannot(fmt::format("GovLength \"{}\": {} to {}", text, gop_range.min, gop_range.max));
  }
  profile.gop = *gop;
  return {};
}

OnvifOutcome apply(OnvifDevice& device, OnvifStream& stream, const scene::StreamProfile& profile,
                   int quality) {
  const bool same = profile == stream.profile;
  if (stream.fixed && !same) return cannot("this camera sends a file as it is");
  if (!same) {
    if (const auto done = device.encode(stream.name, profile); !done) return cannot(done.error().message);
  }
  stream.profile = profile;
  stream.idle_quality = quality;
  return {};
}

OnvifStream* asked_stream(OnvifDevice& device, pugi::xml_node configuration) {
  const std::string_view token = configuration.attribute("token").value();
  const auto found = std::ranges::find(device.streams, token, encoder_token);
  return found == device.streams.end() ? nullptr : &*found;
}

OnvifOutcome no_configuration(pugi::xml_node configuration) {
  return camera::no_configuration(configuration.attribute("token").value());
}

const char* name2(Codec codec) {
  return codec == Codec::h265 ? "H265" : codec == Codec::mjpeg ? "JPEG" : "H264";
}

/// The one profile of H.264 and H.265 that the encoder has.
const char* coding_profile(Codec codec) { return codec == Codec::h265 ? "Main" : "High"; }

}  // namespace

void add_encoder_options2(pugi::xml_node parent, const OnvifDevice& device, const OnvifStream& stream) {
  for (const auto codec : codecs_of(device, stream)) {
    auto options = add(parent, "tr2:Options");
    if (codec != Codec::mjpeg) {
      options.append_attribute("GovLengthRange") = fmt::format("{} {}", gop_range.min, gop_range.max).c_str();
      options.append_attribute("ProfilesSupported") = coding_profile(codec);
    }
    std::string rates;
    for (const auto& rate : rates_of(stream))
      rates += fmt::format("{}{:g}", rates.empty() ? "" : " ", rate.value());
    options.append_attribute("FrameRatesSupported") = rates.c_str();
    options.append_attribute("ConstantBitRateSupported") = "true";
    add(options, "tt:Encoding", name2(codec));
    add_range(options, "tt:QualityRange", quality_range);
    add_sizes(options, sizes_of(device, stream, codec));
    add_range(options, "tt:BitrateRange", bitrate_range);
    if (device.quirks.has(quirks::absurd_encoder_options)) make_absurd(options);
  }
}

void fill_encoder_options1(pugi::xml_node options, const OnvifDevice& device, const OnvifStream& stream) {
  const auto rates = rates_of(stream);
  const Range rate_range{1, static_cast<int>(rates.back().value())};
  const auto fill = [&](pugi::xml_node node, Codec codec) {
    add_sizes(node, sizes_of(device, stream, codec));
    if (codec == Codec::h264) add_range(node, "tt:GovLengthRange", gop_range);
    add_range(node, "tt:FrameRateRange", rate_range);
    add_range(node, "tt:EncodingIntervalRange", {1, 1});
    if (codec == Codec::h264) add(node, "tt:H264ProfilesSupported", "High");
  };
  add_range(options, "tt:QualityRange", quality_range);
  const auto able = codecs_of(device, stream);
  const auto has = [&](Codec codec) { return std::ranges::find(able, codec) != able.end(); };
  if (has(Codec::mjpeg)) fill(add(options, "tt:JPEG"), Codec::mjpeg);
  if (!has(Codec::h264)) return;
  fill(add(options, "tt:H264"), Codec::h264);
  auto h264 = add(add(options, "tt:Extension"), "tt:H264");
  fill(h264, Codec::h264);
  add_range(h264, "tt:BitrateRange", bitrate_range);
  if (device.quirks.has(quirks::absurd_encoder_options)) make_absurd(options);
}

OnvifOutcome set_encoder2(OnvifDevice& device, pugi::xml_node configuration) {
  auto* stream = asked_stream(device, configuration);
  if (!stream) return no_configuration(configuration);
  auto profile = stream->profile;
  const auto encoding = text_at(configuration, "Encoding");
  const auto codec = std::ranges::find(codecs, encoding, name2);
  if (codec == codecs.end()) return cannot(fmt::format("there is no encoding \"{}\"", encoding));
  profile.codec = *codec;
  int quality = stream->idle_quality;
  if (auto fault = read_common(device, *stream, configuration, profile, quality)) return fault;
  if (auto fault = read_gop(configuration.attribute("GovLength").value(), profile)) return fault;
  const std::string_view wanted = configuration.attribute("Profile").value();
  if (!wanted.empty() && profile.codec != Codec::mjpeg && wanted != coding_profile(*codec)) {
    return cannot(fmt::format("{} has the profile {} only", encoding, coding_profile(*codec)));
  }
  const std::string_view constant =
      protocols::child(configuration, "RateControl").attribute("ConstantBitRate").value();
  const bool variable = constant == "false" || constant == "0";
  profile.quality = variable ? std::optional(quality) : std::nullopt;
  return apply(device, *stream, profile, quality);
}

OnvifOutcome set_encoder1(OnvifDevice& device, pugi::xml_node configuration) {
  auto* stream = asked_stream(device, configuration);
  if (!stream || !in_version1(*stream)) return no_configuration(configuration);
  auto profile = stream->profile;
  const auto encoding = text_at(configuration, "Encoding");
  if (encoding != "JPEG" && encoding != "H264") {
    return cannot(fmt::format("there is no encoding \"{}\"", encoding));
  }
  profile.codec = encoding == "JPEG" ? Codec::mjpeg : Codec::h264;
  int quality = stream->quality();
  if (auto fault = read_common(device, *stream, configuration, profile, quality)) return fault;
  if (auto fault = read_gop(text_at(configuration, "H264/GovLength"), profile)) return fault;
  if (profile.quality) profile.quality = quality;  // this version cannot tell constant from variable
  return apply(device, *stream, profile, quality);
}

}  // namespace watchrig::camera
