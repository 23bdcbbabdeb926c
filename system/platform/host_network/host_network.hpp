#pragma once

#include <mutex>

#include "system/base/clock.hpp"
#include "system/platform/host_network/dhcp_client.hpp"
#include "system/platform/host_network/network_memory.hpp"
#include "system/platform/host_network/ssh_service.hpp"

namespace watchrig::platform {

/// Why a change was refused; `field` is the one that is wrong, empty for what is wrong with the whole.
struct NetworkRefusal {
  std::string field;
  base::Error error;
};
template <class T = void>
using NetworkResult = boost::system::result<T, NetworkRefusal>;
[[noreturn]] void throw_exception_from_error(const NetworkRefusal& refusal,
                                             const boost::source_location& where);

/// The network of the machine that the server runs on: the only place that looks at it or changes it. Reading
/// is by iproute2. Changing needs `changes`, which somebody must have set on purpose; else everything is
/// refused with that reason. Each command and its result is logged; a change of several commands is taken
/// back when one fails. What was set is kept in a file and set again by restore(). Any thread; each call
/// blocks it for as long as the commands take, seconds at worst.
class HostNetwork {
 public:
  struct Options {
    bool changes = false;                 ///< the iproute2 backend may change things
    std::string name_space;               ///< a network namespace instead of the machine's own
    std::filesystem::path folder;         ///< for what was asked for
    std::filesystem::path resolver_file;  ///< empty: /etc/resolv.conf, or that of the namespace (ip-netns(8))
    CommandRunner run;                    ///< empty: the real programs, 10 s each
    SshService::Options ssh;
    /// Of the first cards when new, in place of settings_when_new().
    std::vector<CardAddress> addresses_when_new = {};
  };
  struct Ssh {
    bool changeable = false;
    bool wanted = false;
    bool running = false;
  };
  struct Card {
    bool dhcp = false;
    std::optional<CardAddress> address;
    std::optional<Ipv4> gateway;
    unsigned mtu = 1500;
  };
  struct View {
    HostNetworkState now;
    WantedNetwork wanted;
    std::vector<std::string> name_servers;  ///< that the resolver file names
    std::string resolver_failure = {};      ///< why those that are wanted could not be written into it
    std::map<std::string, GatewayNeighbour> gateways = {};  ///< by card, as the kernel knows them
  };

  static constexpr unsigned least_mtu = 1500;  ///< micro-centre manual 3.1.3.1
  static constexpr unsigned most_mtu = 7200;
  static constexpr std::size_t most_routes = 128;

  /// Errors: corrupt, when the file of what was asked for is damaged; invalid, for the namespace's name.
  static base::Result<std::unique_ptr<HostNetwork>> open(Options options, const base::Clock& clock);

  /// Why nothing can be changed; nothing when it can.
  std::optional<std::string> read_only() const;
  base::Result<View> view() const;

  NetworkResult<> set_card(const std::string& name, const Card& card);
  NetworkResult<> set_default_card(const std::string& name);
  /// Ties the gateway of a card to the address of its network card, in place of what ARP (RFC 826) says,
  /// which anybody on the network may say. It holds until the card is given another gateway; one that comes
  /// by DHCP is not tied, and the tie holds again when the gateway is the old one.
  NetworkResult<> tie_gateway(const std::string& card, const MacAddress& mac);
  /// Errors: not_found, when nothing of the card is tied.
  NetworkResult<> untie_gateway(const std::string& card);
  NetworkResult<> set_name_servers(const NameServers& servers);
  NetworkResult<> add_route(const HostRoute& route);
  NetworkResult<> remove_route(const HostRoute& route);
  NetworkResult<> bond(const BondSettings& bond);
  NetworkResult<> split(const std::string& bond);

  Ssh ssh() const;
  NetworkResult<> set_ssh(bool on);
  /// Ends what ends with the server: its own sshd.
  void stop();

  /// Sets again what was asked for and is not so; cards that have no address and were never set get the
  /// address they have when new. Each entry is one that failed, with its reason.
  std::vector<std::string> restore();
  /// Whether half of the time of an address by DHCP is over, or one that could not be had is to be asked for
  /// again, a minute after the last time. Waits for a change that is under way.
  bool lease_due() const;
  /// Asks for those addresses. The same.
  std::vector<std::string> renew_leases();

  /// 192.168.1.108/24 for the first card, 192.168.2.108/24 for the second … (IVSS 8.3.1.1).
  static CardSettings settings_when_new(std::size_t card);

 private:
  HostNetwork(Options options, WantedNetwork wanted, const base::Clock& clock);
  /// Of the options, or settings_when_new().
  CardSettings when_new(std::size_t card) const;
  base::Result<HostNetworkState> read() const;
  /// What there is, for who wants to change it. Errors: denied (read_only), those of read().
  NetworkResult<HostNetworkState> read_to_change() const;
  /// What is taken back leaves the gateways tied.
  NetworkResult<> perform(const CommandPlan& plan) const;
  NetworkResult<> check_card(const NetworkCard& card, const Card& wanted) const;
  base::Result<DhcpLease> leased(const NetworkCard& card);
  /// DHCP is asked again soon, unless a lease says when.
  void renew_soon(const std::string& card);
  base::Result<> write_resolver(const NameServers& servers);
  /// Those of the last lease, when name servers are automatic. A failure is no reason to refuse the card.
  base::Result<> use_leased_servers();
  NetworkResult<> remember(WantedNetwork wanted);
  NetworkResult<> apply_card(const HostNetworkState& state, const NetworkCard& card, const Card& wanted);
  /// Ties those again that are wanted: a card that went down has lost them. Each entry is one that failed.
  std::vector<std::string> tie_gateways(const WantedNetwork& wanted) const;
  /// Forgets what is tied of the card, but for the gateway that it has from now on.
  void forget_gateways(const std::string& card, std::optional<Ipv4> now, WantedNetwork& next) const;
  /// Keeps a change that was made, after tying the gateways. Error unavailable where one was not tied.
  NetworkResult<> remember_tied(WantedNetwork wanted);
  void restore_bonds(std::vector<std::string>& failures);
  void restore_cards(std::vector<std::string>& failures);
  void restore_routes(std::vector<std::string>& failures);

  const Options options_;
  const CommandLine prefix_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  WantedNetwork wanted_;
  std::map<std::string, base::UtcTime> renewals_;
  std::vector<Ipv4> leased_servers_;
  std::string resolver_failure_;
  SshService ssh_;
};

}  // namespace watchrig::platform
