#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/ip/address_v4.hpp>

namespace watchrig::camera {

/// Where a camera is in the network, and how it came there.
struct CameraPlace {
  std::string address = "127.0.0.1";  ///< in 127.0.0.0/8
  int prefix_length = 8;
  bool dhcp = false;
  std::uint16_t http_port = 0, rtsp_port = 0, https_port = 0;
  bool http = true, https = false;  ///< by which its services answer
};

/// One that a camera of the rig can have: of the loopback network, and neither a network of 24 bits nor its
/// broadcast.
std::optional<boost::asio::ip::address_v4> loopback_address(const std::string& text);

}  // namespace watchrig::camera
