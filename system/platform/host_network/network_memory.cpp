#include "system/platform/host_network/network_memory.hpp"

#include <fstream>
#include <sstream>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::platform {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

json::value to_json(const std::optional<Ipv4>& address) {
  return address ? json::value(format_ipv4(*address)) : json::value();
}

json::object to_json(const WantedNetwork::Card& card) {
  json::object object{{"dhcp", card.dhcp}, {"mtu", card.settings.mtu}};
  if (card.settings.address) {
    object["address"] = format_ipv4(card.settings.address->address);
    object["prefix"] = card.settings.address->prefix;
  }
  object["gateway"] = to_json(card.settings.gateway);
  return object;
}

/// Reads members of the types it expects and remembers that one was not so.
class Reader {
 public:
  std::string text(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value && value->is_string()) return std::string(value->get_string());
    broken_ = broken_ || (value && !value->is_null());
    return {};
  }
  bool flag(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    broken_ = broken_ || (value && !value->is_bool());
    return value && value->is_bool() && value->get_bool();
  }
  unsigned number(const json::object& object, std::string_view name, unsigned most) {
    const auto* value = object.if_contains(name);
    if (!value) return 0;
    if (value->is_int64() && value->get_int64() >= 0 && value->get_int64() <= most)
      return static_cast<unsigned>(value->get_int64());
    broken_ = true;
    return 0;
  }
  std::optional<Ipv4> address(const json::object& object, std::string_view name) {
    const auto written = text(object, name);
    if (written.empty()) return std::nullopt;
    const auto parsed = parse_ipv4(written);
    broken_ = broken_ || !parsed;
    return parsed;
  }
  MacAddress mac(const json::object& object, std::string_view name) {
    const auto parsed = parse_mac(text(object, name));
    broken_ = broken_ || !parsed;
    return parsed.value_or(MacAddress{});
  }
  std::string card(std::string name) {
    broken_ = broken_ || !is_card_name(name);
    return name;
  }
  json::array list(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    broken_ = broken_ || (value && !value->is_array());
    return value && value->is_array() ? value->get_array() : json::array();
  }
  json::object object(const json::value& value) {
    broken_ = broken_ || !value.is_object();
    return value.is_object() ? value.get_object() : json::object();
  }
  json::object object(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value ? this->object(*value) : json::object();
  }
  bool broken() const { return broken_; }

 private:
  bool broken_ = false;
};

WantedNetwork::Card card_of(Reader& reader, const json::object& object) {
  WantedNetwork::Card card;
  card.dhcp = reader.flag(object, "dhcp");
  card.settings.mtu = reader.number(object, "mtu", 65535);
  if (const auto address = reader.address(object, "address"))
    card.settings.address = CardAddress{*address, reader.number(object, "prefix", 32)};
  card.settings.gateway = reader.address(object, "gateway");
  return card;
}

HostRoute route_of(Reader& reader, const json::object& object) {
  HostRoute route;
  route.destination = reader.address(object, "destination").value_or(0);
  route.prefix = reader.number(object, "prefix", 32);
  route.gateway = reader.address(object, "gateway");
  route.card = reader.card(reader.text(object, "card"));
  return route;
}

BondSettings bond_of(Reader& reader, const json::object& object) {
  BondSettings bond{reader.card(reader.text(object, "name")), reader.card(reader.text(object, "mode")), {}};
  for (const auto& member : reader.list(object, "members"))
    bond.members.push_back(reader.card(member.is_string() ? std::string(member.get_string()) : ""));
  return bond;
}

WantedNetwork wanted_of(Reader& reader, const json::object& root) {
  WantedNetwork wanted;
  for (const auto& member : reader.object(root, "cards"))
    wanted.cards[reader.card(member.key())] = card_of(reader, reader.object(member.value()));
  wanted.default_card = reader.text(root, "default_card");
  if (!wanted.default_card.empty()) reader.card(wanted.default_card);
  const auto servers = reader.object(root, "name_servers");
  wanted.name_servers = {servers.empty() || reader.flag(servers, "automatic"),
                         reader.address(servers, "preferred"), reader.address(servers, "alternate")};
  for (const auto& route : reader.list(root, "routes"))
    wanted.routes.push_back(route_of(reader, reader.object(route)));
  for (const auto& bond : reader.list(root, "bonds"))
    wanted.bonds.push_back(bond_of(reader, reader.object(bond)));
  for (const auto& value : reader.list(root, "gateways")) {
    const auto gateway = reader.object(value);
    // An older program has not written down of which card it is; it is tied anew by hand.
    if (!gateway.contains("card")) {
      base::log_warning("the gateway {} is not tied any more: say again of which card it is",
                        reader.text(gateway, "address"));
      continue;
    }
    const GatewayPlace place{reader.card(reader.text(gateway, "card")),
                             reader.address(gateway, "address").value_or(0)};
    wanted.gateways[place] = reader.mac(gateway, "mac");
  }
  wanted.ssh = reader.flag(root, "ssh");
  return wanted;
}

}  // namespace

Result<WantedNetwork> load_wanted(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return WantedNetwork();
  const bool is_folder = std::filesystem::is_directory(file, ignored);
  const auto text = is_folder ? Result<std::string>(std::string()) : read_text_file(file);
  if (!text) return text.error();
  json::error_code failure;
  const auto value = json::parse(*text, failure);
  Reader reader;
  auto wanted = wanted_of(reader, failure ? json::object() : reader.object(value));
  if (failure || reader.broken()) {
    return Error{
        ErrorKind::corrupt,
        fmt::format("{} is damaged: remove it and set the network again, or put a backup of it in place",
                    file.string())};
  }
  return wanted;
}

Result<> save_wanted(const std::filesystem::path& file, const WantedNetwork& wanted) {
  json::object cards;
  for (const auto& [name, card] : wanted.cards) cards[name] = to_json(card);
  json::array routes;
  for (const auto& route : wanted.routes) {
    routes.push_back({{"destination", format_ipv4(route.destination)},
                      {"prefix", route.prefix},
                      {"gateway", to_json(route.gateway)},
                      {"card", route.card}});
  }
  json::array bonds;
  for (const auto& bond : wanted.bonds) {
    json::array members;
    for (const auto& member : bond.members) members.emplace_back(member);
    bonds.push_back({{"name", bond.name}, {"mode", bond.mode}, {"members", std::move(members)}});
  }
  json::array gateways;
  for (const auto& [place, mac] : wanted.gateways) {
    gateways.push_back(
        {{"card", place.card}, {"address", format_ipv4(place.address)}, {"mac", to_string(mac)}});
  }
  const json::object root{{"cards", std::move(cards)},
                          {"default_card", wanted.default_card},
                          {"name_servers",
                           {{"automatic", wanted.name_servers.automatic},
                            {"preferred", to_json(wanted.name_servers.preferred)},
                            {"alternate", to_json(wanted.name_servers.alternate)}}},
                          {"routes", std::move(routes)},
                          {"bonds", std::move(bonds)},
                          {"gateways", std::move(gateways)},
                          {"ssh", wanted.ssh}};
  return write_text_file(file, json::serialize(root) + "\n");
}

}  // namespace watchrig::platform
