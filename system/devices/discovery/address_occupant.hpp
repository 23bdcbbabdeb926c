#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <boost/asio/awaitable.hpp>

namespace watchrig::devices {

/// The port at which somebody at the IPv4 address (host order) answers, of 80, 443, 554, 37777 and those
/// given, within half a second; nothing when nobody does. Who refuses a connection is there too, but not on
/// the loopback network, all of which is this machine.
boost::asio::awaitable<std::optional<std::uint16_t>> find_occupant(std::uint32_t address,
                                                                   std::vector<std::uint16_t> ports);

}  // namespace watchrig::devices
