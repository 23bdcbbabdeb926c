#pragma once

#include <optional>
#include <string>
#include <vector>

#include "system/media/access_unit.hpp"

namespace watchrig::devices {

struct PictureSize {
  int width = 0, height = 0;
  bool operator==(const PictureSize&) const = default;
};

/// How a device codes one stream.
struct EncoderSettings {
  media::Codec codec = media::Codec::h264;
  PictureSize size;
  double fps = 25;
  bool variable = false;   ///< the bit rate (VBR); else it is constant (CBR)
  double quality = 50;     ///< on the device's own scale; without effect on a constant bit rate
  int bitrate_kbps = 0;    ///< constant, or the highest of a variable one
  std::optional<int> gop;  ///< pictures from one key picture to the next; nothing for JPEG
  bool operator==(const EncoderSettings&) const = default;
};

template <class Number>
struct NumberRange {
  Number min{}, max{};
};

/// What a device can do with one codec. An empty list or range: it does not say.
struct CodecOptions {
  media::Codec codec = media::Codec::h264;
  std::vector<PictureSize> sizes;
  std::vector<double> rates;  ///< pictures a second
  std::optional<NumberRange<double>> rate_range;
  std::optional<NumberRange<int>> gop, bitrate_kbps;
  std::optional<bool> constant;  ///< whether constant and variable bit rate can be chosen between
};

struct EncoderState {
  EncoderSettings settings;
  std::vector<CodecOptions> options;
  NumberRange<double> quality{1, 100};
  /// What the device says that no encoder can do, which is left out of the options: "H.264: BitrateRange
  /// ...".
  std::vector<std::string> unusable = {};
  static constexpr std::size_t most_options = 128;  ///< sizes, or rates, of one codec

  const CodecOptions* options_of(media::Codec codec) const;
};

/// What of the settings a device cannot do that are not as they are (some stand outside of their own limits),
/// by the member that names it: "codec", "size", "fps", "gop", "bitrate_kbps", "rate_mode".
struct EncoderRefusal {
  std::string member;
  std::string reason;  ///< what the device can do
};
std::optional<EncoderRefusal> refusal_of(const EncoderSettings& wanted, const EncoderState& state);

}  // namespace watchrig::devices
