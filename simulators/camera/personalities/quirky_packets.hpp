#pragma once

#include <memory>

#include "simulators/camera/personalities/quirks.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::camera {

/// What a camera's quirks make of the packets and sender reports of one session: no marker bits, timestamps
/// that leap, no reports, or reports with a wrong clock. Faults of the camera come behind it.
class QuirkyPackets final : public media::PacketFilter {
 public:
  /// `faults` may be null.
  QuirkyPackets(const Quirks& quirks, std::unique_ptr<media::PacketFilter> faults);

  bool idle() const override;
  void on_packet(const media::RtpTrain& train, base::ByteView rtp, const Send& send) override;
  bool on_sender_report(std::uint16_t track, media::SenderReport& report) override;

 private:
  std::uint32_t shift(base::UtcTime time) const;

  const bool markers_, reports_;
  const base::Duration jumps_, clock_ahead_;
  const std::unique_ptr<media::PacketFilter> faults_;
};

}  // namespace watchrig::camera
