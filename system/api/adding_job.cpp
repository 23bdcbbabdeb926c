#include "system/api/adding_job.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_requests.hpp"
#include "system/api/found_devices.hpp"
#include "system/api/request_fields.hpp"
#include "system/base/text.hpp"
#include "system/central/devices/device_table.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::api {

namespace json = boost::json;
using base::ErrorKind;
using central::FieldError;
using central::FieldResult;

namespace {

constexpr std::string_view scheme_end = "://";

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

/// An account in front of the host of an address is left out.
std::string without_account(std::string_view address) {
  const auto begin = address.find(scheme_end);
  if (begin == std::string_view::npos) return std::string(address);
  const auto host = begin + scheme_end.size();
  const auto end = std::min(address.find_first_of("/?#", host), address.size());
  const auto at = address.substr(host, end - host).rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  return std::string(address.substr(0, host)) + std::string(address.substr(host + at + 1));
}

/// An address that is wrong may have its account elsewhere; then all is left out that could belong to it.
std::string shown_address(std::string_view address) {
  const auto at = address.rfind('@');
  const auto shown = without_account(address);
  if (at == std::string_view::npos || shown != address) return shown;
  return "…" + std::string(address.substr(at));
}

void hide_accounts(json::object& entry) {
  entry.erase("password");
  for (auto& [name, value] : entry) {
    const bool is_address = name == "address" || media::is_stream_name(name);
    if (value.is_string())
      value = is_address ? shown_address(value.get_string()) : without_account(value.get_string());
    if (auto* inside = value.if_object()) hide_accounts(*inside);
    auto* list = value.if_array();
    for (std::size_t i = 0; list && i < list->size(); ++i) {
      if (auto* one = (*list)[i].if_object()) hide_accounts(*one);
    }
  }
}

std::string text_of(const json::object& entry, std::string_view name) {
  const auto* value = entry.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

FieldResult<json::object> entry_of_found(ServerParts& parts, const json::object& row) {
  FieldReader fields(row, "rows.");
  const auto found = found_device(parts, fields.text("endpoint"));
  json::object entry{{"username", fields.text("username", std::string(central::Accounts::administrator))},
                     {"password", fields.text("password", "")}};
  if (auto name = fields.text("name", ""); !name.empty()) entry["name"] = std::move(name);
  if (auto area = fields.text("area", ""); !area.empty()) entry["area"] = std::move(area);
  fields.no_others();
  if (fields.error()) return *fields.error();
  if (!found) return FieldError{"rows.endpoint", found.error()};
  entry["driver"] = found->is_private ? "private" : "onvif";
  entry["manufacturer"] = found->manufacturer;
  const auto& where = found->service;
  if (where.path == devices::OnvifAddress{}.path) {
    entry["address"] = where.host;
    entry["port"] = std::int64_t{where.port};
    if (where.tls) entry["tls"] = true;
  } else {
    const auto service = devices::to_string(where);
    entry["streams"] = json::object{{"main", service}, {"sub", service}};
  }
  return entry;
}

json::object entry_of_line(const central::Device& device) {
  json::object entry{{"type", device.type},
                     {"manufacturer", device.manufacturer},
                     {"username", device.username},
                     {"password", device.password},
                     {"description", device.description},
                     {"channel_count", std::int64_t{device.channel_count}},
                     {"driver", device.driver}};
  if (!device.name.empty()) entry["name"] = device.name;
  json::object streams;
  for (const auto& [name, address] : device.streams) streams[name] = address;
  if (!streams.empty()) entry["streams"] = std::move(streams);
  return entry;
}

FieldResult<std::vector<json::object>> entries_of_table(const json::value& text) {
  if (!text.is_string()) return refuse("table", "must be the text of a table");
  const auto table = central::read_device_table(text.get_string());
  if (!table) return FieldError{"table", table.error()};
  std::vector<json::object> entries;
  for (const auto& line : *table) entries.push_back(entry_of_line(line.device));
  return entries;
}

}  // namespace

void change_entry(json::object& entry, const json::object& change) {
  const bool moves = change.contains("address") || change.contains("port");
  const bool whole = text_of(change, "address").find(scheme_end) != std::string::npos;
  if (moves && entry.contains("streams")) {
    // An address and the addresses of streams are two ways to say the same.
    central::Device before;
    before.driver = text_of(entry, "driver");
    if (const auto* streams = entry.at("streams").if_object())
      before.streams["main"] = text_of(*streams, "main");
    const auto address = central::address_of(before);
    entry.erase("streams");
    if (!address.host.empty()) {
      entry["address"] = address.host;
      entry["port"] = std::int64_t{address.port};
      if (address.tls.value_or(false)) entry["tls"] = true;
    }
  }
  if (whole && !change.contains("port")) entry.erase("port");
  for (const auto& [name, value] : change) entry[name] = value;
}

std::string_view to_string(AddingState state) {
  constexpr std::string_view names[] = {"ready", "waiting", "checking", "added", "failed", "stopped"};
  return names[static_cast<std::size_t>(state)];
}

std::size_t AddingJob::count(AddingState state) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(rows, [&](const auto& entry) { return entry.second.state == state; }));
}

