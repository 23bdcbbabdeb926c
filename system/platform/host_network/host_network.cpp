#include "system/platform/host_network/host_network.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/platform/host_network/iproute2_reader.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr base::Duration patience = std::chrono::seconds(10);

NetworkRefusal refuse(std::string field, ErrorKind kind, std::string message) {
  return {std::move(field), {kind, std::move(message)}};
}

NetworkRefusal no_card(std::string field, const std::string& name) {
  return refuse(std::move(field), ErrorKind::not_found, fmt::format("there is no card \"{}\"", name));
}

CommandLine prefix_of(const std::string& name_space) {
  return name_space.empty() ? CommandLine() : CommandLine{"ip", "netns", "exec", name_space};
}

HostNetwork::Options completed(HostNetwork::Options options) {
  if (options.resolver_file.empty()) {
    options.resolver_file = options.name_space.empty()
                                ? "/etc/resolv.conf"
                                : fmt::format("/etc/netns/{}/resolv.conf", options.name_space);
  }
  if (!options.run) options.run = [](const CommandLine& command) { return run_command(command, patience); };
  return options;
}

bool same_route(const HostRoute& a, const HostRoute& b) {
  return a.destination == b.destination && a.prefix == b.prefix && a.card == b.card;
}

}  // namespace

void throw_exception_from_error(const NetworkRefusal& refusal, const boost::source_location&) {
  throw std::logic_error("value of a refused change: " + refusal.error.message);
}

HostNetwork::HostNetwork(Options options, WantedNetwork wanted, const base::Clock& clock)
    : options_(completed(std::move(options))),
      prefix_(prefix_of(options_.name_space)),
      clock_(clock),
      wanted_(std::move(wanted)),
      ssh_(options_.ssh, options_.folder, options_.run, prefix_) {}

Result<std::unique_ptr<HostNetwork>> HostNetwork::open(Options options, const base::Clock& clock) {
  if (!options.name_space.empty() && !is_card_name(options.name_space)) {
    return Error{ErrorKind::invalid,
                 fmt::format("host.namespace: \"{}\" is no name of a network namespace", options.name_space)};
  }
  auto wanted = load_wanted(options.folder / "network.json");
  if (!wanted) return wanted.error();
  return std::unique_ptr<HostNetwork>(new HostNetwork(std::move(options), *std::move(wanted), clock));
}

CardSettings HostNetwork::settings_when_new(std::size_t card) {
  const Ipv4 subnet = (192u << 24) | (168u << 16) | (static_cast<Ipv4>(card + 1) << 8);
  return {CardAddress{subnet | 108, 24}, std::nullopt, 1500, std::nullopt};
}

CardSettings HostNetwork::when_new(std::size_t card) const {
  const auto& addresses = options_.addresses_when_new;
  if (card >= addresses.size()) return settings_when_new(card);
  return {addresses[card], std::nullopt, 1500, std::nullopt};
}

std::optional<std::string> HostNetwork::read_only() const {
  if (options_.changes) return std::nullopt;
  return "the server may read this machine's network, not change it: change it where the machine is looked "
         "after, or start the server with --set host.network=iproute2";
}

Result<HostNetworkState> HostNetwork::read() const { return read_by_iproute2(options_.run, prefix_); }

Result<HostNetwork::View> HostNetwork::view() const {
  auto now = read();
  if (!now) return now.error();
  View view{*std::move(now), {}, {}};
  if (auto gateways = read_gateways(view.now, options_.run, prefix_)) view.gateways = *std::move(gateways);
  if (const auto text = read_text_file(options_.resolver_file)) {
    for (const auto line : base::split(*text, '\n')) {
      const auto [word, address] = base::split_once(base::trim(line), ' ');
      if (word == "nameserver") view.name_servers.emplace_back(base::trim(address));
    }
  }
  const std::lock_guard lock(mutex_);
  view.wanted = wanted_;
  view.resolver_failure = resolver_failure_;
  return view;
}

NetworkResult<HostNetworkState> HostNetwork::read_to_change() const {
  if (const auto reason = read_only()) return refuse({}, ErrorKind::denied, *reason);
  auto state = read();
  if (!state) return NetworkRefusal{{}, state.error()};
  return *std::move(state);
}

NetworkResult<> HostNetwork::perform(const CommandPlan& plan) const {
  const auto done = carry_out(plan, options_.run, prefix_);
  if (done) return {};
  (void)tie_gateways(wanted_);  // a card that was down meanwhile has lost them
  return NetworkRefusal{{}, done.error()};
}

