#include "system/devices/discovery/search_interfaces.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <set>

namespace watchrig::devices {

std::vector<std::string> own_addresses() {
  constexpr std::size_t most = 16;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(all, ::freeifaddrs);
  std::vector<std::string> found;
  std::set<std::string> cards;
  for (const auto* one = all; one && found.size() < most; one = one->ifa_next) {
    const bool usable = one->ifa_flags & IFF_UP && one->ifa_flags & (IFF_MULTICAST | IFF_LOOPBACK);
    if (!usable || !one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
    if (!cards.insert(one->ifa_name).second) continue;
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text, sizeof text);
    found.emplace_back(text);
  }
  return found;
}

}  // namespace watchrig::devices
