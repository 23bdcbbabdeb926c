#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "simulators/camera/camera_clock.hpp"
#include "simulators/camera/ledger.hpp"
#include "simulators/kernel/dice.hpp"
#include "simulators/kernel/fault_board.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::camera {

class DelayLine;

/// What packet faults have done since the camera exists, over all sessions.
struct HarmCounts {
  std::atomic<std::uint64_t> lost{0}, corrupted{0}, duplicated{0}, reordered{0}, delayed{0}, strange{0};
};

/// What the packet faults of one stream of a camera share between its sessions.
struct HarmContext {
  HarmContext(std::uint64_t seed, const std::string& camera, std::string stream,
              std::shared_ptr<kernel::FaultBoard> faults, const base::Clock& model_clock);

  const std::string stream_name;
  const std::shared_ptr<kernel::FaultBoard> board;
  const base::Clock& clock;
  const kernel::Dice lose, corrupt, duplicate, reorder, stranger;
  HarmCounts counts;
};

/// Harms what one session of a camera sends, by the faults on the camera's board: in this order, packets of a
/// stranger are slipped in, packets are lost, corrupted (one bit behind the RTP header), duplicated,
/// reordered, delayed. Each decision belongs to the packet (track, index of the unit, number within it), so
/// all sessions and all runs with a seed see the same. Also sets the camera's clock in sender reports. On the
/// session's executor.
class PacketHarm final : public media::PacketFilter {
 public:
  /// `ledgers`: one a track, of the stream that the session reads. Without a clock that of the rig is told.
  PacketHarm(std::shared_ptr<HarmContext> context, std::vector<std::shared_ptr<Ledger>> ledgers,
             boost::asio::any_io_executor executor, std::shared_ptr<const CameraClock> clock = {});
  ~PacketHarm() override;

  bool idle() const override;
  void on_packet(const media::RtpTrain& train, base::ByteView rtp, const Send& send) override;
  bool on_sender_report(std::uint16_t track, media::SenderReport& report) override;

 private:
  struct Packet {
    std::uint16_t track = 0;
    std::uint64_t unit = 0;
    std::uint64_t number = 0;  ///< within the unit
    base::UtcTime captured;
  };
  struct Held {
    Packet packet;
    base::Bytes bytes;
    unsigned overtakers = 0;  ///< packets that are still to pass it
  };

  const std::vector<kernel::Fault>& faults() const;
  /// The strongest rate of this verb for what was captured at `time`.
  double rate(kernel::Verb verb, base::UtcTime time, unsigned* depth = nullptr) const;
  base::Duration delay(base::UtcTime time) const;
  void slip_in_stranger(const Packet& packet, base::ByteView rtp, const Send& send);
  void reorder(const Packet& packet, base::ByteView rtp, const Send& send);
  void release_overtaken(const Send& send);
  void forward(const Packet& packet, base::ByteView rtp, const Send& send);
  void lose(std::uint16_t track, std::uint64_t unit);

  const std::shared_ptr<HarmContext> context_;
  const std::vector<std::shared_ptr<Ledger>> ledgers_;
  const std::shared_ptr<DelayLine> delay_line_;
  const std::shared_ptr<const CameraClock> clock_;
  mutable std::vector<kernel::Fault> faults_;  ///< of the board, as of version_
  mutable std::optional<std::uint64_t> version_;
  std::deque<Held> held_;
  std::array<std::optional<std::uint64_t>, 3> broken_;  ///< a track; the last unit told as broken
};

}  // namespace watchrig::camera