NetworkResult<> HostNetwork::remember(WantedNetwork wanted) {
  if (wanted == wanted_) return {};
  if (auto saved = save_wanted(options_.folder / "network.json", wanted); !saved) {
    return NetworkRefusal{{}, Error(saved.error()).within("the change holds only until the next start")};
  }
  wanted_ = std::move(wanted);
  return {};
}

NetworkResult<> HostNetwork::check_card(const NetworkCard& card, const Card& wanted) const {
  if (!card.bond.empty()) {
    return refuse(
        {}, ErrorKind::conflict,
        fmt::format("card \"{}\" is a member of \"{}\": change that, or split it", card.name, card.bond));
  }
  if (wanted.mtu < least_mtu || wanted.mtu > most_mtu) {
    return refuse("mtu", ErrorKind::invalid, fmt::format("must be from {} to {}", least_mtu, most_mtu));
  }
  if (wanted.dhcp) return {};
  if (!wanted.address) return refuse("address", ErrorKind::invalid, "is needed without DHCP");
  if (wanted.address->prefix == 0 || wanted.address->prefix > 31)
    return refuse("mask", ErrorKind::invalid, "must leave room for the subnet and for hosts");
  if (!is_host_address(wanted.address->address, wanted.address->prefix))
    return refuse("address", ErrorKind::invalid, "is none that a card can have in this subnet");
  if (wanted.gateway && (!same_subnet(*wanted.gateway, wanted.address->address, wanted.address->prefix) ||
                         !is_host_address(*wanted.gateway, wanted.address->prefix) ||
                         *wanted.gateway == wanted.address->address)) {
    return refuse("gateway", ErrorKind::invalid, "must be another host of the card's own subnet");
  }
  return {};
}

void HostNetwork::renew_soon(const std::string& card) { renewals_[card] = clock_.now() + dhcp_pause; }

Result<DhcpLease> HostNetwork::leased(const NetworkCard& card) {
  if (!card.enabled) {
    const auto up = carry_out({{{"ip", "link", "set", "dev", card.name, "up"}, {}}}, options_.run, prefix_);
    if (!up) return up.error();
  }
  return ask_dhcp(card.name, options_.run, prefix_, options_.folder / "dhcp_lease.sh");
}

NetworkResult<> HostNetwork::apply_card(const HostNetworkState& state, const NetworkCard& card,
                                        const Card& wanted) {
  CardSettings settings{wanted.address, wanted.gateway, wanted.mtu, std::nullopt};
  DhcpLease lease;
  if (wanted.dhcp) {
    auto given = leased(card);
    if (!given) return refuse("method", given.error().kind, given.error().message);
    lease = *std::move(given);
    settings = {lease.address, lease.gateway, wanted.mtu, lease.seconds};
  }
  NetworkCard before = card;
  before.enabled = before.enabled || wanted.dhcp;
  if (auto done = perform(plan_card(state, before, settings)); !done) return done;
  renewals_.erase(card.name);
  if (!wanted.dhcp) return {};
  renewals_[card.name] = clock_.now() + std::chrono::seconds(lease.seconds) / 2;
  leased_servers_ = lease.name_servers;
  return {};
}

NetworkResult<> HostNetwork::set_card(const std::string& name, const Card& wanted) {
  const std::lock_guard lock(mutex_);
  const auto state = read_to_change();
  if (!state) return state.error();
  const NetworkCard* card = state->find(name);
  if (!card) return no_card({}, name);
  if (auto checked = check_card(*card, wanted); !checked) return checked;
  for (const auto& other : state->cards) {
    const auto same = [&](const CardAddress& address) { return address.address == wanted.address->address; };
    if (wanted.dhcp || other.name == name || !std::ranges::any_of(other.addresses, same)) continue;
    return refuse("address", ErrorKind::conflict, fmt::format("card \"{}\" has it already", other.name));
  }
  if (auto applied = apply_card(*state, *card, wanted); !applied) return applied;
  WantedNetwork next = wanted_;
  if (wanted.dhcp) {
    next.cards[name] = {true, {std::nullopt, std::nullopt, wanted.mtu, std::nullopt}};
    (void)use_leased_servers();  // the view tells of a failure
  } else {
    next.cards[name] = {false, {wanted.address, wanted.gateway, wanted.mtu, std::nullopt}};
    forget_gateways(name, wanted.gateway, next);
  }
  return remember_tied(std::move(next));
}

NetworkResult<> HostNetwork::set_default_card(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto state = read_to_change();
  if (!state) return state.error();
  const NetworkCard* card = state->find(name);
  if (!card) return no_card("card", name);
  if (!card->online) {
    return refuse("card", ErrorKind::conflict,
                  fmt::format("card \"{}\" is not online: only one that is can be the default card", name));
  }
  if (!state->gateway_of(name))
    return refuse("card", ErrorKind::conflict,
                  fmt::format("card \"{}\" has no gateway: set one first", name));
  if (auto done = perform(plan_default_card(*state, *card)); !done) return done;
  WantedNetwork next = wanted_;
  next.default_card = name;
  return remember(std::move(next));
}

