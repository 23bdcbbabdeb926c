#include "system/media/decoder_configuration.hpp"

#include <array>
#include <vector>

#include "system/media/av_handles.hpp"
#include "system/media/bit_reader.hpp"
#include "system/media/parameter_sets.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace watchrig::media {
namespace {

using Nals = std::vector<base::ByteView>;

Nals nals_of_type(const Track& track, std::uint8_t type) {
  Nals nals;
  NalReader reader(track.config);
  while (reader.next())
    if (nal_type(track.codec, reader.nal()[0]) == type && reader.nal().size() <= 0xffff)
      nals.push_back(reader.nal());
  return nals;
}

void append_nals(base::Bytes& to, const Nals& nals) {
  for (const base::ByteView nal : nals) {
    to.push_back(static_cast<std::uint8_t>(nal.size() >> 8));
    to.push_back(static_cast<std::uint8_t>(nal.size()));
    to.insert(to.end(), nal.begin(), nal.end());
  }
}

/// What the decoder reads from the SPS: bits of a luma sample and chroma_format_idc.
struct SampleFormat {
  std::uint8_t depth = 8;
  std::uint8_t chroma = 1;
};

SampleFormat sample_format(const Track& track) {
  quiet_libav();
  const AVCodec* codec = avcodec_find_decoder(av_codec_id(track.codec));
  const AvCodecContextPtr context(avcodec_alloc_context3(codec));
  context->thread_count = 1;
  set_extradata(*context, length_prefixed_to_annexb(track.config));
  SampleFormat format;
  if (avcodec_open2(context.get(), codec, nullptr) < 0) return format;
  const AVPixFmtDescriptor* pixels = av_pix_fmt_desc_get(context->pix_fmt);
  if (pixels == nullptr) return format;
  format.depth = static_cast<std::uint8_t>(pixels->comp[0].depth);
  format.chroma = pixels->nb_components < 3    ? 0
                  : pixels->log2_chroma_h == 1 ? 1
                  : pixels->log2_chroma_w == 1 ? 2
                                               : 3;
  return format;
}

base::Result<base::Bytes> make_avcc(const Track& track) {
  const Nals sps = nals_of_type(track, 7);
  const Nals pps = nals_of_type(track, 8);
  if (sps.empty() || pps.empty() || sps[0].size() < 4 || sps.size() > 31 || pps.size() > 255)
    return base::Error{base::ErrorKind::invalid, "the H.264 track has no usable SPS and PPS"};
  const std::uint8_t profile = sps[0][1];
  base::Bytes avcc = {1, profile, sps[0][2], sps[0][3], 0xff, static_cast<std::uint8_t>(0xe0 | sps.size())};
  append_nals(avcc, sps);
  avcc.push_back(static_cast<std::uint8_t>(pps.size()));
  append_nals(avcc, pps);
  if (profile == 100 || profile == 110 || profile == 122 || profile == 144) {
    const SampleFormat format = sample_format(track);
    const auto depth = static_cast<std::uint8_t>(0xf8 | (format.depth - 8));
    avcc.insert(avcc.end(), {static_cast<std::uint8_t>(0xfc | format.chroma), depth, depth, 0});
  }
  return avcc;
}

base::Result<base::Bytes> make_hvcc(const Track& track) {
  constexpr std::array<std::uint8_t, 3> types = {32, 33, 34};
  std::array<Nals, 3> sets;
  for (std::size_t i = 0; i < types.size(); ++i) sets[i] = nals_of_type(track, types[i]);
  constexpr std::size_t profile_tier_level = 12;
  std::array<std::uint8_t, 3 + profile_tier_level> head{};  // of the SPS; profile_tier_level stands at byte 3
  BitReader bits(sets[1].empty() ? base::ByteView{} : sets[1][0]);
  for (std::uint8_t& byte : head) byte = static_cast<std::uint8_t>(bits.bits(8));
  if (sets[0].empty() || sets[2].empty() || bits.failed())
    return base::Error{base::ErrorKind::invalid, "the H.265 track has no usable VPS, SPS and PPS"};
  const auto layers = static_cast<std::uint8_t>((head[2] >> 1 & 7) + 1);
  const auto nested = static_cast<std::uint8_t>(head[2] & 1);
  const SampleFormat format = sample_format(track);
  base::Bytes hvcc = {1};
  hvcc.insert(hvcc.end(), head.begin() + 3, head.end());
  const auto depth = static_cast<std::uint8_t>(0xf8 | (format.depth - 8));
  const auto chroma = static_cast<std::uint8_t>(0xfc | format.chroma);
  const auto order = static_cast<std::uint8_t>(layers << 3 | nested << 2 | 3);
  hvcc.insert(hvcc.end(), {0xf0, 0, 0xfc, chroma, depth, depth, 0, 0, order, 3});
  for (std::size_t i = 0; i < types.size(); ++i) {
    hvcc.push_back(static_cast<std::uint8_t>(0x80 | types[i]));
    hvcc.push_back(static_cast<std::uint8_t>(sets[i].size() >> 8));
    hvcc.push_back(static_cast<std::uint8_t>(sets[i].size()));
    append_nals(hvcc, sets[i]);
  }
  return hvcc;
}

/// Takes `count` NAL units with 16-bit lengths from the front; false when the bytes end early.
bool take_nals(base::ByteView& bytes, unsigned count, base::Bytes& sets) {
  while (count-- > 0) {
    if (bytes.size() < 2) return false;
    const std::size_t size = base::load_be16(bytes.data());
    if (bytes.size() < 2 + size) return false;
    append_nal(sets, bytes.subspan(2, size));
    bytes = bytes.subspan(2 + size);
  }
  return true;
}

}  // namespace

base::Result<base::Bytes> make_decoder_configuration(const Track& track) {
  if (track.codec == Codec::h264) return make_avcc(track);
  if (track.codec == Codec::h265) return make_hvcc(track);
  return base::Error{base::ErrorKind::invalid, "only H.264 and H.265 have a decoder configuration record"};
}

base::Result<DecoderConfiguration> parse_decoder_configuration(Codec codec, base::ByteView bytes) {
  const base::Error broken{base::ErrorKind::corrupt, "the decoder configuration record ends early"};
  DecoderConfiguration configuration;
  if (codec == Codec::h264) {
    if (bytes.size() < 7) return broken;
    configuration.length_size = (bytes[4] & 3) + 1;
    const unsigned sps = bytes[5] & 0x1f;
    bytes = bytes.subspan(6);
    if (!take_nals(bytes, sps, configuration.parameter_sets) || bytes.empty()) return broken;
    const unsigned pps = bytes[0];
    bytes = bytes.subspan(1);
    if (!take_nals(bytes, pps, configuration.parameter_sets)) return broken;
    return configuration;
  }
  if (bytes.size() < 23) return broken;
  configuration.length_size = (bytes[21] & 3) + 1;
  unsigned arrays = bytes[22];
  bytes = bytes.subspan(23);
  for (; arrays > 0; --arrays) {
    if (bytes.size() < 3) return broken;
    const unsigned count = base::load_be16(bytes.data() + 1);
    bytes = bytes.subspan(3);
    if (!take_nals(bytes, count, configuration.parameter_sets)) return broken;
  }
  return configuration;
}

}  // namespace watchrig::media
