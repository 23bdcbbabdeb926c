#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "system/platform/host_network/card_alarms.hpp"

namespace watchrig::platform {

/// Looks at the network cards of the machine each second, and asks by ARP every ten whether another host has
/// one of their IPv4 addresses (RFC 5227). Where the program may not open packet sockets (CAP_NET_RAW) it
/// watches the links alone. It has a thread of its own, which ends with it.
class CardWatch {
 public:
  /// On the thread of the watch; must not end the watch.
  using Tell = std::function<void(const CardNews&)>;
  /// `name_space`: a network namespace instead of the machine's own; one that cannot be entered is logged,
  /// and nothing is watched. The clock, by which it counts ten seconds, outlives it. `lost`: see CardAlarms.
  /// Errors: io.
  static base::Result<std::unique_ptr<CardWatch>> start(std::string name_space, const base::Clock& clock,
                                                        const std::set<std::string>& lost, Tell tell);
  ~CardWatch();
  CardWatch(const CardWatch&) = delete;
  CardWatch& operator=(const CardWatch&) = delete;

 private:
  struct Parts;
  explicit CardWatch(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace watchrig::platform
