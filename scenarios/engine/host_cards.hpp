#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/engine/child_process.hpp"
#include "system/base/result.hpp"

namespace watchrig::scenarios {

/// Network cards for vmsd to look after: a network namespace with these cards, each with a cable to a port of
/// a second namespace, the other end. Needs iproute2 and the right to make namespaces. One step at a time.
class HostCards {
 public:
  /// Errors: denied or not_found, with the reason: then the scenario is skipped.
  static base::Result<std::unique_ptr<HostCards>> make(const std::vector<std::string>& cards);
  ~HostCards();
  HostCards(const HostCards&) = delete;
  HostCards& operator=(const HostCards&) = delete;

  const std::string& name_space() const { return near_; }
  /// What `ip -j` prints in the namespace for these words, which are separated by blanks.
  base::Result<std::string> show(const std::string& words) const;
  /// Pulls the cable out at the other end, or puts it in.
  base::Result<> plug(const std::string& card, bool in) const;
  /// New cards that know nothing, as after a restart of the machine.
  base::Result<> renew();
  /// A DHCP server (udhcpd) at the other end of a card's cable, with an address /24 of its own, that leases
  /// one address; until renew() or the end. not_found: there is no udhcpd.
  base::Result<> serve_dhcp(const std::string& card, const std::string& server, const std::string& lease,
                            const std::filesystem::path& folder);
  /// Somebody at the other end of a card's cable says by ARP (RFC 826) that the address is at this MAC
  /// address.
  base::Result<> spoof(const std::string& card, const std::string& address, const std::string& mac) const;
  /// Whether somebody listens at this address of the namespace.
  base::Result<bool> listens(const std::string& address, std::uint16_t port) const;

 private:
  explicit HostCards(std::vector<std::string> cards);
  base::Result<> lay_cables() const;
  void remove() const;

  const std::vector<std::string> cards_;
  const std::string near_;
  const std::string far_;
  std::vector<std::unique_ptr<ChildProcess>> servers_;  ///< in the far namespace
};

}  // namespace watchrig::scenarios
