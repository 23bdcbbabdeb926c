#include "system/platform/own_card.hpp"

#include <array>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netpacket/packet.h>

#include "system/base/plain_address.hpp"
#include "system/platform/neighbour_table.hpp"

namespace watchrig::platform {

namespace {

using Address = boost::asio::ip::address;

std::optional<Address> address_of(const sockaddr* socket) {
  if (!socket) return std::nullopt;
  if (socket->sa_family == AF_INET) {
    sockaddr_in ip4{};
    std::memcpy(&ip4, socket, sizeof ip4);
    return boost::asio::ip::address_v4(ntohl(ip4.sin_addr.s_addr));
  }
  if (socket->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 ip6{};
  std::memcpy(&ip6, socket, sizeof ip6);
  boost::asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), ip6.sin6_addr.s6_addr, bytes.size());
  return boost::asio::ip::address_v6(bytes);
}

std::string mac_of_card(const ifaddrs* list, const char* name) {
  for (const auto* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_PACKET ||
        std::strcmp(entry->ifa_name, name) != 0)
      continue;
    sockaddr_ll link{};
    std::memcpy(&link, entry->ifa_addr, sizeof link);
    MacAddress mac{};
    std::memcpy(mac.data(), link.sll_addr, mac.size());
    return to_string(mac);
  }
  return {};
}

}  // namespace

OwnCard own_card(const Address& address) {
  const auto wanted = base::plain_address(address);
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {wanted.to_string(), {}};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, freeifaddrs);
  for (const auto* entry = list.get(); entry; entry = entry->ifa_next) {
    const auto found = address_of(entry->ifa_addr);
    const bool outside = (entry->ifa_flags & IFF_UP) != 0U && (entry->ifa_flags & IFF_LOOPBACK) == 0U;
    if (!found || !(wanted.is_loopback() ? outside && found->is_v4() : *found == wanted)) continue;
    return {found->to_string(), mac_of_card(list.get(), entry->ifa_name)};
  }
  return {wanted.to_string(), {}};
}

}  // namespace watchrig::platform
