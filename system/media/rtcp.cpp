#include "system/media/rtcp.hpp"

#include <algorithm>

namespace watchrig::media {

namespace {

constexpr std::uint8_t type_sr = 200, type_rr = 201, type_sdes = 202, type_bye = 203;
constexpr std::size_t block_size = 24;
constexpr std::uint8_t item_cname = 1;

base::Error corrupt(const char* what) {
  return {base::ErrorKind::corrupt, std::string("RTCP packet: ") + what};
}

std::vector<ReportBlock> parse_blocks(base::ByteView bytes, std::size_t count) {
  std::vector<ReportBlock> blocks(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* at = &bytes[i * block_size];
    ReportBlock& block = blocks[i];
    block.ssrc = base::load_be32(at);
    block.fraction_lost = at[4];
    block.cumulative_lost = static_cast<std::int32_t>(base::load_be32(at + 4) << 8) >> 8;
    block.highest_sequence = base::load_be32(at + 8);
    block.jitter = base::load_be32(at + 12);
    block.last_sr = base::load_be32(at + 16);
    block.delay_since_last_sr = base::load_be32(at + 20);
  }
  return blocks;
}

bool parse_sender_report(base::ByteView body, std::size_t count, RtcpCompound& out) {
  if (body.size() < 24 + count * block_size) return false;
  SenderReport report;
  report.ssrc = base::load_be32(&body[0]);
  report.ntp = base::load_be64(&body[4]);
  report.rtp_timestamp = base::load_be32(&body[12]);
  report.packets = base::load_be32(&body[16]);
  report.octets = base::load_be32(&body[20]);
  report.blocks = parse_blocks(body.subspan(24), count);
  out.sender_reports.push_back(std::move(report));
  return true;
}

bool parse_receiver_report(base::ByteView body, std::size_t count, RtcpCompound& out) {
  if (body.size() < 4 + count * block_size) return false;
  out.receiver_reports.push_back({base::load_be32(&body[0]), parse_blocks(body.subspan(4), count)});
  return true;
}

// One chunk: SSRC, then items up to a zero byte, then zeros up to the next multiple of four.
bool parse_chunk(base::ByteView body, std::size_t& at, RtcpCompound& out) {
  if (at + 4 > body.size()) return false;
  SourceDescription description;
  description.ssrc = base::load_be32(&body[at]);
  at += 4;
  for (;;) {
    if (at >= body.size()) return false;
    const std::uint8_t item = body[at];
    if (item == 0) break;
    if (at + 2 > body.size() || at + 2 + body[at + 1] > body.size()) return false;
    const auto* text = reinterpret_cast<const char*>(body.data() + at + 2);
    if (item == item_cname) description.cname.assign(text, body[at + 1]);
    at += 2u + body[at + 1];
  }
  at = std::min((at + 4) & ~std::size_t{3}, body.size());
  out.descriptions.push_back(std::move(description));
  return true;
}

bool parse_descriptions(base::ByteView body, std::size_t count, RtcpCompound& out) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!parse_chunk(body, at, out)) return false;
  }
  return true;
}

bool parse_goodbye(base::ByteView body, std::size_t count, RtcpCompound& out) {
  if (body.size() < 4 * count) return false;
  Goodbye goodbye;
  for (std::size_t i = 0; i < count; ++i) goodbye.ssrcs.push_back(base::load_be32(&body[4 * i]));
  const base::ByteView reason = body.subspan(4 * count);
  if (!reason.empty()) {
    if (std::size_t{1} + reason[0] > reason.size()) return false;
    goodbye.reason.assign(reinterpret_cast<const char*>(reason.data()) + 1, reason[0]);
  }
  out.goodbyes.push_back(std::move(goodbye));
  return true;
}

bool parse_body(std::uint8_t type, base::ByteView body, std::size_t count, RtcpCompound& out) {
  switch (type) {
    case type_sr:
      return parse_sender_report(body, count, out);
    case type_rr:
      return parse_receiver_report(body, count, out);
    case type_sdes:
      return parse_descriptions(body, count, out);
    case type_bye:
      return parse_goodbye(body, count, out);
    default:
      ++out.others;
      return true;
  }
}

