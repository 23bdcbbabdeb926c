#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "system/media/rtcp.hpp"
#include "system/media/rtp_train.hpp"
#include "system/media/rtsp_headers.hpp"
#include "system/media/rtsp_server_context.hpp"
#include "system/media/udp_port_pair.hpp"

namespace watchrig::media {

/// One track of a session on its way out: where its packets go, and what its reports say. Belongs to the
/// session.
class RtspLane {
 public:
  /// `recorded`: times of trains are of the past, however near.
  RtspLane(std::uint16_t track, std::uint32_t clock_rate, std::string url, RtspTransport transport,
           std::unique_ptr<UdpPortPair> udp, bool recorded = false)
      : url_(std::move(url)),
        transport_(std::move(transport)),
        udp_(std::move(udp)),
        clock_rate_(clock_rate),
        track_(track),
        recorded_(recorded) {}

  std::uint16_t track() const { return track_; }
  const std::string& url() const { return url_; }
  const RtspTransport& transport() const { return transport_; }
  UdpPortPair* udp() { return udp_.get(); }

  /// Whether trains carry other channel numbers than the client has asked for.
  bool other_channel() const { return transport_.tcp && transport_.interleaved->first != 2 * track_; }

  bool report_due(base::UtcTime now, base::Duration interval) const {
    return !reported_ || now - *reported_ >= interval;
  }
  /// The report of `now`, continued from the train's timestamp; begins a new interval.
  SenderReport make_report(const RtpTrain& next, base::UtcTime now);
  /// A BYE, or nothing when no packet was ever sent.
  std::optional<Goodbye> make_goodbye() const;
  void count(const RtpTrain& sent);
  /// RTCP of the client; false when it is none.
  bool take_rtcp(base::ByteView packet, RtspServerContext& context);

 private:
  std::string url_;
  RtspTransport transport_;
  std::unique_ptr<UdpPortPair> udp_;
  std::uint32_t clock_rate_;
  std::uint16_t track_;
  bool recorded_;
  std::uint32_t ssrc_ = 0;
  std::uint32_t packets_ = 0;
  std::uint32_t octets_ = 0;
  std::int32_t lost_ = 0;
  std::optional<base::UtcTime> reported_;
};

/// The compound that carries a report with the CNAME that RFC 3550, 6.1 asks for, behind `space` free bytes.
base::Bytes write_report(const SenderReport& report, const std::string& cname, std::size_t space);

}  // namespace watchrig::media
