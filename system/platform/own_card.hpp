#pragma once

#include <string>

#include <boost/asio/ip/address.hpp>

namespace watchrig::platform {

/// A network card of this machine; texts are empty when not known.
struct OwnCard {
  std::string address;
  std::string mac;
};

/// The card that has the address. For one of the loopback interface, which is known by it to nobody, the
/// first card that is on and has an IPv4 address, if there is one (getifaddrs(3)). Any thread.
OwnCard own_card(const boost::asio::ip::address& address);

}  // namespace watchrig::platform
