// Where devices are in the network: changed on the devices themselves (IVSS 5.4.1, 8.2.2.1, 8.2.2.2.2).
#include <algorithm>
#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/address_requests.hpp"
#include "system/api/audit.hpp"
#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/found_devices.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/base/timer.hpp"
#include "system/devices/ask_many.hpp"
#include "system/devices/discovery/address_range.hpp"
#include "system/devices/discovery/device_move.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using central::DevicePtr;
using central::FieldResult;
using devices::FoundDevice;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t most_devices = 64;
constexpr base::Duration between_attempts = std::chrono::milliseconds(200);

/// A device that is to be elsewhere, and how it is asked.
struct Mover {
  FoundDevice device;
  media::Credentials account;
  std::optional<devices::StaticPlace> place = {};
  devices::OnvifClient::Watch watch = {};
};

/// One line of the answer.
struct Row {
  json::object json;
  std::optional<Mover> mover = {};
  DevicePtr added = {};  ///< null: it was only found

  void fail(const Error& error) {
    mover.reset();
    json["error"] = error_json({{}, error});
  }
};

std::vector<std::string> names_in(FieldReader& fields, const std::string& name) {
  auto names = fields.texts(name);
  if (names.empty() || names.size() > most_devices) fields.refuse(name, "must name 1 to 64 devices");
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size())
    fields.refuse(name, "names a device twice");
  return names;
}

/// IVSS 8.2.2.1: initialised ones of the private protocol, which were not added.
Result<FoundDevice> movable_found(ServerParts& parts, const Request& request, const std::string& endpoint) {
  const auto found = found_device(parts, endpoint);
  if (!found) return found;
  if (!found->is_private)
    return Error{ErrorKind::unsupported,
                 "only devices of the private protocol are given addresses from here"};
  if (!found->initialised)
    return Error{ErrorKind::unavailable, "it does not tell whether it is initialised; search again"};
  if (!*found->initialised) return Error{ErrorKind::conflict, "it is not initialised; initialise it first"};
  for (const auto& row : found_rows(parts, request, parts.search.state())) {
    if (row.device.endpoint != endpoint || row.added.empty()) continue;
    return Error{
        ErrorKind::conflict,
        fmt::format("it was added as {}; change its address among its connection settings", row.added)};
  }
  central::DeviceQuery elsewhere;
  elsewhere.limit = 1;
  elsewhere.accept = [&found](const central::Device& device) {
    const auto address = central::address_of(device);
    return address.host == found->service.host && address.port == found->service.port;
  };
  if (!parts.central.registry().list(elsewhere).items.empty())
    return Error{ErrorKind::conflict, "it was added in an area of others, who may change its address"};
  return found;
}

Row row_of_found(ServerParts& parts, const Request& request, const std::string& endpoint,
                 const media::Credentials& account) {
  Row row{{{"endpoint", endpoint}}};
  const auto found = movable_found(parts, request, endpoint);
  if (found) {
    // It has no id before it is added.
    auto watch = parts.central.device_notes().watch(found->service.host, trace_name(request));
    row.mover = Mover{*found, account, {}, std::move(watch)};
  }
  if (!found) row.fail(found.error());
  return row;
}

/// Error unsupported: it is of no private protocol.
Result<Mover> mover_of(central::Central& central, const central::Device& device, const std::string& request) {
  if (device.driver != "private")
    return Error{
        ErrorKind::unsupported,
        fmt::format("device \"{}\" is not of the private protocol; change its address on its own page, "
                    "and then here",
                    device.name)};
  const auto contact = onvif_contact(central, device, device.streams.at("main"), request);
  if (!contact) return contact.error();
  Mover mover;
  mover.device.service = contact->address;
  mover.device.trust = contact->trust;
  mover.device.name = device.name;
  mover.account = contact->credentials;
  mover.watch = contact->watch;
  return mover;
}

Row row_of_added(ServerParts& parts, const Request& request, const std::string& id) {
  Row row{{{"id", id}}};
  const auto own = check_device(parts, request, id);
  const auto device = own ? parts.central.registry().find(id) : Result<DevicePtr>(own.error().error);
  const auto mover =
      device ? mover_of(parts.central, **device, trace_name(request)) : Result<Mover>(device.error());
  if (!mover) {
    row.fail(mover.error());
    return row;
  }
  row.mover = *mover;
  row.added = *device;
  return row;
}

/// Whether a single one may go on; else why not.
asio::awaitable<std::optional<Error>> give_places(ServerParts& parts, const Request& request,
                                                  AddressOrder order, std::vector<Row>& rows) {
  AddressGiver giver(parts, request, order);
  const bool alone = rows.size() == 1;
  for (auto& row : rows) {
    if (!row.mover) continue;
    const auto where = row.mover->device.service;
    const auto place = co_await giver.next(where.host, where.port, alone);
    if (place) row.mover->place = *place;
    if (place) continue;
    if (alone) co_return place.error();
    row.fail(place.error());
  }
  co_return std::nullopt;
}

void note_added(ServerParts& parts, const Request& request, Row& row, const FoundDevice& now) {
  const auto changed = parts.central.registry().change(row.added->id, [&](central::Device& device) {
    return central::set_address(device, {now.service.host, now.service.port});
  });
  if (!changed) {
    const auto& why = changed.error().error;
    return row.fail({why.kind, fmt::format("it is at {}:{} now, which could not be kept here: {}",
                                           now.service.host, now.service.port, why.message)});
  }
  restart_channels(parts, *changed);
  tell_device_change(parts, request, *changed,
                     fmt::format("is at {}:{} from now on", now.service.host, now.service.port));
}

