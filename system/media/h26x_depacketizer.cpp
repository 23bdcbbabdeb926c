#include "system/media/h26x_depacketizer.hpp"

#include "system/media/parameter_sets.hpp"

namespace watchrig::media {

namespace {

constexpr std::uint8_t h264_stap_a = 24, h264_fu_a = 28;
constexpr std::uint8_t h265_ap = 48, h265_fu = 49;
constexpr std::uint8_t fu_start = 0x80, fu_end = 0x40;
constexpr std::uint8_t length_placeholder[4] = {};

constexpr std::size_t header_size(Codec codec) { return codec == Codec::h265 ? 2 : 1; }

// A NAL unit that can stand in an access unit: not one of the types that only RTP uses.
constexpr bool is_media(Codec codec, std::uint8_t type) {
  return codec == Codec::h265 ? type < 48 : type >= 1 && type <= 23;
}

// first_mb_in_slice is 0 (H.264 7.3.3), first_slice_segment_in_pic_flag is set (H.265 7.3.6.1): in both the
// first bit.
bool starts_picture(base::ByteView slice_body) { return !slice_body.empty() && (slice_body[0] & 0x80) != 0; }

}  // namespace

void H26xDepacketizer::push(const RtpPacketView& packet, bool gap, base::UtcTime received) {
  if (packet.payload.empty()) {
    if (gap) follows_ = false;
    if (gap && assembly_.open()) assembly_.unit().damaged = true;
    return;
  }
  prepare(packet, gap, received);
  add_payload(packet.payload);
  assembly_.unit().received = received;
  if (!packet.header.marker) return;
  marker_seen_ = true;
  if (slice_seen_ && !fragment_ && !markers_unreliable_) finish();
}

void H26xDepacketizer::flush() {
  if (!assembly_.open()) return;
  if (!marker_seen_) assembly_.unit().damaged = true;
  finish();
}

// Ends the unit before when the packet belongs to another one, and begins that.
void H26xDepacketizer::prepare(const RtpPacketView& packet, bool gap, base::UtcTime received) {
  if (gap) {
    follows_ = false;
    end_fragment();
    if (assembly_.open()) assembly_.unit().damaged = true;
  }
  const std::uint32_t timestamp = packet.header.timestamp;
  if (assembly_.open() && timestamp != assembly_.unit().timestamp) {
    if (slice_seen_ || assembly_.unit().damaged) {
      if (!marker_seen_) ++stats_.missing_markers;
      finish();
      if (gap) follows_ = false;
    } else {
      assembly_.unit().timestamp = timestamp;
      marker_seen_ = false;
    }
  }
  if (assembly_.open()) return;
  assembly_.begin(timestamp, received);
  start_proven_ = follows_;
  fragment_.reset();
  first_nal_seen_ = slice_seen_ = marker_seen_ = false;
}

void H26xDepacketizer::finish() {
  end_fragment();
  AssembledUnit& unit = assembly_.unit();
  unit.key = is_key(codec_, unit.payload);
  if (!slice_seen_) unit.damaged = true;
  if (!unit.damaged) {
    std::uint64_t& usual = usual_first_types_[unit.key ? 1 : 0];
    const std::uint64_t first = std::uint64_t{1} << first_type_;
    if (start_proven_) {
      usual |= first;
    } else if ((usual & first) == 0) {
      unit.damaged = true;
    }
  }
  last_timestamp_ = unit.timestamp;
  follows_ = true;
  assembly_.end();
}

void H26xDepacketizer::add_payload(base::ByteView payload) {
  const std::size_t header = header_size(codec_);
  if (payload.size() < header) return break_unit(stats_.malformed);
  const std::uint8_t type = nal_type(codec_, payload[0]);
  if (is_media(codec_, type)) return add_nal(payload);
  if (type == (codec_ == Codec::h265 ? h265_ap : h264_stap_a)) return add_aggregate(payload.subspan(header));
  if (type == (codec_ == Codec::h265 ? h265_fu : h264_fu_a)) return add_fragment(payload);
  break_unit(stats_.unsupported);
}

void H26xDepacketizer::add_nal(base::ByteView nal) {
  end_fragment();
  const std::uint8_t type = nal_type(codec_, nal[0]);
  see_nal_start(type, nal.subspan(header_size(codec_)));
  std::uint8_t length[4];
  base::store_be32(length, static_cast<std::uint32_t>(nal.size()));
  assembly_.append(length, nal);
}

void H26xDepacketizer::add_aggregate(base::ByteView nals) {
  while (!nals.empty()) {
    if (nals.size() < 2) return break_unit(stats_.malformed);
    const std::size_t size = base::load_be16(nals.data());
    if (size > nals.size() - 2) return break_unit(stats_.malformed);
    const base::ByteView nal = nals.subspan(2, size);
    nals = nals.subspan(2 + size);
    if (size == 0) continue;
    if (size < header_size(codec_) || !is_media(codec_, nal_type(codec_, nal[0]))) {
      return break_unit(stats_.malformed);
    }
    add_nal(nal);
  }
}

void H26xDepacketizer::add_fragment(base::ByteView payload) {
  const std::size_t header = header_size(codec_);
  if (payload.size() < header + 2) return break_unit(stats_.malformed);
  const std::uint8_t fu = payload[header];
  const base::ByteView body = payload.subspan(header + 1);
  if (fu & fu_start) {
    end_fragment();
    const std::uint8_t type = codec_ == Codec::h265 ? fu & 0x3f : fu & 0x1f;
    if (!is_media(codec_, type)) return break_unit(stats_.malformed);
    see_nal_start(type, body);
    start_fragment(payload.first(header), type);
  } else if (!fragment_) {
    // The beginning was lost, or the sender has never sent one.
    if (start_proven_ && !assembly_.unit().damaged) ++stats_.malformed;
    if (!first_nal_seen_) see_first_nal(0, true);
    assembly_.unit().damaged = true;
    slice_seen_ = true;
    return;
  }
  assembly_.append({}, body);
  if (fu & fu_end) end_fragment();
}

void H26xDepacketizer::start_fragment(base::ByteView header, std::uint8_t type) {
  fragment_ = assembly_.payload().size();
  if (codec_ == Codec::h265) {
    const std::uint8_t nal[2] = {static_cast<std::uint8_t>((header[0] & 0x81) | type << 1), header[1]};
    assembly_.append(length_placeholder, nal);
  } else {
    const std::uint8_t nal[1] = {static_cast<std::uint8_t>((header[0] & 0xe0) | type)};
    assembly_.append(length_placeholder, nal);
  }
}

void H26xDepacketizer::end_fragment() {
  if (!fragment_) return;
  base::Bytes& payload = assembly_.payload();
  const std::size_t begin = *fragment_ + sizeof length_placeholder;
  if (begin <= payload.size()) {
    base::store_be32(&payload[*fragment_], static_cast<std::uint32_t>(payload.size() - begin));
  }
  fragment_.reset();
}

void H26xDepacketizer::see_nal_start(std::uint8_t type, base::ByteView body) {
  const bool slice = is_slice(codec_, type);
  if (!first_nal_seen_) see_first_nal(type, slice && !starts_picture(body));
  slice_seen_ |= slice;
  if (is_parameter_set(codec_, type)) assembly_.unit().parameter_sets = true;
  if (is_parameter_set(codec_, type) || is_key_slice(codec_, type)) assembly_.expect_key();
}

void H26xDepacketizer::see_first_nal(std::uint8_t type, bool inside_picture) {
  first_nal_seen_ = true;
  first_type_ = type;
  if (!inside_picture) return;
  AssembledUnit& unit = assembly_.unit();
  if (!start_proven_ || !last_timestamp_) {
    unit.damaged = true;
  } else if (unit.timestamp == *last_timestamp_) {
    markers_unreliable_ = true;
  }
}

void H26xDepacketizer::break_unit(std::uint64_t& counter) {
  ++counter;
  assembly_.unit().damaged = true;
}

}  // namespace watchrig::media
