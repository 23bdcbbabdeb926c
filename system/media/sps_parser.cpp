#include <algorithm>

#include <fmt/format.h>

#include "system/media/bit_reader.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::media {

namespace {

base::Error corrupt(const char* what) {
  return {base::ErrorKind::corrupt, fmt::format("sequence parameter set: {}", what)};
}

struct PictureSize {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  std::uint64_t crop_x = 0;  ///< both sides together
  std::uint64_t crop_y = 0;
};

base::Result<SpsInfo> make_info(const BitReader& reader, const PictureSize& size, std::string codec_string) {
  constexpr std::uint64_t largest = 16384;
  if (reader.failed()) return corrupt("ends early");
  if (size.width <= size.crop_x || size.height <= size.crop_y || size.width - size.crop_x > largest ||
      size.height - size.crop_y > largest) {
    return corrupt("picture size is out of range");
  }
  return SpsInfo{static_cast<std::uint16_t>(size.width - size.crop_x),
                 static_cast<std::uint16_t>(size.height - size.crop_y), std::move(codec_string)};
}

// The profiles whose SPS has chroma format, bit depth and scaling matrices (7.3.2.1.1).
bool is_high_profile(unsigned profile) {
  constexpr unsigned high[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
  return std::ranges::find(high, profile) != std::end(high);
}

void skip_scaling_lists(BitReader& reader, unsigned lists) {
  for (unsigned i = 0; i < lists && !reader.failed(); ++i) {
    if (!reader.flag()) continue;
    std::int64_t last = 8, next = 8;
    for (unsigned j = 0; j < (i < 6 ? 16u : 64u) && !reader.failed(); ++j) {
      if (next != 0) next = (last + reader.se() + 256) & 0xff;
      if (next != 0) last = next;
    }
  }
}

void skip_picture_order_count(BitReader& reader) {
  const std::uint32_t type = reader.ue();
  if (type == 0) {
    reader.ue();
  } else if (type == 1) {
    reader.skip(1);
    reader.se();
    reader.se();
    const std::uint32_t cycle = reader.ue();
    for (std::uint32_t i = 0; i < cycle && !reader.failed(); ++i) reader.se();
  }
}

base::Result<SpsInfo> parse_h264_sps(base::ByteView nal) {
  BitReader reader(nal);
  reader.skip(8);
  const std::uint32_t profile = reader.bits(8), constraints = reader.bits(8), level = reader.bits(8);
  reader.ue();
  std::uint32_t chroma = 1;
  if (is_high_profile(profile)) {
    chroma = reader.ue();
    if (chroma == 3 && reader.flag()) chroma = 0;
    reader.ue();
    reader.ue();
    reader.skip(1);
    if (reader.flag()) skip_scaling_lists(reader, chroma == 3 ? 12 : 8);
  }
  reader.ue();
  skip_picture_order_count(reader);
  reader.ue();
  reader.skip(1);
  const std::uint64_t columns = std::uint64_t{reader.ue()} + 1, rows = std::uint64_t{reader.ue()} + 1;
  const bool frames_only = reader.flag();
  if (!frames_only) reader.skip(1);
  reader.skip(1);
  PictureSize size{columns * 16, rows * 16 * (frames_only ? 1 : 2), 0, 0};
  if (reader.flag()) {
    const std::uint64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    const std::uint64_t unit_y = (chroma == 1 ? 2u : 1u) * (frames_only ? 1u : 2u);
    size.crop_x = (std::uint64_t{reader.ue()} + reader.ue()) * unit_x;
    size.crop_y = (std::uint64_t{reader.ue()} + reader.ue()) * unit_y;
  }
  return make_info(reader, size, fmt::format("avc1.{:02x}{:02x}{:02x}", profile, constraints, level));
}

// ISO/IEC 14496-15, E.3: profile space and profile, compatibility flags in reverse bit order, tier and level,
// and the constraint bytes up to the last one that is not zero.
std::string h265_codec_string(const std::uint8_t* profile_tier_level) {
  const std::uint8_t* p = profile_tier_level;
  std::uint32_t flags = base::load_be32(p + 1), reversed = 0;
  for (int i = 0; i < 32; ++i, flags >>= 1) reversed = reversed << 1 | (flags & 1);
  constexpr std::string_view spaces[] = {"", "A", "B", "C"};
  std::string text = fmt::format("hvc1.{}{}.{:X}.{}{}", spaces[p[0] >> 6], p[0] & 0x1f, reversed,
                                 p[0] & 0x20 ? 'H' : 'L', p[11]);
  int last = 6;
  while (last > 0 && p[4 + last] == 0) --last;
  for (int i = 1; i <= last; ++i) text += fmt::format(".{:X}", p[4 + i]);
  return text;
}

void skip_sub_layers(BitReader& reader, unsigned sub_layers) {
  bool profile[8] = {}, level[8] = {};
  for (unsigned i = 0; i < sub_layers; ++i) {
    profile[i] = reader.flag();
    level[i] = reader.flag();
  }
  if (sub_layers > 0) reader.skip(2 * (8 - sub_layers));
  for (unsigned i = 0; i < sub_layers; ++i) reader.skip((profile[i] ? 88u : 0u) + (level[i] ? 8u : 0u));
}

base::Result<SpsInfo> parse_h265_sps(base::ByteView nal) {
  BitReader reader(nal);
  reader.skip(16 + 4);
  const unsigned sub_layers = reader.bits(3);
  if (sub_layers > 6) return corrupt("more than 7 sub-layers");
  reader.skip(1);
  std::uint8_t profile_tier_level[12];
  for (std::uint8_t& byte : profile_tier_level) byte = static_cast<std::uint8_t>(reader.bits(8));
  skip_sub_layers(reader, sub_layers);
  reader.ue();
  const std::uint32_t chroma = reader.ue();
  if (chroma == 3) reader.skip(1);
  PictureSize size{reader.ue(), 0, 0, 0};
  size.height = reader.ue();
  if (reader.flag()) {
    const std::uint64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1, unit_y = chroma == 1 ? 2 : 1;
    size.crop_x = (std::uint64_t{reader.ue()} + reader.ue()) * unit_x;
    size.crop_y = (std::uint64_t{reader.ue()} + reader.ue()) * unit_y;
  }
  return make_info(reader, size, h265_codec_string(profile_tier_level));
}

}  // namespace

base::Result<SpsInfo> parse_sps(Codec codec, base::ByteView nal) {
  if (codec == Codec::h264) return parse_h264_sps(nal);
  if (codec == Codec::h265) return parse_h265_sps(nal);
  return base::Error{base::ErrorKind::unsupported,
                     fmt::format("sequence parameter set: {} has none", to_string(codec))};
}

base::Result<std::string> codec_string(const Track& track) {
  switch (track.codec) {
    case Codec::h264:
    case Codec::h265: {
      const auto sps = find_sps(track.codec, track.config);
      if (sps.has_error()) {
        return base::Error{base::ErrorKind::invalid,
                           fmt::format("{} track: {}", to_string(track.codec), sps.error().message)};
      }
      return sps->codec_string;
    }
    case Codec::mjpeg:
      return std::string("jpeg");
    case Codec::aac: {
      if (track.config.size() < 2) {
        return base::Error{base::ErrorKind::invalid, "AAC track: no AudioSpecificConfig"};
      }
      unsigned object_type = track.config[0] >> 3;
      if (object_type == 31) object_type = 32 + ((track.config[0] & 7u) << 3 | track.config[1] >> 5);
      return fmt::format("mp4a.40.{}", object_type);
    }
    case Codec::pcmu:
      return std::string("ulaw");
    case Codec::pcma:
      return std::string("alaw");
  }
  return base::Error{base::ErrorKind::unsupported, "unknown codec"};
}

}  // namespace watchrig::media