json::object to_json(const AddingJob& job) {
  json::object object{{"id", job.id},
                      {"state", job.is_running() ? "running" : "done"},
                      {"began", base::format_utc(job.began)},
                      {"account", job.request.account},
                      {"total", job.rows.size()}};
  std::size_t open = 0;
  for (const auto state : {AddingState::ready, AddingState::waiting, AddingState::checking,
                           AddingState::added, AddingState::failed, AddingState::stopped}) {
    const auto count = job.count(state);
    object[to_string(state)] = count;
    open += state < AddingState::added ? count : 0;
  }
  const auto all = static_cast<double>(std::max<std::size_t>(job.rows.size(), 1));
  object["progress"] = 1 - static_cast<double>(open) / all;
  return object;
}

json::object to_json(const AddingRow& row) {
  auto entry = row.entry;
  hide_accounts(entry);
  json::object object{{"row", row.number}, {"state", to_string(row.state)}, {"device", std::move(entry)}};
  if (row.error) object["error"] = error_json(*row.error);
  if (!row.device.empty()) object["id"] = row.device;
  if (!row.name.empty()) object["name"] = row.name;
  if (row.channels != 0) object["channels"] = row.channels;
  return object;
}

FieldResult<central::Device> device_of_entry(json::object entry, bool by_port) {
  const auto address = text_of(entry, "address");
  const bool is_url = address.find(scheme_end) != std::string::npos;
  if (!entry.contains("type")) entry["type"] = "devices";
  if (!entry.contains("driver")) entry["driver"] = is_url ? "rtsp" : "private";
  const bool named = entry.contains("name");
  if (!named) entry["name"] = "device";
  const auto* user = entry.if_contains("username");
  const bool has_user = user && user->is_string() && !user->get_string().empty();
  if (has_user && text_of(entry, "password").empty()) return refuse("password", "is missing; a user has one");
  auto device = device_from(entry);
  if (!device || named) return device;
  const auto at = address_of(*device);
  device->name = (by_port ? fmt::format("{}:{}", at.host, at.port) : at.host).substr(0, 63);
  return device;
}

FieldResult<std::vector<json::object>> entries_of(ServerParts& parts, const json::object& body) {
  if (const auto* table = body.if_contains("table")) return entries_of_table(*table);
  const auto* rows = body.if_contains("rows");
  const auto* list = rows ? rows->if_array() : nullptr;
  if (!list) return refuse("rows", "must be a list of devices");
  std::vector<json::object> entries;
  for (const auto& row : *list) {
    if (!row.is_object()) return refuse("rows", "must be a list of objects");
    if (!row.get_object().contains("endpoint")) {
      entries.push_back(row.get_object());
      continue;
    }
    auto entry = entry_of_found(parts, row.get_object());
    if (!entry) return entry.error();
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace watchrig::api
