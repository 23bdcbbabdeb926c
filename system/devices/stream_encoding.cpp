#include "system/devices/stream_encoding.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::devices {

namespace {

template <class Number>
bool within(Number number, const std::optional<NumberRange<Number>>& range) {
  return !range || (number >= range->min && number <= range->max);
}

template <class Number>
std::string text_of(const NumberRange<Number>& range) {
  return fmt::format("{:g} to {:g}", double(range.min), double(range.max));
}

template <class List, class Text>
std::string listed(const List& list, Text text) {
  std::vector<std::string> texts;
  for (const auto& one : list) texts.push_back(text(one));
  return base::joined(texts, ", ");
}

std::optional<EncoderRefusal> rate_refusal(double fps, const CodecOptions& options) {
  const auto near = [&](double rate) { return std::abs(rate - fps) < 0.01; };
  if (!options.rates.empty() && std::ranges::none_of(options.rates, near)) {
    return EncoderRefusal{"fps", "the device can do " + listed(options.rates, [](double rate) {
                                   return fmt::format("{:g}", rate);
                                 })};
  }
  if (!within(fps, options.rate_range)) {
    return EncoderRefusal{"fps", "the device can do " + text_of(*options.rate_range)};
  }
  return {};
}

}  // namespace

const CodecOptions* EncoderState::options_of(media::Codec codec) const {
  const auto found = std::ranges::find(options, codec, &CodecOptions::codec);
  return found == options.end() ? nullptr : &*found;
}

std::optional<EncoderRefusal> refusal_of(const EncoderSettings& wanted, const EncoderState& state) {
  const auto& now = state.settings;
  const auto* options = state.options_of(wanted.codec);
  const bool other = wanted.codec != now.codec;
  if (!options && other) {
    return EncoderRefusal{"codec", "the device can do " + listed(state.options, [](const CodecOptions& one) {
                                     return std::string(media::to_string(one.codec));
                                   })};
  }
  if (!options) return {};  // it does not say what it can do with what it does
  if ((other || wanted.size != now.size) && !options->sizes.empty() &&
      std::ranges::find(options->sizes, wanted.size) == options->sizes.end()) {
    return EncoderRefusal{"size", "the device can do " + listed(options->sizes, [](const PictureSize& size) {
                                    return fmt::format("{}x{}", size.width, size.height);
                                  })};
  }
  if (other || wanted.fps != now.fps) {
    if (auto refusal = rate_refusal(wanted.fps, *options)) return refusal;
  }
  if ((other || wanted.gop != now.gop) && wanted.gop && !within(*wanted.gop, options->gop)) {
    return EncoderRefusal{"gop", "the device can do " + text_of(*options->gop)};
  }
  if ((other || wanted.bitrate_kbps != now.bitrate_kbps) &&
      !within(wanted.bitrate_kbps, options->bitrate_kbps)) {
    return EncoderRefusal{"bitrate_kbps", "the device can do " + text_of(*options->bitrate_kbps)};
  }
  if (options->constant == false && wanted.variable != now.variable) {
    return EncoderRefusal{"rate_mode", "the device has one mode only"};
  }
  return {};
}

}  // namespace watchrig::devices
