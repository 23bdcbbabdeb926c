#pragma once

#include <cstdint>
#include <vector>

#include "system/media/reorder_buffer.hpp"
#include "system/media/rtp_packet.hpp"
#include "system/media/rtp_receiver.hpp"

namespace watchrig::media {

/// Takes the packets of a sender in the order of their numbers.
class PacketSink {
 public:
  /// `gap`: packets before this one are lost.
  virtual void on_packet(const RtpPacketView& packet, bool gap, base::UtcTime received) = 0;

 protected:
  ~PacketSink() = default;
};

/// Puts the packets of one sender in order and says which are lost, duplicate or late (RFC 3550, A.1). On an
/// ordered transport a missing packet is lost at once; otherwise it is waited for, within limits.
class RtpSequencer {
 public:
  /// Counts lost, duplicates, late, reordered and sequence_jumps in `stats`; sink and stats outlive it.
  RtpSequencer(const RtpReceiverOptions& options, PacketSink& sink, RtpReceiverStats& stats);

  /// `packet` is the parsed form of `bytes`.
  void push(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received);
  /// Gives up what has been waited for too long.
  void expire(base::UtcTime now);
  /// Gives up whatever is missing.
  void flush();
  /// The numbering begins anew with the next packet; what is held is handed out first.
  void restart();

  /// For receiver reports (RFC 3550, A.3), since the last restart: the extended highest number, packets
  /// expected, and packets received.
  std::uint32_t highest() const { return highest_; }
  std::uint32_t expected() const { return started_ ? highest_ - first_ + 1 : 0; }
  std::uint32_t received() const { return received_; }

 private:
  void start(std::uint16_t sequence);
  void accept(std::uint16_t sequence);
  void hand_out(const RtpPacketView& packet, bool gap, base::UtcTime received);
  void hand_out_held(bool gap, base::UtcTime received, base::ByteView bytes);
  void drain();
  void give_up_next();
  void push_ahead(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received);
  void push_behind(const RtpPacketView& packet, base::UtcTime received);
  void push_stray(const RtpPacketView& packet, base::ByteView bytes, base::UtcTime received);

  bool ordered_;
  ReorderPatience patience_;
  PacketSink& sink_;
  RtpReceiverStats& stats_;
  ReorderBuffer buffer_;
  int most_misordered_;  ///< behind what is expected; beyond, a packet has gone astray
  std::vector<std::uint32_t>
      recent_;  ///< numbers + 1 of packets handed out: to tell duplicates from late ones
  bool started_ = false;
  int late_together_ = 0;  ///< since the last packet that was not late
  std::uint16_t last_late_ = 0;
  bool gap_ = false;  ///< before the next packet
  std::uint16_t next_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t highest_ = 0;
  std::uint32_t received_ = 0;
  base::Bytes stray_;  ///< a packet far off: the first of a new numbering, if the one after it follows
  base::UtcTime stray_received_;
};

}  // namespace watchrig::media
