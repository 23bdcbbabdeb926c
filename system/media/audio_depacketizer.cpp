#include "system/media/audio_depacketizer.hpp"

namespace watchrig::media {

namespace {

// Samples of a frame in ticks of the RTP clock: 1024, or 960 with frameLengthFlag (ISO/IEC 14496-3, 4.4.1),
// and twice that where the clock runs at the doubled rate of SBR.
std::uint32_t ticks_per_frame(const Track& track) {
  constexpr std::uint32_t rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                     22050, 16000, 12000, 11025, 8000,  7350};
  if (track.config.size() < 2) return 1024;
  const unsigned object_type = track.config[0] >> 3;
  const unsigned index = (track.config[0] & 7u) << 1 | track.config[1] >> 7;
  const bool short_frame = object_type == 2 && index < std::size(rates) && (track.config[1] & 4) != 0;
  const std::uint32_t samples = short_frame ? 960 : 1024;
  return index < std::size(rates) && track.clock_rate == 2 * rates[index] ? 2 * samples : samples;
}

}  // namespace

AacDepacketizer::AacDepacketizer(const Track& track, std::size_t max_unit_bytes, UnitSink& sink,
                                 RtpReceiverStats& stats)
    : assembly_(max_unit_bytes, sink), stats_(stats), frame_ticks_(ticks_per_frame(track)) {}

void AacDepacketizer::push(const RtpPacketView& packet, bool gap, base::UtcTime received) {
  const base::ByteView payload = packet.payload;
  const std::uint32_t timestamp = packet.header.timestamp;
  if (assembly_.open()) {
    assembly_.unit().damaged |= gap;
    if (timestamp != assembly_.unit().timestamp) flush();
  }
  if (payload.size() < 2) {
    stats_.malformed += payload.empty() ? 0 : 1;
    return;
  }
  const std::size_t header_bits = base::load_be16(payload.data());
  const std::size_t header_bytes = header_bits / 8;
  if (header_bits == 0 || header_bits % 16 != 0 || header_bytes > payload.size() - 2) {
    ++stats_.malformed;
    return;
  }
  const base::ByteView headers = payload.subspan(2, header_bytes), data = payload.subspan(2 + header_bytes);
  const std::size_t first_size = base::load_be16(headers.data()) >> 3;
  if (headers.size() == 2 && (assembly_.open() || first_size > data.size())) {
    return add_fragment(first_size, data, timestamp, received);
  }
  flush();
  add_frames(headers, data, timestamp, received);
}

void AacDepacketizer::flush() {
  if (!assembly_.open()) return;
  assembly_.unit().damaged = true;
  finish();
}

void AacDepacketizer::add_frames(base::ByteView headers, base::ByteView data, std::uint32_t timestamp,
                                 base::UtcTime received) {
  for (; !headers.empty(); headers = headers.subspan(2), timestamp += frame_ticks_) {
    const std::uint16_t header = base::load_be16(headers.data());
    const std::size_t size = header >> 3;
    if ((header & 7) != 0) {
      ++stats_.unsupported;
      return;
    }
    if (size > data.size()) {
      ++stats_.malformed;
      return;
    }
    if (size == 0) continue;
    assembly_.begin(timestamp, received);
    assembly_.append({}, data.first(size));
    data = data.subspan(size);
    finish();
  }
}

// Every fragment has the size of the whole frame in its header. The first one can be told only by its
// timestamp, so that a frame of which the first fragments were lost is found out by its size.
void AacDepacketizer::add_fragment(std::size_t frame_size, base::ByteView data, std::uint32_t timestamp,
                                   base::UtcTime received) {
  if (!assembly_.open()) {
    assembly_.begin(timestamp, received);
    fragmented_size_ = frame_size;
  }
  assembly_.append({}, data);
  assembly_.unit().received = received;
  const std::size_t have = assembly_.payload().size();
  if (frame_size != fragmented_size_ || have > fragmented_size_ || data.empty()) {
    ++stats_.malformed;
    assembly_.unit().damaged = true;
    finish();
  } else if (have == fragmented_size_) {
    finish();
  }
}

void AacDepacketizer::finish() {
  assembly_.unit().key = true;
  assembly_.end();
}

void G711Depacketizer::push(const RtpPacketView& packet, bool, base::UtcTime received) {
  if (packet.payload.empty()) return;
  assembly_.begin(packet.header.timestamp, received);
  assembly_.append({}, packet.payload);
  assembly_.unit().key = true;
  assembly_.end();
}

}  // namespace watchrig::media
