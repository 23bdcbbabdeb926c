#include <algorithm>

#include "system/media/payload_formats.hpp"

namespace watchrig::media {

base::Result<> packetize_aac(base::ByteView payload, RtpTrainWriter& writer) {
  constexpr std::size_t largest_frame = 8191;  // 13 bits of AU-size
  if (payload.empty() || payload.size() > largest_frame) {
    return base::Error{base::ErrorKind::invalid, "AAC frame: empty or longer than 8191 bytes"};
  }
  // AU-headers-length in bits, then one AU-header: size of the whole frame and index 0.
  std::uint8_t head[4];
  base::store_be16(head, 16);
  base::store_be16(head + 2, static_cast<std::uint16_t>(payload.size() << 3));
  const std::size_t room = writer.room() - sizeof head;
  while (!payload.empty()) {
    const std::size_t size = std::min(room, payload.size());
    writer.add(size == payload.size(), head, payload.first(size));
    payload = payload.subspan(size);
  }
  return {};
}

base::Result<> packetize_g711(base::ByteView payload, RtpTrainWriter& writer) {
  if (payload.empty()) return base::Error{base::ErrorKind::invalid, "G.711 audio: no samples"};
  while (!payload.empty()) {
    const std::size_t size = std::min(writer.room(), payload.size());
    writer.add(false, {}, payload.first(size));
    writer.advance_timestamp(static_cast<std::uint32_t>(size));
    payload = payload.subspan(size);
  }
  return {};
}

}  // namespace watchrig::media