Result<> HostNetwork::write_resolver(const NameServers& servers) {
  std::string text = "# written by vmsd\n";
  std::vector<Ipv4> addresses = leased_servers_;
  if (!servers.automatic) {
    addresses.clear();
    for (const auto& server : {servers.preferred, servers.alternate}) {
      if (server) addresses.push_back(*server);
    }
  }
  // Until a lease names some, those that are there are better than none.
  if (addresses.empty()) return {};
  for (const Ipv4 address : addresses) text += fmt::format("nameserver {}\n", format_ipv4(address));
  std::error_code ignored;
  if (!options_.name_space.empty())
    std::filesystem::create_directories(options_.resolver_file.parent_path(), ignored);
  const auto written = write_text_file(options_.resolver_file, text, 0644);
  resolver_failure_ = written ? std::string() : written.error().message;
  if (written) {
    base::log_info("host network: name servers into {}: done", options_.resolver_file.string());
  } else {
    base::log_warning("host network: name servers: {}", resolver_failure_);
  }
  return written;
}

Result<> HostNetwork::use_leased_servers() {
  if (!wanted_.name_servers.automatic) return {};
  return write_resolver(wanted_.name_servers);
}

NetworkResult<> HostNetwork::set_name_servers(const NameServers& servers) {
  const std::lock_guard lock(mutex_);
  if (const auto reason = read_only()) return refuse({}, ErrorKind::denied, *reason);
  if (!servers.automatic && !servers.preferred)
    return refuse("preferred", ErrorKind::invalid, "is needed unless name servers are automatic");
  if (servers.preferred && servers.preferred == servers.alternate)
    return refuse("alternate", ErrorKind::invalid, "must be another one than the preferred");
  for (const auto& [field, server] :
       {std::pair("preferred", servers.preferred), std::pair("alternate", servers.alternate)}) {
    if (server && !is_host_address(*server, 31))
      return refuse(field, ErrorKind::invalid, "is no address of a host");
  }
  if (auto written = write_resolver(servers); !written) return NetworkRefusal{{}, written.error()};
  WantedNetwork next = wanted_;
  next.name_servers = servers;
  return remember(std::move(next));
}

NetworkResult<> HostNetwork::add_route(const HostRoute& route) {
  const std::lock_guard lock(mutex_);
  const auto state = read_to_change();
  if (!state) return state.error();
  const NetworkCard* card = state->find(route.card);
  if (!card) return no_card("card", route.card);
  if (route.prefix == 0)
    return refuse("mask", ErrorKind::invalid, "must not be 0.0.0.0: the default gateway belongs to a card");
  if ((route.destination & ~mask_of_prefix(route.prefix)) != 0)
    return refuse("destination", ErrorKind::invalid, "has bits outside of the mask");
  if (!is_host_address(route.destination, 32))
    return refuse("destination", ErrorKind::invalid, "is no network that one can be routed to");
  const auto reaches = [&](const CardAddress& own) {
    return route.gateway && same_subnet(*route.gateway, own.address, own.prefix) &&
           *route.gateway != own.address && is_host_address(*route.gateway, own.prefix);
  };
  if (std::ranges::none_of(card->addresses, reaches))
    return refuse("gateway", ErrorKind::invalid,
                  fmt::format("must be a host of a subnet of \"{}\"", route.card));
  if (std::ranges::any_of(state->routes, [&](const HostRoute& other) { return same_route(other, route); }))
    return refuse("destination", ErrorKind::conflict, "has a route by this card already");
  if (wanted_.routes.size() >= most_routes)
    return refuse({}, ErrorKind::full, fmt::format("there are {} routes already; remove one", most_routes));
  if (auto done = perform(plan_add_route(route)); !done) return done;
  WantedNetwork next = wanted_;
  next.routes.push_back(route);
  return remember(std::move(next));
}

NetworkResult<> HostNetwork::remove_route(const HostRoute& route) {
  const std::lock_guard lock(mutex_);
  const auto state = read_to_change();
  if (!state) return state.error();
  const auto same = [&](const HostRoute& other) { return same_route(other, route); };
  const auto found = std::ranges::find_if(state->routes, same);
  if (found == state->routes.end() || route.prefix == 0)
    return refuse({}, ErrorKind::not_found, "there is no such route");
  if (auto done = perform(plan_remove_route(*found)); !done) return done;
  WantedNetwork next = wanted_;
  std::erase_if(next.routes, same);
  return remember(std::move(next));
}

}  // namespace watchrig::platform
