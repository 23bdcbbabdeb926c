#include "simulators/camera/personalities/quirky_packets.hpp"

#include "system/media/rtcp.hpp"

namespace watchrig::camera {

namespace {

constexpr std::size_t flags_at = 1, timestamp_at = 4, header_bytes = 12;
constexpr std::uint8_t marker = 0x80;
constexpr std::uint32_t leap = 300 * 90'000;  // five minutes of video

}  // namespace

QuirkyPackets::QuirkyPackets(const Quirks& quirks, std::unique_ptr<media::PacketFilter> faults)
    : markers_(!quirks.has(quirks::no_marker)),
      reports_(!quirks.has(quirks::no_rtcp)),
      jumps_(quirks.time(quirks::timestamp_jumps).value_or(base::Duration::zero())),
      clock_ahead_(quirks.time(quirks::rtcp_clock_wrong).value_or(base::Duration::zero())),
      faults_(std::move(faults)) {}

bool QuirkyPackets::idle() const {
  return markers_ && jumps_ == base::Duration::zero() && (!faults_ || faults_->idle());
}

/// Two leaps forwards, then one back to where it was.
std::uint32_t QuirkyPackets::shift(base::UtcTime time) const {
  if (jumps_ == base::Duration::zero()) return 0;
  return static_cast<std::uint32_t>(time.time_since_epoch() / jumps_ % 3) * leap;
}

void QuirkyPackets::on_packet(const media::RtpTrain& train, base::ByteView rtp, const Send& send) {
  base::Bytes own(rtp.begin(), rtp.end());
  if (own.size() >= header_bytes) {
    if (!markers_ && train.video) own[flags_at] &= static_cast<std::uint8_t>(~marker);
    base::store_be32(&own[timestamp_at], base::load_be32(&own[timestamp_at]) + shift(train.time));
  }
  if (faults_) return faults_->on_packet(train, own, send);
  send(own);
}

bool QuirkyPackets::on_sender_report(std::uint16_t track, media::SenderReport& report) {
  if (!reports_) return false;
  if (const auto utc = media::from_ntp(report.ntp)) {
    report.rtp_timestamp += shift(*utc);
    report.ntp = media::to_ntp(*utc + clock_ahead_);
  }
  return !faults_ || faults_->on_sender_report(track, report);
}

}  // namespace watchrig::camera
