#pragma once

#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "system/base/timer.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtsp_replay.hpp"

namespace watchrig::media {

/// A unit of recorded material on its way to a reader.
struct ReplayUnit {
  std::uint16_t track = 0;
  base::ByteView payload;
  bool key = false;
  std::uint32_t rtp_timestamp = 0;  ///< of when it was recorded
  base::Duration played{};          ///< since the first unit, at speed 1 and without holes; may be negative
  ReplayMark mark;                  ///< but for its request
};

/// Makes trains of what was recorded, and sends them at the pace of a PLAY: RTP timestamps by RFC 2326, B and
/// ONVIF Streaming, 6.5.4: with rate control they follow what is played, over holes and seeks without a leap;
/// without it they are those of the recording. One feed's, on its executor; the clock outlives it.
class ReplaySender {
 public:
  ReplaySender(Presentation tracks, RtspReplay replay, boost::asio::any_io_executor executor,
               const base::Clock& clock);

  /// Goes on with these SSRCs, sequence numbers and, with rate control, timestamps; before the first unit.
  void go_on(const RtpPositions& positions);

  /// Until that much shall have been played; at once without rate control, or once it is cancelled.
  boost::asio::awaitable<void> pace(base::Duration played);
  /// Null where RTP cannot carry it. `marked`: with the header extension of ONVIF.
  RtpTrainPtr train_of(const ReplayUnit& unit, bool marked);
  /// Of the next packet of a track, the timestamp as if it was played next; nothing where none was sent, and
  /// it is not known what comes.
  std::optional<RtpPosition> position(std::uint16_t track) const;
  /// Of this unit, were it sent now.
  RtpPosition position_of(const ReplayUnit& unit);
  /// Ends pace(), now and from then on.
  void cancel();

 private:
  std::uint32_t timestamp_of(const ReplayUnit& unit);
  /// At the speed of the PLAY.
  std::uint32_t ticks_of(std::uint16_t track, base::Duration played) const;

  const base::Clock& clock_;
  const Presentation tracks_;
  const RtspReplay replay_;
  base::Timer timer_;
  std::vector<RtpPacketizer> packetizers_;
  std::vector<std::optional<std::uint32_t>> begins_;  ///< timestamps at which the tracks were begun
  std::vector<std::optional<std::uint32_t>> shifts_;  ///< from the recording's to those of playing
  std::vector<std::optional<std::uint32_t>> told_;    ///< timestamps of what was sent, or is sent next
  std::optional<base::Duration> played_;              ///< of what was sent
  std::optional<base::UtcTime> began_;                ///< by the clock
  bool cancelled_ = false;
};

}  // namespace watchrig::media
