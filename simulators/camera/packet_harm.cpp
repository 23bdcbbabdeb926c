#include "simulators/camera/packet_harm.hpp"

#include <algorithm>

#include "simulators/camera/camera_faults.hpp"
#include "simulators/camera/camera_feed.hpp"
#include "simulators/camera/delay_line.hpp"
#include "system/media/rtcp.hpp"

namespace watchrig::camera {

namespace {

using kernel::Fault;
using kernel::Verb;

constexpr std::size_t rtp_header_bytes = 12;
constexpr std::uint32_t stranger_mask = 0x5a5a5a5a;

bool touches_packets(const Fault& fault) {
  switch (fault.verb) {
    case Verb::lose:
    case Verb::corrupt:
    case Verb::duplicate:
    case Verb::reorder:
    case Verb::delay:
      return true;
    default:
      return fault.verb == Verb::lie && fault.what == lies::stranger_rtp;
  }
}

/// Apart for each of three tracks; the same for the first two, whatever comes behind them.
std::uint64_t unit_key(std::uint16_t track, std::uint64_t unit) {
  return unit << 1 | (track & 1U) | static_cast<std::uint64_t>(track >> 1U) << 62U;
}

}  // namespace

HarmContext::HarmContext(std::uint64_t seed, const std::string& camera, std::string stream,
                         std::shared_ptr<kernel::FaultBoard> faults, const base::Clock& model_clock)
    : stream_name(std::move(stream)),
      board(std::move(faults)),
      clock(model_clock),
      lose(seed, camera, "lose " + stream_name),
      corrupt(seed, camera, "corrupt " + stream_name),
      duplicate(seed, camera, "duplicate " + stream_name),
      reorder(seed, camera, "reorder " + stream_name),
      stranger(seed, camera, "stranger " + stream_name) {}

PacketHarm::PacketHarm(std::shared_ptr<HarmContext> context, std::vector<std::shared_ptr<Ledger>> ledgers,
                       boost::asio::any_io_executor executor, std::shared_ptr<const CameraClock> clock)
    : context_(std::move(context)),
      ledgers_(std::move(ledgers)),
      delay_line_(std::make_shared<DelayLine>(std::move(executor), context_->clock)),
      clock_(std::move(clock)) {}

PacketHarm::~PacketHarm() {
  for (const Held& held : held_) lose(held.packet.track, held.packet.unit);
  for (const auto& entry : delay_line_->close()) lose(entry.track, entry.unit);
}

const std::vector<Fault>& PacketHarm::faults() const {
  if (const auto version = context_->board->version(); version != version_) {
    version_ = version;
    faults_ = context_->board->remembered();
  }
  return faults_;
}

bool PacketHarm::idle() const {
  if (!held_.empty() || !delay_line_->empty()) return false;
  const auto& all = faults();
  if (all.empty()) return true;
  const auto forgotten = context_->clock.now() - kernel::FaultBoard::afterlife;
  return std::none_of(all.begin(), all.end(), [&](const Fault& fault) {
    return touches_packets(fault) && (fault.stream.empty() || fault.stream == context_->stream_name) &&
           (!fault.end || *fault.end > forgotten);
  });
}

double PacketHarm::rate(Verb verb, base::UtcTime time, unsigned* depth) const {
  double strongest = 0;
  for (const Fault& fault : faults()) {
    if (fault.verb != verb || !fault.covers(context_->stream_name, time) || fault.rate <= strongest) continue;
    strongest = fault.rate;
    if (depth) *depth = fault.depth;
  }
  return strongest;
}

base::Duration PacketHarm::delay(base::UtcTime time) const {
  base::Duration longest{};
  for (const Fault& fault : faults()) {
    if (fault.verb == Verb::delay && fault.covers(context_->stream_name, time)) {
      longest = std::max(longest, fault.by);
    }
  }
  return longest;
}

void PacketHarm::on_packet(const media::RtpTrain& train, base::ByteView rtp, const Send& send) {
  if (rtp.size() <= rtp_header_bytes) return send(rtp);
  HarmContext& context = *context_;
  const auto number =
      static_cast<std::uint16_t>(base::load_be16(rtp.data() + 2) - position_of(train).sequence);
  const Packet packet{train.track, ledgers_.at(train.track)->index_at(train.time), number, train.time};
  const std::uint64_t unit = unit_key(packet.track, packet.unit);
  slip_in_stranger(packet, rtp, send);
  if (context.lose.hits(rate(Verb::lose, packet.captured), unit, number)) {
    ++context.counts.lost;
    return lose(packet.track, packet.unit);
  }
  base::Bytes corrupted;
  if (context.corrupt.hits(rate(Verb::corrupt, packet.captured), unit, number)) {
    ++context.counts.corrupted;
    ledgers_[packet.track]->harmed(packet.unit, 1);
    corrupted.assign(rtp.begin(), rtp.end());
    const auto bit = context.corrupt.bits(unit, number, 1) % ((rtp.size() - rtp_header_bytes) * 8);
    corrupted[rtp_header_bytes + bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    rtp = corrupted;
  }
  if (context.duplicate.hits(rate(Verb::duplicate, packet.captured), unit, number)) {
    ++context.counts.duplicated;
    forward(packet, rtp, send);
  }
  reorder(packet, rtp, send);
}

void PacketHarm::slip_in_stranger(const Packet& packet, base::ByteView rtp, const Send& send) {
  if (packet.number != 0 || !lies_about(faults(), context_->stream_name, lies::stranger_rtp, packet.captured))
    return;
  base::Bytes strange(rtp.begin(), rtp.end());
  const auto bits = context_->stranger.bits(unit_key(packet.track, packet.unit));
  base::store_be16(strange.data() + 2, static_cast<std::uint16_t>(bits));
  base::store_be32(strange.data() + 4, static_cast<std::uint32_t>(bits >> 16));
  base::store_be32(strange.data() + 8, base::load_be32(rtp.data() + 8) ^ stranger_mask);
  ++context_->counts.strange;
  send(strange);
}

void PacketHarm::reorder(const Packet& packet, base::ByteView rtp, const Send& send) {
  const std::uint64_t unit = unit_key(packet.track, packet.unit);
  unsigned depth = 1;
  const double share = rate(Verb::reorder, packet.captured, &depth);
  if (!context_->reorder.hits(share, unit, packet.number)) {
    forward(packet, rtp, send);
    return release_overtaken(send);
  }
  ++context_->counts.reordered;
  release_overtaken(send);
  const auto overtakers = static_cast<unsigned>(1 + context_->reorder.bits(unit, packet.number, 1) % depth);
  held_.push_back({packet, base::Bytes(rtp.begin(), rtp.end()), overtakers});
}

/// One more packet has come: those that were overtaken often enough follow it.
void PacketHarm::release_overtaken(const Send& send) {
  for (Held& held : held_) --held.overtakers;
  for (auto held = held_.begin(); held != held_.end();) {
    if (held->overtakers > 0) {
      ++held;
      continue;
    }
    forward(held->packet, held->bytes, send);
    held = held_.erase(held);
  }
}

void PacketHarm::forward(const Packet& packet, base::ByteView rtp, const Send& send) {
  const auto by = delay(packet.captured);
  if (by == base::Duration::zero() && delay_line_->empty()) return send(rtp);
  ++context_->counts.delayed;
  const bool entered = delay_line_->enter(
      {context_->clock.now() + by, base::Bytes(rtp.begin(), rtp.end()), send, packet.track, packet.unit});
  if (!entered) lose(packet.track, packet.unit);
}

void PacketHarm::lose(std::uint16_t track, std::uint64_t unit) {
  Ledger& ledger = *ledgers_[track];
  ledger.harmed(unit, 1);
  if (broken_.at(track) == unit) return;
  broken_[track] = unit;
  ledger.broken(unit);
}

bool PacketHarm::on_sender_report(std::uint16_t, media::SenderReport& report) {
  const auto now = context_->clock.now();
  if (lies_about(faults(), context_->stream_name, lies::no_rtcp, now)) return false;
  const auto ahead = clock_ ? clock_->ahead() : base::Duration::zero();
  const auto offset = ahead + clock_offset(faults(), context_->stream_name, now);
  const auto utc = media::from_ntp(report.ntp);
  if (utc && offset != base::Duration::zero()) report.ntp = media::to_ntp(*utc + offset);
  return true;
}

}  // namespace watchrig::camera
