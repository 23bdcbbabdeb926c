#pragma once

#include <cstdint>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>

#include "system/base/result.hpp"

namespace watchrig::media {

namespace asio = boost::asio;

/// Two bound, non-blocking sockets: RTP on an even port, RTCP on the next one (RFC 3550, 11).
struct UdpPortPair {
  asio::ip::udp::socket rtp;
  asio::ip::udp::socket rtcp;
  std::uint16_t port = 0;  ///< of RTP
};

/// Takes any free pair. Errors: full (none found), invalid (the address is not of this machine).
base::Result<UdpPortPair> bind_udp_pair(const asio::any_io_executor& executor,
                                        const asio::ip::address& address);

}  // namespace watchrig::media
