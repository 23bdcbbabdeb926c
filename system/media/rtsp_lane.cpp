#include "system/media/rtsp_lane.hpp"

#include "system/media/rtp_packet.hpp"

namespace watchrig::media {
namespace {

constexpr std::size_t frame_header = 4;

std::uint32_t ssrc_of(const RtpTrain& train) {
  if (train.packets.empty()) return 0;
  return base::load_be32(&train.block[train.packets[0] + frame_header + 8]);
}

}  // namespace

SenderReport RtspLane::make_report(const RtpTrain& next, base::UtcTime now) {
  reported_ = now;
  SenderReport report;
  report.ssrc = ssrc_of(next);
  report.packets = packets_;
  report.octets = octets_;
  // A train may have waited in the feed; one that is minutes off was stamped by another clock and speaks for
  // itself.
  const auto age = now - next.time;
  if (!recorded_ && age < std::chrono::minutes(1) && age > -std::chrono::minutes(1)) {
    const auto ticks = age.count() / 1000 * static_cast<std::int64_t>(clock_rate_) / 1'000'000;
    report.ntp = to_ntp(now);
    report.rtp_timestamp = next.rtp_timestamp + static_cast<std::uint32_t>(ticks);
  } else {
    report.ntp = to_ntp(next.time);
    report.rtp_timestamp = next.rtp_timestamp;
  }
  return report;
}

std::optional<Goodbye> RtspLane::make_goodbye() const {
  if (packets_ == 0) return std::nullopt;
  return Goodbye{{ssrc_}, "stream ended"};
}

void RtspLane::count(const RtpTrain& sent) {
  ssrc_ = ssrc_of(sent);
  packets_ += static_cast<std::uint32_t>(sent.packets.size());
  octets_ +=
      static_cast<std::uint32_t>(sent.block.size() - sent.packets.size() * (frame_header + rtp_header_size));
}

bool RtspLane::take_rtcp(base::ByteView packet, RtspServerContext& context) {
  const auto compound = parse_rtcp(packet);
  if (!compound) return false;
  for (const auto& report : compound->receiver_reports) {
    for (const auto& block : report.blocks) {
      if (block.cumulative_lost > lost_) {
        context.counters.lost_reported += static_cast<std::uint64_t>(block.cumulative_lost - lost_);
      }
      lost_ = block.cumulative_lost;
    }
  }
  return true;
}

base::Bytes write_report(const SenderReport& report, const std::string& cname, std::size_t space) {
  base::Bytes bytes(space);
  write_rtcp(report, bytes);
  write_rtcp(SourceDescription{report.ssrc, cname}, bytes);
  return bytes;
}

}  // namespace watchrig::media
