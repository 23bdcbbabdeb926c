#pragma once

#include <string>
#include <vector>

namespace watchrig::camera {

/// A host as a client has named it (tt:NetworkHost, tt:IPAddress).
struct NamedHost {
  std::string type;  ///< IPv4, IPv6 or DNS
  std::string name;
};

/// What a camera was told of names and time servers. Of what a DHCP server would give, there is nothing in a
/// rig: set to DHCP, the camera knows what it knew by hand.
struct NetworkNames {
  bool hostname_by_dhcp = false, dns_by_dhcp = false, ntp_by_dhcp = false;
  std::vector<std::string> search_domains;
  std::vector<NamedHost> dns, ntp;
  bool zero_configuration = false;
};

}  // namespace watchrig::camera