// The header's length is filled in by finish(), once the body is there.
std::size_t start(base::Bytes& out, std::uint8_t type, std::size_t count) {
  const std::size_t begin = out.size();
  out.insert(out.end(), {static_cast<std::uint8_t>(0x80 | count), type, 0, 0});
  return begin;
}

void finish(base::Bytes& out, std::size_t begin) {
  while ((out.size() - begin) % 4 != 0) out.push_back(0);
  base::store_be16(&out[begin + 2], static_cast<std::uint16_t>((out.size() - begin) / 4 - 1));
}

void append_be32(base::Bytes& out, std::uint32_t value) {
  out.resize(out.size() + 4);
  base::store_be32(&out[out.size() - 4], value);
}

void append_blocks(base::Bytes& out, const std::vector<ReportBlock>& blocks, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const ReportBlock& block = blocks[i];
    append_be32(out, block.ssrc);
    const std::int32_t lost = std::clamp(block.cumulative_lost, -0x800000, 0x7fffff);
    append_be32(out,
                std::uint32_t{block.fraction_lost} << 24 | (static_cast<std::uint32_t>(lost) & 0xffffff));
    append_be32(out, block.highest_sequence);
    append_be32(out, block.jitter);
    append_be32(out, block.last_sr);
    append_be32(out, block.delay_since_last_sr);
  }
}

void append_text(base::Bytes& out, std::string_view text) {
  text = text.substr(0, 255);
  out.push_back(static_cast<std::uint8_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
}

constexpr std::size_t most_in_packet = 31;

}  // namespace

base::Result<RtcpCompound> parse_rtcp(base::ByteView packet) {
  RtcpCompound compound;
  if (packet.empty()) return corrupt("empty");
  while (!packet.empty()) {
    if (packet.size() < 4) return corrupt("shorter than its header");
    if (packet[0] >> 6 != 2) return corrupt("version is not 2");
    const std::size_t size = 4 * (std::size_t{base::load_be16(&packet[2])} + 1);
    if (size > packet.size()) return corrupt("length leaves the compound");
    std::size_t end = size;
    if (packet[0] & 0x20) {
      const std::size_t padding = packet[size - 1];
      if (padding == 0 || padding > size - 4) return corrupt("padding is longer than the packet");
      end -= padding;
    }
    if (!parse_body(packet[1], packet.subspan(4, end - 4), packet[0] & 0x1f, compound)) {
      return corrupt("too short for its counts");
    }
    packet = packet.subspan(size);
  }
  return compound;
}

void write_rtcp(const SenderReport& report, base::Bytes& out) {
  const std::size_t count = std::min(report.blocks.size(), most_in_packet);
  const std::size_t begin = start(out, type_sr, count);
  append_be32(out, report.ssrc);
  append_be32(out, static_cast<std::uint32_t>(report.ntp >> 32));
  append_be32(out, static_cast<std::uint32_t>(report.ntp));
  append_be32(out, report.rtp_timestamp);
  append_be32(out, report.packets);
  append_be32(out, report.octets);
  append_blocks(out, report.blocks, count);
  finish(out, begin);
}

void write_rtcp(const ReceiverReport& report, base::Bytes& out) {
  const std::size_t count = std::min(report.blocks.size(), most_in_packet);
  const std::size_t begin = start(out, type_rr, count);
  append_be32(out, report.ssrc);
  append_blocks(out, report.blocks, count);
  finish(out, begin);
}

void write_rtcp(const SourceDescription& description, base::Bytes& out) {
  const std::size_t begin = start(out, type_sdes, 1);
  append_be32(out, description.ssrc);
  out.push_back(item_cname);
  append_text(out, description.cname);
  out.push_back(0);
  finish(out, begin);
}

void write_rtcp(const Goodbye& goodbye, base::Bytes& out) {
  const std::size_t count = std::min(goodbye.ssrcs.size(), most_in_packet);
  const std::size_t begin = start(out, type_bye, count);
  for (std::size_t i = 0; i < count; ++i) append_be32(out, goodbye.ssrcs[i]);
  if (!goodbye.reason.empty()) append_text(out, goodbye.reason);
  finish(out, begin);
}

}  // namespace watchrig::media
