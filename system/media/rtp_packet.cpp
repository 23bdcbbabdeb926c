#include "system/media/rtp_packet.hpp"

#include "system/media/rtcp.hpp"

namespace watchrig::media {

namespace {

constexpr std::uint16_t replay_profile = 0xabac;
constexpr std::uint16_t replay_words = 3;

base::Error corrupt(const char* what) {
  return {base::ErrorKind::corrupt, std::string("RTP packet: ") + what};
}

/// Of an extension with its four bytes of profile and length; nothing where it is another one.
std::optional<ReplayMark> parse_replay_mark(base::ByteView extension) {
  if (extension.size() < replay_mark_size || base::load_be16(&extension[0]) != replay_profile) return {};
  const auto time = from_ntp(base::load_be64(&extension[4]));
  if (!time) return {};
  const std::uint8_t flags = extension[12];
  ReplayMark mark{*time};
  mark.clean_point = flags & 0x80;
  mark.section_end = flags & 0x40;
  mark.discontinuity = flags & 0x20;
  mark.last = flags & 0x10;
  mark.request = extension[13];
  return mark;
}

}  // namespace

base::Result<RtpPacketView> parse_rtp(base::ByteView packet) {
  if (packet.size() < rtp_header_size) return corrupt("shorter than its header");
  const std::uint8_t flags = packet[0];
  if (flags >> 6 != 2) return corrupt("version is not 2");
  std::size_t begin = rtp_header_size + 4u * (flags & 0x0f);
  std::size_t end = packet.size();
  const std::size_t extension = begin;
  if (flags & 0x10) {
    if (begin + 4 > end) return corrupt("header extension is truncated");
    begin += 4 + 4u * base::load_be16(&packet[begin + 2]);
  }
  if (begin > end) return corrupt("contributing sources or extension are longer than the packet");
  if (flags & 0x20) {
    const std::size_t padding = packet[end - 1];
    if (padding == 0 || padding > end - begin) return corrupt("padding is longer than the payload");
    end -= padding;
  }
  RtpPacketView view;
  view.header.marker = packet[1] & 0x80;
  view.header.payload_type = packet[1] & 0x7f;
  view.header.sequence = base::load_be16(&packet[2]);
  view.header.timestamp = base::load_be32(&packet[4]);
  view.header.ssrc = base::load_be32(&packet[8]);
  view.payload = packet.subspan(begin, end - begin);
  if (begin > extension) view.replay = parse_replay_mark(packet.subspan(extension, begin - extension));
  return view;
}

void write_rtp_header(std::uint8_t* at, const RtpHeader& header) {
  at[0] = 0x80;
  at[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f));
  base::store_be16(at + 2, header.sequence);
  base::store_be32(at + 4, header.timestamp);
  base::store_be32(at + 8, header.ssrc);
}

void write_replay_mark(std::uint8_t* packet, const ReplayMark& mark) {
  packet[0] |= 0x10;
  std::uint8_t* at = packet + rtp_header_size;
  base::store_be16(at, replay_profile);
  base::store_be16(at + 2, replay_words);
  base::store_be64(at + 4, to_ntp(mark.time));
  at[12] = static_cast<std::uint8_t>((mark.clean_point ? 0x80 : 0) | (mark.section_end ? 0x40 : 0) |
                                     (mark.discontinuity ? 0x20 : 0) | (mark.last ? 0x10 : 0));
  at[13] = mark.request;
  at[14] = at[15] = 0;
}

bool is_rtcp(base::ByteView packet) { return packet.size() >= 2 && packet[1] >= 192 && packet[1] <= 223; }

}  // namespace watchrig::media
