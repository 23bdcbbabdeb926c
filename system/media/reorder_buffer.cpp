#include "system/media/reorder_buffer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace watchrig::media {

ReorderBuffer::ReorderBuffer(std::size_t packets)
    : capacity_(std::bit_ceil(std::clamp<std::size_t>(packets, 1, 4096))) {}

bool ReorderBuffer::hold(std::uint16_t sequence, base::ByteView packet, base::UtcTime received) {
  if (slots_.empty()) slots_.resize(capacity_);
  Slot& held = slot(sequence);
  if (held.used) return false;
  held.used = true;
  held.received = received;
  if (!spare_.empty()) {
    held.packet = std::move(spare_.back());
    spare_.pop_back();
  }
  held.packet.assign(packet.begin(), packet.end());
  ++count_;
  return true;
}

std::optional<ReorderBuffer::Held> ReorderBuffer::take(std::uint16_t sequence) {
  if (count_ == 0 || !slot(sequence).used) return std::nullopt;
  Slot& held = slot(sequence);
  held.used = false;
  --count_;
  if (taken_.capacity() > 0 && spare_.size() < most_spare) spare_.push_back(std::move(taken_));
  taken_ = std::exchange(held.packet, {});
  return Held{taken_, held.received};
}

std::uint16_t ReorderBuffer::next_held(std::uint16_t sequence) const {
  for (std::size_t i = 0; i < capacity_ && !slot(sequence).used; ++i) ++sequence;
  return sequence;
}

void ReorderBuffer::clear() {
  for (Slot& held : slots_) held = {};
  count_ = 0;
}

}  // namespace watchrig::media
