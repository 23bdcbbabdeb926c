#include "system/devices/onvif/encoder_options.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::devices {

using media::Codec;
using protocols::child;
using protocols::text_at;

namespace {

constexpr double largest = 1e9, highest_rate = 1000;
constexpr int longest_side = 16384;

/// Reads the options of one codec, and names what is nonsense.
class Reader {
 public:
  Reader(EncoderState& state, std::string name) : state_(state), name_(std::move(name)) {}

  template <class Number>
  std::optional<NumberRange<Number>> range(pugi::xml_node node, const char* member, Number least) {
    const auto found = child(node, member);
    if (!found) return std::nullopt;
    const auto low = text_at(found, "Min"), high = text_at(found, "Max");
    const auto min = number_of(low), max = number_of(high);
    if (!min || !max || *min > *max || *max < double(least)) {
      refuse(fmt::format("{} \"{:.20}\" to \"{:.20}\"", member, low, high));
      return std::nullopt;
    }
    return NumberRange<Number>{std::max(least, static_cast<Number>(*min)), static_cast<Number>(*max)};
  }

  /// The names are a minimum and a maximum, whatever stands between them.
  std::optional<NumberRange<int>> gop(std::string_view list) {
    if (base::trim(list).empty()) return std::nullopt;
    std::vector<double> numbers;
    for (const auto word : base::split(base::trim(list), ' ')) {
      if (const auto number = number_of(word)) numbers.push_back(*number);
    }
    if (numbers.empty() || numbers.front() > numbers.back() || numbers.back() < 1) {
      refuse(fmt::format("GovLengthRange \"{:.20}\"", list));
      return std::nullopt;
    }
    return NumberRange<int>{std::max(1, static_cast<int>(numbers.front())), static_cast<int>(numbers.back())};
  }

  std::vector<double> rates(std::string_view list) {
    std::vector<double> rates;
    for (const auto word : base::split(list, ' ')) {
      if (word.empty()) continue;
      const auto rate = number_of(word);
      if (!rate || *rate <= 0 || *rate > highest_rate) {
        refuse(fmt::format("FrameRatesSupported \"{:.20}\"", word));
      } else if (std::ranges::find(rates, *rate) == rates.end()) {
        rates.push_back(*rate);
      }
    }
    return believable(std::move(rates), state_.settings.fps, "rates");
  }

  std::vector<PictureSize> sizes(pugi::xml_node options) {
    std::vector<PictureSize> sizes;
    for (const auto& node : protocols::children(options, "ResolutionsAvailable")) {
      const auto width = text_at(node, "Width"), height = text_at(node, "Height");
      const PictureSize size{side(width), side(height)};
      if (size.width == 0 || size.height == 0) {
        refuse(fmt::format("ResolutionsAvailable \"{:.20}\" x \"{:.20}\"", width, height));
      } else if (std::ranges::find(sizes, size) == sizes.end()) {
        sizes.push_back(size);
      }
    }
    return believable(std::move(sizes), state_.settings.size, "sizes");
  }

 private:
  static int side(std::string_view text) {
    const auto number = base::parse_number<int>(text);
    return number && *number > 0 && *number <= longest_side ? *number : 0;
  }

  /// No encoder has so many: of these only the one that is in use is known to be true.
  template <class Value>
  std::vector<Value> believable(std::vector<Value> list, const Value& present, const char* what) {
    if (list.size() <= EncoderState::most_options) return list;
    refuse(fmt::format("{} {}", list.size(), what));
    return {present};
  }

  void refuse(const std::string& what) {
    auto text = fmt::format("{}: {}", name_, what);
    auto& all = state_.unusable;
    if (all.size() < EncoderState::most_options && std::ranges::find(all, text) == all.end())
      all.push_back(std::move(text));
  }

  EncoderState& state_;
  const std::string name_;
};

}  // namespace

std::optional<double> number_of(std::string_view text) {
  const auto number = base::parse_number<double>(text);
  return number && std::isfinite(*number) && std::abs(*number) < largest ? number : std::nullopt;
}

std::optional<Codec> codec_of(std::string_view encoding) {
  if (encoding == "H264") return Codec::h264;
  if (encoding == "H265") return Codec::h265;
  if (encoding == "JPEG") return Codec::mjpeg;
  return std::nullopt;
}

const char* encoding_of(Codec codec) {
  return codec == Codec::h265 ? "H265" : codec == Codec::mjpeg ? "JPEG" : "H264";
}

EncoderState read_encoder_options2(pugi::xml_node answer, EncoderSettings settings) {
  EncoderState state{std::move(settings), {}};
  for (const auto& node : protocols::children(answer, "Options")) {
    const auto codec = codec_of(text_at(node, "Encoding"));
    if (!codec || state.options_of(*codec)) continue;
    Reader reader(state, std::string(media::to_string(*codec)));
    CodecOptions options;
    options.codec = *codec;
    options.sizes = reader.sizes(node);
    options.rates = reader.rates(node.attribute("FrameRatesSupported").value());
    options.bitrate_kbps = reader.range<int>(node, "BitrateRange", 1);
    options.gop = reader.gop(node.attribute("GovLengthRange").value());
    const std::string_view constant = node.attribute("ConstantBitRateSupported").value();
    if (!constant.empty()) options.constant = constant == "true" || constant == "1";
    if (const auto quality = reader.range<double>(node, "QualityRange", 0)) state.quality = *quality;
    state.options.push_back(std::move(options));
  }
  return state;
}

EncoderState read_encoder_options1(pugi::xml_node answer, EncoderSettings settings) {
  EncoderState state{std::move(settings), {}};
  const auto all = child(answer, "Options");
  for (const auto codec : {Codec::h264, Codec::mjpeg}) {
    const char* name = encoding_of(codec);
    const auto node = child(all, name);
    if (!node) continue;
    Reader reader(state, std::string(media::to_string(codec)));
    CodecOptions options;
    options.codec = codec;
    options.sizes = reader.sizes(node);
    options.rate_range = reader.range<double>(node, "FrameRateRange", 0);
    options.gop = reader.range<int>(node, "GovLengthRange", 1);
    options.bitrate_kbps = reader.range<int>(child(child(all, "Extension"), name), "BitrateRange", 1);
    options.constant = false;
    state.options.push_back(std::move(options));
  }
  if (const auto quality = Reader(state, "all").range<double>(all, "QualityRange", 0))
    state.quality = *quality;
  return state;
}

}  // namespace watchrig::devices
