#include "system/api/device_setup.hpp"

#include <algorithm>
#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/device_audit.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/found_devices.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/central/devices/makers_paths.hpp"
#include "system/central/mailbox.hpp"
#include "system/devices/discovery/device_initialisation.hpp"
#include "system/devices/discovery/device_preview.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using central::Device;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t most_devices = 64;

struct SetupOrder {
  std::vector<std::string> endpoints;
  bool own = false;  ///< the caller's password and e-mail address
  devices::FirstAccount account;
  bool add = false;
  std::string area;
};

FieldResult<SetupOrder> order_of(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  SetupOrder order;
  order.endpoints = fields.texts("endpoints");
  if (order.endpoints.empty() || order.endpoints.size() > most_devices)
    fields.refuse("endpoints", "must name 1 to 64 devices that were found");
  if (std::set<std::string>(order.endpoints.begin(), order.endpoints.end()).size() != order.endpoints.size())
    fields.refuse("endpoints", "names a device twice");
  order.own = fields.flag("own", false);
  order.account.credentials = {std::string(central::Accounts::administrator), fields.text("password")};
  const auto again = fields.text("password_again", order.own ? "" : order.account.credentials.password);
  order.account.email = fields.text("email", "");
  order.add = fields.flag("add", false);
  order.area = fields.text("area", Device{}.area);
  fields.no_others();
  if (fields.error()) return *fields.error();
  if (auto area = check_area(parts, request, order.area); !area) return area.error();
  if (order.own) {
    if (!again.empty() || !order.account.email.empty())
      fields.refuse(again.empty() ? "email" : "password_again", "is the server's own; leave it out");
  } else {
    const auto& [name, password] = order.account.credentials;
    if (auto good = parts.central.accounts().check_new(password, again, name); !good) return good.error();
    if (!central::is_mailbox(order.account.email)) fields.refuse("email", "is no e-mail address");
  }
  if (fields.error()) return *fields.error();
  return order;
}

/// Whether the password is the caller's, who is an administrator; else why not.
std::optional<Response> check_own(ServerParts& parts, const Request& request, const std::string& password) {
  if (!parts.central.accounts().rights(request.account)->is_everything())
    return http::error_response(403, "denied", "own",
                                "only an administrator gives the server's own password away");
  if (const auto refused = parts.central.sign_in().check(request.account, password, request.source())) {
    tell_refused(parts, request, request.account, *refused);
    return to_response(*refused);
  }
  return std::nullopt;
}

/// The caller's e-mail address too.
std::optional<Response> take_own_account(ServerParts& parts, const Request& request, SetupOrder& order) {
  if (auto refused = check_own(parts, request, order.account.credentials.password)) return refused;
  const auto protection = parts.central.accounts().protection(request.account);
  if (!protection) return http::error_response(protection.error());
  order.account.email = protection->email;
  return std::nullopt;
}

Device device_of(const devices::FoundDevice& found, const SetupOrder& order, bool by_host) {
  const auto& where = found.service;
  Device device;
  device.name = found.name.empty() || by_host ? fmt::format("{}:{}", where.host, where.port) : found.name;
  device.driver = found.is_private ? "private" : "onvif";
  device.streams = central::streams_of_service(devices::to_string(where));
  device.username = order.account.credentials.username;
  device.password = order.account.credentials.password;
  device.manufacturer = found.manufacturer;
  device.area = order.area;
  return device;
}

/// By its own name, or by its address where that name is taken.
void add_device(ServerParts& parts, const Request& request, const devices::FoundDevice& found,
                const SetupOrder& order, json::object& row) {
  auto added = parts.central.registry().add(device_of(found, order, false));
  if (!added && added.error().field == "name")
    added = parts.central.registry().add(device_of(found, order, true));
  if (!added) {
    row["error"] = error_json(added.error());
    return;
  }
  parts.activate(**added, false);
  tell_device(parts, "device.added", request, **added, "was added");
  row["id"] = (*added)->id;
  row["name"] = (*added)->name;
}

struct SetupRow {
  json::object json;
  std::optional<devices::FoundDevice> initialised;
};

asio::awaitable<SetupRow> set_up(ServerParts& parts, std::string endpoint,
                                 const devices::FirstAccount& account) {
  SetupRow row{{{"endpoint", endpoint}}, {}};
  const auto found = found_device(parts, endpoint);
  if (!found) {
    row.json["error"] = error_json({{}, found.error()});
    co_return row;
  }
  const auto done = co_await devices::initialise_device(parts.clock, *found, account);
  if (!done) {
    row.json["error"] = error_json({{}, done.error()});
    co_return row;
  }
  parts.search.replace(done->device);
  row.json["initialised"] = true;
  row.json["email_kept"] = done->email_kept;
  row.initialised = done->device;
  co_return row;
}

asio::awaitable<Response> run_setup(ServerParts& parts, Request request) {
  auto order = order_of(parts, request);
  if (!order) co_return error_response(order.error());
  const auto lane = request.account;
  if (order->own) {
    const WorkPool::Work prove = [&parts, &request, &order] {
      return take_own_account(parts, request, *order).value_or(http::no_content());
    };
    auto proved = co_await parts.hashers.run(lane, prove);
    if (proved.status >= 300) co_return proved;
  }
  const auto task = parts.central.tasks().add("devices.initialise", request.account);
  task->start();
  std::vector<SetupRow> rows;
  for (const auto& endpoint : order->endpoints) {
    auto row = co_await set_up(parts, endpoint, order->account);
    rows.push_back(std::move(row));
    task->advance(static_cast<double>(rows.size()) / static_cast<double>(order->endpoints.size()));
  }
  const WorkPool::Work finish = [&parts, &request, &order, &rows] {
    json::array list;
    std::size_t initialised = 0;
    for (auto& row : rows) {
      initialised += row.initialised ? 1 : 0;
      if (row.initialised && order->add) add_device(parts, request, *row.initialised, *order, row.json);
      list.push_back(std::move(row.json));
    }
    return http::json_response(200, json::object{{"initialised", initialised}, {"rows", std::move(list)}});
  };
  auto response = co_await parts.workers.run(lane, finish);
  co_return response;
}

/// Without a password only "admin" is tried.
asio::awaitable<Response> run_preview(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto endpoint = fields.text("endpoint");
  const auto password = fields.text("password", "");
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  const std::string administrator(central::Accounts::administrator);
  std::vector<media::Credentials> accounts{{administrator, "admin"}};
  if (!password.empty()) {
    const WorkPool::Work prove = [&parts, &request, &password] {
      return check_own(parts, request, password).value_or(http::no_content());
    };
    auto proved = co_await parts.hashers.run(request.account, prove);
    if (proved.status >= 300) co_return proved;
    accounts.push_back({administrator, password});
  }
  const auto found = found_device(parts, endpoint);
  if (!found) co_return error_response({"endpoint", found.error()});
  auto picture = co_await devices::preview_device(parts.clock, *found, accounts);
  if (picture) co_return Response{200, "image/jpeg", *std::move(picture), {}, {}};
  if (picture.error().kind != base::ErrorKind::denied) co_return http::error_response(picture.error());
  co_return http::error_response(
      409, "other_password", "endpoint",
      "its administrator's password is neither \"admin\" nor the one given; add the device to see it");
}

}  // namespace

http::Handler device_preview(ServerParts& parts) {
  return [&parts](Request request) { return run_preview(parts, std::move(request)); };
}

http::Handler device_setup(ServerParts& parts) {
  return [&parts](Request request) { return run_setup(parts, std::move(request)); };
}

}  // namespace watchrig::api
