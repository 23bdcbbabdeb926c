#include "system/media/rtp_receiver.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "system/media/depacketizer.hpp"
#include "system/media/media_clock.hpp"
#include "system/media/parameter_sets.hpp"
#include "system/media/rtcp.hpp"
#include "system/media/rtp_sequencer.hpp"
#include "system/media/sender_clock.hpp"

namespace watchrig::media {

namespace {

std::uint32_t known_rate(const Track& track) { return track.clock_rate != 0 ? track.clock_rate : 90000; }

// RFC 3550, 6.4.1: a smoothed difference of transit times. Kept in nanoseconds, and timestamps are compared
// as they come.
class Jitter {
 public:
  explicit Jitter(std::uint32_t rate) : nanoseconds_a_tick_(1e9 / rate) {}

  void add(std::uint32_t timestamp, base::UtcTime received) {
    if (started_) {
      const double ticks = static_cast<std::int32_t>(timestamp - timestamp_);
      const double arrival = static_cast<double>((received - received_).count());
      // A leap of the timestamps is no jitter.
      const double change = std::min(std::abs(arrival - ticks * nanoseconds_a_tick_), 1e10);
      nanoseconds_ += (change - nanoseconds_) / 16;
    }
    started_ = true;
    timestamp_ = timestamp;
    received_ = received;
  }
  base::Duration value() const { return base::Duration(static_cast<std::int64_t>(nanoseconds_)); }
  std::uint32_t ticks() const { return static_cast<std::uint32_t>(nanoseconds_ / nanoseconds_a_tick_); }
  void restart() { started_ = false; }

 private:
  double nanoseconds_a_tick_;
  double nanoseconds_ = 0;
  bool started_ = false;
  std::uint32_t timestamp_ = 0;
  base::UtcTime received_;
};

}  // namespace

struct RtpReceiver::State final : PacketSink, UnitSink {
  State(Track t, const RtpReceiverOptions& o, Deliver d)
      : track(std::move(t)),
        options(o),
        deliver(std::move(d)),
        sequencer(o, *this, stats),
        depacketizer(make_depacketizer(track, o.max_unit_bytes, *this, stats)),
        media_clock(known_rate(track), o.max_offset, o.after),
        sender_clock(known_rate(track)),
        jitter(known_rate(track)) {}

  void on_packet(const RtpPacketView& packet, bool gap, base::UtcTime received) override {
    if (packet.replay) {
      marked[1] = marked[0];
      marked[0] = Marked{packet.header.timestamp, packet.replay->time};
    }
    depacketizer->push(packet, gap, received);
  }
  void on_unit(AssembledUnit& unit) override;
  /// By the mark of its first packet, or else by the sender's reports.
  std::optional<base::UtcTime> sender_time(const AssembledUnit& unit) const;

  void push(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received);
  void consider_newcomer(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received);
  void push_sender_report(const SenderReport& report, base::UtcTime received);

  Track track;
  RtpReceiverOptions options;
  Deliver deliver;
  RtpReceiverStats stats;
  RtpSequencer sequencer;
  std::unique_ptr<Depacketizer> depacketizer;
  MediaClock media_clock;
  SenderClock sender_clock;
  Jitter jitter;
  bool waiting_for_key = false;
  /// The last two units that were marked, the newer one first: a unit may end only when the next one has
  /// begun.
  struct Marked {
    std::uint32_t timestamp = 0;
    base::UtcTime time;
  };
  std::array<std::optional<Marked>, 2> marked;

  std::optional<std::uint32_t> sender;
  base::UtcTime heard;   ///< last packet of the sender
  bool gone = false;     ///< it has said BYE
  base::Bytes newcomer;  ///< last packet of another SSRC
  base::UtcTime newcomer_received;

