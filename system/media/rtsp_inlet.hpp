#pragma once

#include <memory>
#include <utility>

#include <boost/asio/ip/udp.hpp>

#include "system/base/clock.hpp"
#include "system/media/rtsp_inbox.hpp"
#include "system/media/udp_port_pair.hpp"

namespace watchrig::media {

/// The UDP sockets by which a client receives one track. Belongs to one executor; close() ends its reading.
class RtspInlet : public std::enable_shared_from_this<RtspInlet> {
 public:
  /// Packets from other hosts than `server` are dropped.
  RtspInlet(UdpPortPair ports, std::size_t track, asio::ip::address server, std::shared_ptr<RtspInbox> inbox,
            const base::Clock& clock)
      : ports_(std::move(ports)),
        track_(track),
        server_(std::move(server)),
        inbox_(std::move(inbox)),
        clock_(clock) {}

  std::uint16_t port() const { return ports_.port; }
  /// Starts to read; sends a packet each to the server's ports, so that firewalls and address translation let
  /// its packets pass. Without ports (0) nothing is sent.
  void start(std::pair<std::uint16_t, std::uint16_t> server_ports);
  void send_rtcp(base::ByteView packet);
  /// Takes the packets that have already come.
  void drain() { take_waiting(ports_.rtp, Kind::rtp); }
  void close();
  std::uint64_t bytes() const { return bytes_; }

 private:
  enum class Kind { rtp, rtcp };
  static asio::awaitable<void> read_loop(std::shared_ptr<RtspInlet> self, Kind kind);
  void take_waiting(asio::ip::udp::socket& socket, Kind kind);

  UdpPortPair ports_;
  const std::size_t track_;
  const asio::ip::address server_;
  const std::shared_ptr<RtspInbox> inbox_;
  const base::Clock& clock_;
  std::uint16_t rtcp_destination_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace watchrig::media
