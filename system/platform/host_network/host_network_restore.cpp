#include <algorithm>

#include <fmt/format.h>

#include "system/platform/host_network/host_network.hpp"

namespace watchrig::platform {

namespace {

bool is_as_wanted(const HostNetworkState& state, const NetworkCard& card, const WantedNetwork::Card& wanted) {
  const HostRoute* gateway = state.gateway_of(card.name);
  const auto& settings = wanted.settings;
  return !wanted.dhcp && card.enabled && !card.leased && card.mtu == settings.mtu && settings.address &&
         card.addresses.size() == 1 && card.addresses.front() == *settings.address &&
         (gateway ? gateway->gateway : std::nullopt) == settings.gateway;
}

}  // namespace

void HostNetwork::restore_bonds(std::vector<std::string>& failures) {
  for (const auto& bond : wanted_.bonds) {
    const auto state = read();
    if (!state || state->find(bond.name)) continue;
    const bool complete = std::ranges::all_of(
        bond.members, [&](const std::string& name) { return state->find(name) != nullptr; });
    if (!complete) {
      failures.push_back(fmt::format("bond \"{}\": not all of its cards are there", bond.name));
    } else if (auto done = carry_out(plan_bond(*state, bond), options_.run, prefix_); !done) {
      failures.push_back(fmt::format("bond \"{}\": {}", bond.name, done.error().message));
    }
  }
}

void HostNetwork::restore_cards(std::vector<std::string>& failures) {
  for (const auto& [name, wanted] : wanted_.cards) {
    if (wanted.dhcp) renew_soon(name);
  }
  const auto found = read();
  if (!found) {
    failures.push_back(found.error().message);
    return;
  }
  std::size_t position = 0;
  for (const auto& card : found->cards) {
    const auto settings_then = when_new(position);
    if (card.bond_mode.empty()) ++position;
    if (!card.bond.empty()) continue;
    auto wanted = wanted_.cards.find(card.name);
    if (wanted == wanted_.cards.end()) {
      if (!card.addresses.empty() || !card.bond_mode.empty()) continue;
      wanted = wanted_.cards.emplace(card.name, WantedNetwork::Card{false, settings_then}).first;
    }
    const auto& settings = wanted->second.settings;
    // What was set before has changed the routes.
    const auto state = read();
    if (!state || is_as_wanted(*state, card, wanted->second)) continue;
    const auto done =
        apply_card(*state, card, {wanted->second.dhcp, settings.address, settings.gateway, settings.mtu});
    if (!done) failures.push_back(fmt::format("card \"{}\": {}", card.name, done.error().error.message));
  }
  if (auto written = use_leased_servers(); !written)
    failures.push_back("name servers: " + written.error().message);
}

void HostNetwork::restore_routes(std::vector<std::string>& failures) {
  for (const auto& route : wanted_.routes) {
    const auto state = read();
    const auto same = [&](const HostRoute& other) {
      return other.destination == route.destination && other.prefix == route.prefix &&
             other.card == route.card;
    };
    if (!state || std::ranges::any_of(state->routes, same)) continue;
    if (auto done = carry_out(plan_add_route(route), options_.run, prefix_); !done) {
      failures.push_back(fmt::format("route to {}/{}: {}", format_ipv4(route.destination), route.prefix,
                                     done.error().message));
    }
  }
  const auto state = read();
  const NetworkCard* card = state ? state->find(wanted_.default_card) : nullptr;
  if (!card || state->default_card() == card->name) return;
  if (auto done = carry_out(plan_default_card(*state, *card), options_.run, prefix_); !done)
    failures.push_back("default card: " + done.error().message);
}

std::vector<std::string> HostNetwork::restore() {
  std::vector<std::string> failures;
  const std::lock_guard lock(mutex_);
  if (wanted_.ssh && !ssh_.running()) {
    if (auto done = ssh_.set(true); !done) failures.push_back("SSH: " + done.error().message);
  }
  if (!options_.changes) return failures;
  restore_bonds(failures);
  restore_cards(failures);
  restore_routes(failures);
  for (auto& failure : tie_gateways(wanted_)) failures.push_back(std::move(failure));
  if (!wanted_.name_servers.automatic) {
    if (auto written = write_resolver(wanted_.name_servers); !written)
      failures.push_back("name servers: " + written.error().message);
  }
  return failures;
}

HostNetwork::Ssh HostNetwork::ssh() const {
  const std::lock_guard lock(mutex_);
  return {ssh_.backend() != SshService::Backend::none, wanted_.ssh, ssh_.running()};
}

NetworkResult<> HostNetwork::set_ssh(bool on) {
  const std::lock_guard lock(mutex_);
  if (auto done = ssh_.set(on); !done) return NetworkRefusal{{}, done.error()};
  WantedNetwork next = wanted_;
  next.ssh = on;
  return remember(std::move(next));
}

void HostNetwork::stop() {
  const std::lock_guard lock(mutex_);
  if (ssh_.backend() == SshService::Backend::sshd) (void)ssh_.set(false);
}

bool HostNetwork::lease_due() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(renewals_, [&](const auto& entry) { return entry.second <= clock_.now(); });
}

std::vector<std::string> HostNetwork::renew_leases() {
  std::vector<std::string> failures;
  const std::lock_guard lock(mutex_);
  const auto due = renewals_;
  for (const auto& [name, time] : due) {
    if (time > clock_.now()) continue;
    renew_soon(name);
    const auto state = read();
    const NetworkCard* card = state ? state->find(name) : nullptr;
    if (!card) continue;
    const auto wanted = wanted_.cards.find(name);
    const unsigned mtu = wanted == wanted_.cards.end() ? card->mtu : wanted->second.settings.mtu;
    const auto done = apply_card(*state, *card, {true, std::nullopt, std::nullopt, mtu});
    if (!done) {
      failures.push_back(fmt::format("card \"{}\": {}", name, done.error().error.message));
    } else if (auto written = use_leased_servers(); !written) {
      failures.push_back("name servers: " + written.error().message);
    }
  }
  for (auto& failure : tie_gateways(wanted_)) failures.push_back(std::move(failure));
  return failures;
}

}  // namespace watchrig::platform
