#include "system/api/address_requests.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/api/place_requests.hpp"
#include "system/devices/discovery/address_occupant.hpp"
#include "system/devices/discovery/address_range.hpp"
#include "system/devices/discovery/search_interfaces.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using devices::StaticPlace;

namespace {

std::uint32_t number_in(FieldReader& fields, const std::string& name, std::optional<std::string> fallback) {
  const bool optional = fallback.has_value();
  const auto text = fields.text(name, std::move(fallback));
  if (text.empty() && optional) return 0;
  const auto number = devices::ipv4_number(text);
  if (!number) fields.refuse(name, number.error().message);
  return number ? *number : 0;
}

StaticPlace place_in(FieldReader& fields) {
  StaticPlace place;
  place.address = number_in(fields, "address", std::nullopt);
  place.mask = number_in(fields, "mask", std::nullopt);
  place.gateway = number_in(fields, "gateway", "");
  if (fields.error()) return place;
  if (const auto wrong = devices::find_wrong(place)) fields.refuse(wrong->field, wrong->message);
  return place;
}

}  // namespace

AddressOrder address_order_of(FieldReader& fields) {
  AddressOrder order;
  const auto mode = fields.text("mode");
  if (mode != "dhcp" && mode != "static") fields.refuse("mode", "must be dhcp or static");
  if (mode != "static") return order;
  order.first = place_in(fields);
  const auto increment = fields.number("increment", 1);
  if (increment < 1 || increment > devices::AddressPlan::most_increment)
    fields.refuse("increment", "must be 1 to 254");
  order.increment = static_cast<std::uint32_t>(std::clamp<std::int64_t>(increment, 1, 254));
  return order;
}

Occupants::Occupants(ServerParts& parts, const http::Request& request) {
  for (const auto& own : devices::own_addresses()) names_.emplace(own, "this server");
  central::DeviceQuery all;
  all.limit = central::DeviceRegistry::most_devices;
  const auto is_own = own_areas(parts, request);
  for (const auto& device : parts.central.registry().list(all).items) {
    const bool known = is_own(central::number_of_id(device->area, 'a'));
    names_.emplace(
        central::address_of(*device).host,
        known ? fmt::format("the device \"{}\" ({})", device->name, device->id) : "another device");
  }
  for (const auto& device : parts.search.state().devices) {
    names_.emplace(device.service.host,
                   fmt::format("the device {} that was found",
                               device.name.empty() ? device.endpoint : "\"" + device.name + "\""));
  }
}

std::optional<std::string> Occupants::holder(std::uint32_t address, const std::string& own) const {
  if (taken_.contains(address)) return "a device of the same batch";
  const auto text = devices::address_text(address);
  const auto found = names_.find(text);
  return text == own || found == names_.end() ? std::nullopt : std::optional(found->second);
}

asio::awaitable<std::optional<std::string>> Occupants::find(std::uint32_t address, std::string own,
                                                            std::uint16_t port) const {
  auto known = holder(address, own);
  if (known || devices::address_text(address) == own) co_return known;
  const std::vector<std::uint16_t> ports{port};
  const auto answers = co_await devices::find_occupant(address, ports);
  if (!answers) co_return std::nullopt;
  co_return fmt::format("a host that answers at port {}", *answers);
}

AddressGiver::AddressGiver(ServerParts& parts, const http::Request& request, AddressOrder order)
    : order_(order),
      plan_(order.first.value_or(StaticPlace{}), order.increment),
      occupants_(parts, request) {}

asio::awaitable<base::Result<std::optional<StaticPlace>>> AddressGiver::next(std::string own,
                                                                             std::uint16_t port, bool alone) {
  if (!order_.first) co_return std::optional<StaticPlace>();
  while (const auto address = plan_.next()) {
    const auto holder = co_await occupants_.find(*address, own, port);
    if (holder && alone) {
      co_return Error{ErrorKind::conflict, fmt::format("{} belongs to {}; choose another address",
                                                       devices::address_text(*address), *holder)};
    }
    if (holder) continue;
    occupants_.take(*address);
    auto place = *order_.first;
    place.address = *address;
    co_return std::optional(place);
  }
  co_return Error{ErrorKind::full, "no address is left up to the end of the fourth octet"};
}

}  // namespace watchrig::api
