#pragma once

#include <string>

#include <boost/asio/ip/address.hpp>

namespace watchrig::base {

/// A host's address as lists and logs know it, whatever socket it came by: one of IPv4 that is mapped into
/// IPv6 as itself, one of IPv6 without the scope, which is the number of this machine's own card (RFC 4007).
boost::asio::ip::address plain_address(const boost::asio::ip::address& address);
/// What one subscriber has to come from: the plain address of IPv4, the first 64 bits of one of IPv6, where
/// each host picks the others as it likes (RFC 4291, 2.5.1; RFC 8981).
boost::asio::ip::address source_of(const boost::asio::ip::address& address);
/// The source of an address written as text, as people read it: 192.0.2.7, 2001:db8:1:2::/64. What is no
/// address stays as it is.
std::string source_name(const std::string& address);

}  // namespace watchrig::base
