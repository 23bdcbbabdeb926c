#include "system/base/plain_address.hpp"

#include <algorithm>

namespace watchrig::base {

namespace ip = boost::asio::ip;

ip::address plain_address(const ip::address& address) {
  if (!address.is_v6()) return address;
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  return ip::address_v6(v6.to_bytes());
}

ip::address source_of(const ip::address& address) {
  const auto plain = plain_address(address);
  if (!plain.is_v6()) return plain;
  auto bytes = plain.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return ip::address_v6(bytes);
}

std::string source_name(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = ip::make_address(address, error);
  if (error) return address;
  const auto source = source_of(parsed);
  return source.is_v6() ? source.to_string() + "/64" : source.to_string();
}

}  // namespace watchrig::base
