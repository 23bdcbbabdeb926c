#include "system/media/rtp_sequencer.hpp"

#include <algorithm>
#include <bit>

namespace watchrig::media {

namespace {

// RFC 3550, A.1: MAX_DROPOUT and MAX_MISORDER.
constexpr int most_dropped = 3000, least_misordered = 100;
/// Packets in sequence behind what was handed out, and none else between: no network delays so many alone.
constexpr int most_late_together = 256;

int distance(std::uint16_t from, std::uint16_t to) { return static_cast<std::int16_t>(to - from); }

}  // namespace

RtpSequencer::RtpSequencer(const RtpReceiverOptions& options, PacketSink& sink, RtpReceiverStats& stats)
    : ordered_(options.ordered),
      patience_(options.reorder),
      sink_(sink),
      stats_(stats),
      buffer_(options.reorder_packets),
      most_misordered_(std::max(least_misordered, ordered_ ? 0 : static_cast<int>(buffer_.capacity()))),
      recent_(std::bit_ceil(static_cast<std::size_t>(most_misordered_))) {}

void RtpSequencer::push(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received) {
  const std::uint16_t sequence = packet.header.sequence;
  if (!started_) start(sequence);
  const int ahead = distance(next_, sequence);
  if (ahead > most_dropped || ahead < -most_misordered_) return push_stray(packet, bytes, received);
  if (ahead < 0) return push_behind(packet, received);
  late_together_ = 0;
  stray_.clear();
  if (ahead > 0) {
    push_ahead(packet, bytes, received);
  } else {
    accept(sequence);
    if (!buffer_.empty()) patience_.came(received - buffer_.received(buffer_.next_held(next_)), received);
    hand_out(packet, false, received);
    if (!buffer_.empty()) drain();
  }
  if (!buffer_.empty()) expire(received);
}

void RtpSequencer::push_ahead(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received) {
  const std::uint16_t sequence = packet.header.sequence;
  const int capacity = ordered_ ? 0 : static_cast<int>(buffer_.capacity());
  while (!buffer_.empty() && distance(next_, sequence) >= capacity) give_up_next();
  const int missing = distance(next_, sequence);
  if (missing == 0 || missing >= capacity) {
    stats_.lost += static_cast<std::uint64_t>(missing);
    accept(sequence);
    hand_out(packet, missing > 0, received);
    drain();
  } else if (buffer_.hold(sequence, bytes, received)) {
    accept(sequence);
  } else {
    ++stats_.duplicates;
  }
}

void RtpSequencer::push_behind(const RtpPacketView& packet, base::UtcTime received) {
  const std::uint16_t sequence = packet.header.sequence;
  const bool follows = late_together_ > 0 && distance(last_late_, sequence) == 1;
  late_together_ = follows ? late_together_ + 1 : 1;
  last_late_ = sequence;
  if (late_together_ > most_late_together) {
    ++stats_.sequence_jumps;
    restart();
    start(sequence);
    accept(sequence);
    return hand_out(packet, true, received);
  }
  if (recent_[sequence & (recent_.size() - 1)] == sequence + 1u) {
    ++stats_.duplicates;
  } else {
    ++stats_.late;
    patience_.came_late(received);
    ++received_;
  }
}

// Far from what is expected: a packet gone astray, or the sender counts anew. The second in sequence decides,
// and then the first is not lost either.
void RtpSequencer::push_stray(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received) {
  const std::uint16_t sequence = packet.header.sequence;
  const auto first = parse_rtp(stray_);
  if (first.has_error() || distance(first->header.sequence, sequence) != 1) {
    stray_.assign(bytes.begin(), bytes.end());
    stray_received_ = received;
    return;
  }
  ++stats_.sequence_jumps;
  restart();
  start(first->header.sequence);
  accept(first->header.sequence);
  hand_out(*first, true, stray_received_);
  accept(sequence);
  hand_out(packet, false, received);
  stray_.clear();
}

void RtpSequencer::start(std::uint16_t sequence) {
  started_ = true;
  next_ = sequence;
  first_ = highest_ = sequence;
  received_ = 0;
  late_together_ = 0;
  std::ranges::fill(recent_, 0U);
}

void RtpSequencer::accept(std::uint16_t sequence) {
  ++received_;
  const int ahead = distance(static_cast<std::uint16_t>(highest_), sequence);
  if (ahead < 0) {
    ++stats_.reordered;
  } else {
    highest_ += static_cast<std::uint32_t>(ahead);
  }
}

void RtpSequencer::hand_out(const RtpPacketView& packet, bool gap, base::UtcTime received) {
  const std::uint16_t sequence = packet.header.sequence;
  recent_[sequence & (recent_.size() - 1)] = sequence + 1u;
  next_ = static_cast<std::uint16_t>(sequence + 1);
  sink_.on_packet(packet, gap || gap_, received);
  gap_ = false;
}

void RtpSequencer::hand_out_held(bool gap, base::UtcTime received, base::ByteView bytes) {
  const auto packet = parse_rtp(bytes);
  if (packet.has_value()) hand_out(*packet, gap, received);
}

void RtpSequencer::drain() {
  while (const auto held = buffer_.take(next_)) hand_out_held(false, held->received, held->packet);
}

void RtpSequencer::give_up_next() {
  const std::uint16_t sequence = buffer_.next_held(next_);
  stats_.lost += static_cast<std::uint64_t>(distance(next_, sequence));
  next_ = sequence;
  const auto held = buffer_.take(sequence);
  hand_out_held(true, held->received, held->packet);
  drain();
}

void RtpSequencer::expire(base::UtcTime now) {
  while (!buffer_.empty() && now - buffer_.received(buffer_.next_held(next_)) >= patience_.wait(now)) {
    patience_.gave_up(now);
    give_up_next();
  }
}

void RtpSequencer::flush() {
  while (!buffer_.empty()) give_up_next();
}

void RtpSequencer::restart() {
  flush();
  started_ = false;
  gap_ = true;
  stray_.clear();
}

}  // namespace watchrig::media
