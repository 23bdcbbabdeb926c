#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"

namespace watchrig::media {

/// Copies of packets that came before one that is missing, found by sequence number. The table is made when
/// the first packet is held; of the packets' memory, what some need is used again, and the rest is given
/// back.
class ReorderBuffer {
 public:
  struct Held {
    base::ByteView packet;
    base::UtcTime received;
  };

  /// `packets` is rounded up to a power of two, at most 4096.
  explicit ReorderBuffer(std::size_t packets);

  bool empty() const { return count_ == 0; }
  std::size_t capacity() const { return capacity_; }
  /// False when the packet is held already. The caller keeps all held numbers within capacity() of each
  /// other.
  bool hold(std::uint16_t sequence, base::ByteView packet, base::UtcTime received);
  /// The packet, until the next call of take(); it is not held any more.
  std::optional<Held> take(std::uint16_t sequence);
  /// The first held number at or after `sequence`; the buffer is not empty.
  std::uint16_t next_held(std::uint16_t sequence) const;
  base::UtcTime received(std::uint16_t sequence) const { return slot(sequence).received; }
  void clear();

 private:
  struct Slot {
    bool used = false;
    base::UtcTime received;
    base::Bytes packet;
  };
  /// Packets whose memory is kept: of rare disorder.
  static constexpr std::size_t most_spare = 32;

  Slot& slot(std::uint16_t sequence) { return slots_[sequence & (capacity_ - 1)]; }
  const Slot& slot(std::uint16_t sequence) const { return slots_[sequence & (capacity_ - 1)]; }

  std::size_t capacity_;
  std::size_t count_ = 0;
  std::vector<Slot> slots_;
  std::vector<base::Bytes> spare_;
  base::Bytes taken_;
};

}  // namespace watchrig::media
