#include "system/media/udp_port_pair.hpp"

#include <fmt/format.h>

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

// Key pictures come as a burst of hundreds of packets; the kernel grants what its limit allows.
constexpr int buffer_bytes = 4 * 1024 * 1024;

boost::system::error_code bind(asio::ip::udp::socket& socket, const asio::ip::address& address,
                               std::uint16_t port) {
  boost::system::error_code error;
  const asio::ip::udp::endpoint endpoint(address, port);
  if (socket.open(endpoint.protocol(), error); error) return error;
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::receive_buffer_size(buffer_bytes), ignored);
  socket.set_option(asio::socket_base::send_buffer_size(buffer_bytes), ignored);
  socket.non_blocking(true, ignored);
  socket.bind(endpoint, error);
  return error;
}

}  // namespace

Result<UdpPortPair> bind_udp_pair(const asio::any_io_executor& executor, const asio::ip::address& address) {
  constexpr int attempts = 100;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    UdpPortPair pair{asio::ip::udp::socket(executor), asio::ip::udp::socket(executor), 0};
    if (const auto error = bind(pair.rtp, address, 0)) {
      return Error{ErrorKind::invalid,
                   fmt::format("UDP socket on {}: {}", address.to_string(), error.message())};
    }
    const std::uint16_t port = pair.rtp.local_endpoint().port();
    if (port % 2 == 0) {
      pair.port = port;
      if (!bind(pair.rtcp, address, static_cast<std::uint16_t>(port + 1))) return pair;
      continue;
    }
    // The system gave an odd port: it serves for RTCP if its even neighbour is free.
    std::swap(pair.rtp, pair.rtcp);
    pair.port = static_cast<std::uint16_t>(port - 1);
    if (!bind(pair.rtp, address, pair.port)) return pair;
  }
  return Error{ErrorKind::full, "no free pair of UDP ports for RTP and RTCP"};
}

}  // namespace watchrig::media