void note_moved(ServerParts& parts, const Request& request, Row& row, const Result<FoundDevice>& moved) {
  if (!moved) return row.fail(moved.error());
  const auto& from = row.mover->device.service;
  row.json["address"] = moved->service.host;
  row.json["port"] = moved->service.port;
  if (row.added) return note_added(parts, request, row, *moved);
  parts.search.moved(*moved, from.host);
  tell(parts, request, "device.moved",
       fmt::format("the device {} at {}:{} is at {}:{} from now on",
                   moved->name.empty() ? moved->endpoint : "\"" + moved->name + "\"", from.host, from.port,
                   moved->service.host, moved->service.port));
}

/// Sixteen at a time.
asio::awaitable<std::vector<Result<FoundDevice>>> move_all(ServerParts& parts, std::vector<Mover> movers,
                                                           std::optional<std::uint16_t> port) {
  std::function<asio::awaitable<Result<FoundDevice>>(Mover)> move = [&parts, port](Mover mover) {
    return port ? devices::move_device_port(parts.clock, mover.device, mover.account, *port, mover.watch)
                : devices::move_device(parts.clock, mover.device, mover.account, mover.place, mover.watch);
  };
  return devices::ask_many(parts.clock, std::move(movers), std::move(move));
}

/// An answer for each, in their order.
asio::awaitable<Response> run_moves(ServerParts& parts, Request request, std::vector<Row> rows,
                                    std::optional<std::uint16_t> port) {
  const auto task = parts.central.tasks().add("devices.addresses", request.account);
  task->start();
  std::vector<Mover> movers;
  for (const auto& row : rows) {
    if (row.mover) movers.push_back(*row.mover);
  }
  const auto results = co_await move_all(parts, std::move(movers), port);
  bool noted = false;
  const WorkPool::Work finish = [&] {
    noted = true;
    json::array list;
    std::size_t changed = 0;
    for (auto next = results.begin(); auto& row : rows) {
      if (row.mover) {
        note_moved(parts, request, row, *next++);
        changed += row.mover ? 1 : 0;
      }
      list.push_back(std::move(row.json));
    }
    return http::json_response(200, json::object{{"changed", changed}, {"rows", std::move(list)}});
  };
  auto response = co_await parts.workers.run(request.account, finish);
  // What has moved is kept, however busy the workers are.
  base::Timer timer(co_await asio::this_coro::executor, parts.clock);
  while (!noted) {
    co_await timer.wait_for(between_attempts);
    auto again = co_await parts.workers.run(request.account, finish);
    response = std::move(again);
  }
  co_return response;
}

asio::awaitable<Response> change_addresses(ServerParts& parts, Request request, std::vector<Row> rows,
                                           AddressOrder order) {
  const auto occupied = co_await give_places(parts, request, order, rows);
  if (occupied) co_return error_response({"address", *occupied});
  auto response = co_await run_moves(parts, std::move(request), std::move(rows), std::nullopt);
  co_return response;
}

/// One user and password for all of them.
asio::awaitable<Response> move_found(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto endpoints = names_in(fields, "endpoints");
  const auto order = address_order_of(fields);
  const media::Credentials account{fields.text("username", std::string(central::Accounts::administrator)),
                                   fields.text("password")};
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  std::vector<Row> rows;
  for (const auto& endpoint : endpoints) rows.push_back(row_of_found(parts, request, endpoint, account));
  auto response = co_await change_addresses(parts, request, std::move(rows), order);
  co_return response;
}

/// Each with the account that it was added with.
asio::awaitable<Response> move_added(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto ids = names_in(fields, "ids");
  const auto order = address_order_of(fields);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  std::vector<Row> rows;
  for (const auto& id : ids) rows.push_back(row_of_added(parts, request, id));
  auto response = co_await change_addresses(parts, request, std::move(rows), order);
  co_return response;
}

asio::awaitable<Response> move_ports(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto ids = names_in(fields, "ids");
  const auto port = fields.number("port", 1, 65535);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  std::vector<Row> rows;
  for (const auto& id : ids) rows.push_back(row_of_added(parts, request, id));
  auto response =
      co_await run_moves(parts, std::move(request), std::move(rows), static_cast<std::uint16_t>(port));
  co_return response;
}

}  // namespace

void add_address_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"};
  router.add(
      "POST", "/api/v1/discovery/addresses", guard,
      "Gives found devices of the private protocol other addresses, static ones or by DHCP; each has its "
      "own result",
      [&parts](Request request) { return move_found(parts, std::move(request)); });
  router.add(
      "POST", "/api/v1/devices/addresses", guard,
      "Gives devices of the private protocol other addresses, static ones or by DHCP, and follows them; "
      "each has its own result",
      [&parts](Request request) { return move_added(parts, std::move(request)); });
  router.add("POST", "/api/v1/devices/ports", guard,
             "Has devices of the private protocol answer at another port, and follows them; each has its own "
             "result",
             [&parts](Request request) { return move_ports(parts, std::move(request)); });
}

}  // namespace watchrig::api
