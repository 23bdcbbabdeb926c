#include "system/media/parameter_sets.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace watchrig::media {

namespace {

constexpr std::uint8_t h264_sei = 6, h264_sps = 7, h265_sps = 33;
constexpr std::size_t length_size = 4;
// Streams have one or two of each kind; a hostile one must not make a configuration without end.
constexpr std::size_t most_parameter_sets = 32;

// ITU-T H.264, D.1.8: payload type 6, and recovery_frame_cnt, the first ue(v) of its payload, is 0: one
// bit 1.
bool is_recovery_point(base::ByteView sei) {
  return sei.size() >= 4 && sei[1] == 6 && sei[2] >= 1 && (sei[3] & 0x80) != 0;
}

// VPS before SPS before PPS, which is also the order of their types in both codecs.
struct ParameterSetList {
  std::vector<base::ByteView> sets;

  void add(base::ByteView nal) {
    const auto same = [&](base::ByteView other) { return std::ranges::equal(other, nal); };
    if (sets.size() < most_parameter_sets && std::ranges::none_of(sets, same)) sets.push_back(nal);
  }
  bool has(Codec codec, std::uint8_t type) const {
    return std::ranges::any_of(sets, [&](base::ByteView nal) { return nal_type(codec, nal[0]) == type; });
  }
  bool complete(Codec codec) const {
    if (codec == Codec::h265) return has(codec, 32) && has(codec, 33) && has(codec, 34);
    return has(codec, 7) && has(codec, 8);
  }
};

// The end of the NAL unit that starts at `at`: the next start code or the end of the stream.
std::size_t find_start_code(base::ByteView bytes, std::size_t at) {
  for (; at + 3 <= bytes.size(); ++at) {
    if (bytes[at + 2] > 1) {
      at += 2;
    } else if (bytes[at] == 0 && bytes[at + 1] == 0 && bytes[at + 2] == 1) {
      return at;
    }
  }
  return bytes.size();
}

}  // namespace

bool NalReader::next() {
  while (rest_.size() >= length_size) {
    const std::size_t size = base::load_be32(rest_.data());
    if (size > rest_.size() - length_size) return false;
    nal_ = rest_.subspan(length_size, size);
    rest_ = rest_.subspan(length_size + size);
    if (size > 0) return true;
  }
  return false;
}

bool is_key(Codec codec, base::ByteView payload) {
  if (codec != Codec::h264 && codec != Codec::h265) return true;
  bool recovery_point = false;
  NalReader reader(payload);
  while (reader.next()) {
    const std::uint8_t type = nal_type(codec, reader.nal()[0]);
    if (is_slice(codec, type)) return recovery_point || is_key_slice(codec, type);
    if (codec == Codec::h264 && type == h264_sei) recovery_point |= is_recovery_point(reader.nal());
  }
  return false;
}

base::Bytes find_parameter_sets(Codec codec, base::ByteView payload) {
  if (codec != Codec::h264 && codec != Codec::h265) return {};
  ParameterSetList list;
  NalReader reader(payload);
  while (reader.next()) {
    if (is_parameter_set(codec, nal_type(codec, reader.nal()[0]))) list.add(reader.nal());
  }
  if (!list.complete(codec)) return {};
  std::ranges::stable_sort(list.sets, {}, [&](base::ByteView nal) { return nal_type(codec, nal[0]); });
  base::Bytes config;
  for (const base::ByteView nal : list.sets) append_nal(config, nal);
  return config;
}

base::Result<SpsInfo> find_sps(Codec codec, base::ByteView payload) {
  NalReader reader(payload);
  while (reader.next()) {
    const std::uint8_t type = nal_type(codec, reader.nal()[0]);
    if (type == (codec == Codec::h265 ? h265_sps : h264_sps)) return parse_sps(codec, reader.nal());
  }
  return base::Error{base::ErrorKind::invalid, "no sequence parameter set"};
}

bool update_parameter_sets(Track& track, base::ByteView payload) {
  base::Bytes config = find_parameter_sets(track.codec, payload);
  if (config.empty() || config == track.config) return false;
  const auto sps = find_sps(track.codec, config);
  if (sps.has_error()) return false;
  track.width = sps->width;
  track.height = sps->height;
  track.config = std::move(config);
  return true;
}

base::Bytes annexb_to_length_prefixed(base::ByteView annexb) {
  base::Bytes payload;
  payload.reserve(annexb.size() + length_size);
  std::size_t start = find_start_code(annexb, 0);
  while (start < annexb.size()) {
    const std::size_t begin = start + 3;
    start = find_start_code(annexb, begin);
    std::size_t end = start;
    while (end > begin && annexb[end - 1] == 0) --end;
    if (end > begin) append_nal(payload, annexb.subspan(begin, end - begin));
  }
  return payload;
}

base::Bytes length_prefixed_to_annexb(base::ByteView payload) {
  static constexpr std::array<std::uint8_t, 4> start_code{0, 0, 0, 1};
  base::Bytes annexb;
  annexb.reserve(payload.size());
  NalReader reader(payload);
  while (reader.next()) {
    annexb.insert(annexb.end(), start_code.begin(), start_code.end());
    annexb.insert(annexb.end(), reader.nal().begin(), reader.nal().end());
  }
  return annexb;
}

void append_nal(base::Bytes& payload, base::ByteView nal) {
  std::uint8_t length[length_size];
  base::store_be32(length, static_cast<std::uint32_t>(nal.size()));
  payload.insert(payload.end(), length, length + length_size);
  payload.insert(payload.end(), nal.begin(), nal.end());
}

}  // namespace watchrig::media