  std::uint64_t sr_ntp = 0;  ///< of the last sender report
  base::UtcTime sr_received;
  std::uint32_t reported_expected = 0;  ///< up to the last receiver report
  std::uint32_t reported_received = 0;
};

void RtpReceiver::State::push(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received) {
  ++stats.packets;
  stats.bytes += bytes.size();
  heard = received;
  jitter.add(packet.header.timestamp, received);
  sequencer.push(packet, bytes, received);
}

void RtpReceiver::State::consider_newcomer(const RtpPacketView& packet, base::ByteView bytes,
                                           base::UtcTime received) {
  const auto first = parse_rtp(newcomer);
  const bool follows = first.has_value() && first->header.ssrc == packet.header.ssrc &&
                       static_cast<std::uint16_t>(packet.header.sequence - first->header.sequence) == 1;
  if (!follows || !(gone || received - heard >= options.sender_silence)) {
    ++stats.strangers;
    newcomer.assign(bytes.begin(), bytes.end());
    newcomer_received = received;
    return;
  }
  ++stats.sender_changes;
  sequencer.restart();
  media_clock.restart();
  sender_clock.restart();
  jitter.restart();
  reported_expected = reported_received = 0;
  sr_ntp = 0;
  sender = packet.header.ssrc;
  gone = false;
  push(*first, newcomer, newcomer_received);
  push(packet, bytes, received);
  newcomer.clear();
}

std::optional<base::UtcTime> RtpReceiver::State::sender_time(const AssembledUnit& unit) const {
  for (const auto& one : marked) {
    if (one && one->timestamp == unit.timestamp) return one->time;
  }
  return sender_clock.utc(unit.timestamp, unit.received);
}

void RtpReceiver::State::on_unit(AssembledUnit& unit) {
  if (unit.damaged) {
    ++stats.damaged_units;
    if (options.damage != DamagePolicy::deliver_damaged || unit.payload.empty()) {
      waiting_for_key = options.damage == DamagePolicy::drop_until_key;
      return;
    }
  }
  if (waiting_for_key && !unit.key) {
    ++stats.skipped_units;
    return;
  }
  waiting_for_key = false;
  if (unit.parameter_sets && !unit.damaged && update_parameter_sets(track, unit.payload)) {
    ++stats.parameter_set_changes;
  }
  ++stats.units;
  stats.key_units += unit.key ? 1 : 0;
  auto made = std::make_shared<AccessUnit>();
  made->track = options.track_index;
  made->codec = track.codec;
  made->key = unit.key;
  made->damaged = unit.damaged;
  made->rtp_timestamp = unit.timestamp;
  made->time = media_clock.map(unit.timestamp, unit.first_received);
  made->received = unit.received;
  made->sender_time = sender_time(unit);
  made->payload = std::move(unit.payload);
  deliver(std::move(made));
}

void RtpReceiver::State::push_sender_report(const SenderReport& report, base::UtcTime received) {
  if (sender && report.ssrc != *sender) return;
  ++stats.sender_reports;
  sr_ntp = report.ntp;
  sr_received = received;
  if (const auto utc = from_ntp(report.ntp)) sender_clock.report(*utc, report.rtp_timestamp, received);
}

RtpReceiver::RtpReceiver(Track track, const RtpReceiverOptions& options, Deliver deliver)
    : state_(std::make_unique<State>(std::move(track), options, std::move(deliver))) {}
RtpReceiver::~RtpReceiver() = default;
RtpReceiver::RtpReceiver(RtpReceiver&&) noexcept = default;
RtpReceiver& RtpReceiver::operator=(RtpReceiver&&) noexcept = default;

void RtpReceiver::push(base::ByteView packet, base::UtcTime received) {
  State& s = *state_;
  const auto parsed = parse_rtp(packet);
  if (parsed.has_error()) {
    ++s.stats.malformed;
  } else if (parsed->header.payload_type != s.track.payload_type) {
    ++s.stats.foreign_payload;
  } else if (s.sender && parsed->header.ssrc != *s.sender) {
    s.consider_newcomer(*parsed, packet, received);
  } else {
    s.sender = parsed->header.ssrc;
    s.gone = false;
    s.push(*parsed, packet, received);
  }
}

void RtpReceiver::push_rtcp(base::ByteView packet, base::UtcTime received) {
  State& s = *state_;
  const auto compound = parse_rtcp(packet);
  if (compound.has_error()) {
    ++s.stats.malformed;
    return;
  }
  for (const SenderReport& report : compound->sender_reports) s.push_sender_report(report, received);
  for (const Goodbye& goodbye : compound->goodbyes) {
    s.gone |= s.sender && std::ranges::find(goodbye.ssrcs, *s.sender) != goodbye.ssrcs.end();
  }
}

void RtpReceiver::expire(base::UtcTime now) { state_->sequencer.expire(now); }

void RtpReceiver::flush() {
  state_->sequencer.flush();
  state_->depacketizer->flush();
}

const Track& RtpReceiver::track() const { return state_->track; }

RtpReceiverStats RtpReceiver::stats() const {
  RtpReceiverStats stats = state_->stats;
  stats.jitter = state_->jitter.value();
  stats.reanchored = state_->media_clock.reanchored();
  stats.timestamp_jumps = state_->media_clock.leaps();
  stats.clock_offset = state_->sender_clock.offset();
  stats.clock_drift_ppm = state_->sender_clock.drift_ppm();
  return stats;
}

std::optional<std::uint32_t> RtpReceiver::sender_ssrc() const { return state_->sender; }

base::Bytes RtpReceiver::make_receiver_report(std::uint32_t own_ssrc, base::UtcTime now) {
  State& s = *state_;
  ReceiverReport report{own_ssrc, {}};
  if (s.sender) {
    ReportBlock block;
    const std::uint32_t expected = s.sequencer.expected(), received = s.sequencer.received();
    const std::int64_t expected_now = std::int64_t{expected} - s.reported_expected;
    const std::int64_t lost_now = expected_now - (std::int64_t{received} - s.reported_received);
    s.reported_expected = expected;
    s.reported_received = received;
    block.ssrc = *s.sender;
    if (expected_now > 0 && lost_now > 0) {
      block.fraction_lost =
          static_cast<std::uint8_t>(std::min<std::int64_t>(lost_now * 256 / expected_now, 255));
    }
    block.cumulative_lost = static_cast<std::int32_t>(expected - received);
    block.highest_sequence = s.sequencer.highest();
    block.jitter = s.jitter.ticks();
    if (s.sr_ntp != 0) {
      const std::chrono::duration<double> since = now - s.sr_received;
      block.last_sr = static_cast<std::uint32_t>(s.sr_ntp >> 16);
      block.delay_since_last_sr = static_cast<std::uint32_t>(std::max(since.count(), 0.0) * 65536);
    }
    report.blocks.push_back(block);
  }
  base::Bytes out;
  write_rtcp(report, out);
  write_rtcp(SourceDescription{own_ssrc, "watchrig"}, out);
  return out;
}

}  // namespace watchrig::media
