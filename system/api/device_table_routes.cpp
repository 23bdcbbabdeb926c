#include <map>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/device_audit.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/api/uploads.hpp"
#include "system/central/devices/device_backup.hpp"
#include "system/central/devices/device_table.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::Device;
using central::DevicePtr;
using central::FieldError;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

/// Of the caller's areas.
std::vector<DevicePtr> all_devices(ServerParts& parts, const Request& request) {
  central::DeviceQuery query;
  query.in_area = own_areas(parts, request);
  query.limit = central::DeviceRegistry::most_devices;
  return parts.central.registry().list(query).items;
}

Response export_table(ServerParts& parts, const Request& request) {
  return http::file_response("text/csv; charset=utf-8", "devices.csv",
                             central::write_device_table(all_devices(parts, request)));
}

Response export_backup(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_narrowed(parts, request)) return *std::move(refusal);
  central::DeviceBackup backup;
  for (const auto& of : parts.central.registry().areas()) {
    if (of.area.id != central::AreaTree::root) backup.areas.push_back(of.area);
  }
  for (const auto& device : all_devices(parts, request)) backup.devices.push_back(*device);
  auto text = central::write_backup(backup, parts.central.registry().vault());
  if (!text) return http::error_response(text.error());
  tell(parts, request, "device.exported",
       fmt::format("{} devices were exported, encrypted", backup.devices.size()));
  return http::file_response("application/octet-stream", "devices.backup", *std::move(text));
}

/// What the row lacks is left to whoever completes it; its password is not sent back.
json::object row_json(std::size_t number, std::string_view status, const Device& device) {
  json::object streams;
  for (const auto& [name, address] : device.streams) streams[name] = address;
  return {{"row", number},
          {"status", status},
          {"device", json::object{{"name", device.name},
                                  {"type", device.type},
                                  {"manufacturer", device.manufacturer},
                                  {"streams", std::move(streams)},
                                  {"username", device.username},
                                  {"description", device.description},
                                  {"channel_count", device.channel_count},
                                  {"area", device.area}}}};
}

json::object refused_json(std::size_t number, const Device& device, const FieldError& error) {
  json::object row = row_json(number, "refused", device);
  row["error"] = json::object{
      {"code", base::to_string(error.error.kind)}, {"field", error.field}, {"message", error.error.message}};
  return row;
}

/// Adds those that are good and starts them; `rows` gets a line for each, in their order.
std::size_t add_all(ServerParts& parts, const Request& request, const std::vector<std::size_t>& numbers,
                    const std::vector<Device>& devices, std::map<std::size_t, json::object>& rows) {
  std::size_t count = 0;
  const auto added = parts.central.registry().add(devices);
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (!added[i]) {
      rows[numbers[i]] = refused_json(numbers[i], devices[i], added[i].error());
      continue;
    }
    ++count;
    parts.activate(**added[i], false);
    tell_device(parts, "device.added", request, **added[i], "was added from a file");
    rows[numbers[i]] = json::object{
        {"row", numbers[i]}, {"status", "added"}, {"id", (*added[i])->id}, {"name", (*added[i])->name}};
  }
  return count;
}

/// What add_all() would say.
void check_all(ServerParts& parts, const std::vector<std::size_t>& numbers,
               const std::vector<Device>& devices, std::map<std::size_t, json::object>& rows) {
  const auto checked = parts.central.registry().check(devices);
  for (std::size_t i = 0; i < checked.size(); ++i) {
    rows[numbers[i]] = checked[i] ? row_json(numbers[i], "ready", devices[i])
                                  : refused_json(numbers[i], devices[i], checked[i].error());
  }
}

Response answer(std::size_t added, std::map<std::size_t, json::object> rows) {
  json::array list;
  for (auto& [number, row] : rows) list.push_back(std::move(row));
  return http::json_response(200, json::object{{"added", added}, {"rows", std::move(list)}});
}

Response import_table(ServerParts& parts, const Request& request, const std::string& text, bool check_only) {
  const auto area = request.query_value("area").value_or("a0");
  if (const auto own = check_area(parts, request, area); !own) return error_response(own.error());
  auto table = central::read_device_table(text);
  if (!table) return http::error_response(table.error());
  std::map<std::size_t, json::object> rows;
  std::vector<std::size_t> numbers;
  std::vector<Device> good;
  for (auto& row : *table) {
    row.device.area = area;
    if (row.error) {
      rows[row.row] = refused_json(row.row, row.device, *row.error);
    } else if (!row.missing.empty()) {
      rows[row.row] = row_json(row.row, "incomplete", row.device);
      rows[row.row]["missing"] = json::array(row.missing.begin(), row.missing.end());
    } else {
      numbers.push_back(row.row);
      good.push_back(std::move(row.device));
    }
  }
  if (check_only) {
    check_all(parts, numbers, good, rows);
    return answer(0, std::move(rows));
  }
  const auto added = add_all(parts, request, numbers, good, rows);
  return answer(added, std::move(rows));
}

/// Areas of the backup -> areas here, made where they are missing.
FieldResult<std::map<std::string, std::string>> restore_areas(ServerParts& parts, const Request& request,
                                                              const std::vector<central::Area>& areas) {
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> present;
  for (const auto& of : parts.central.registry().areas())
    present[{of.area.parent, of.area.name}] = of.area.id;
  std::map<std::int64_t, std::int64_t> ids{{0, 0}};
  std::map<std::string, std::string> texts{{"a0", "a0"}};
  for (const auto& area : areas) {
    const std::int64_t parent = ids[area.parent];
    auto [it, is_new] = present.try_emplace({parent, area.name}, 0);
    if (is_new) {
      const auto made = parts.central.registry().add_area({0, parent, area.name, 1});
      if (!made) return made.error();
      it->second = made->area.id;
      tell_area(parts, request, "added", made->area, {}, facts_of(made->area));
    }
    ids[area.id] = it->second;
    texts[fmt::format("a{}", area.id)] = fmt::format("a{}", it->second);
  }
  return texts;
}

Response import_backup(ServerParts& parts, const Request& request, const std::string& text) {
  if (auto refusal = refuse_narrowed(parts, request)) return *std::move(refusal);
  auto backup = central::read_backup(text, parts.central.registry().vault());
  if (!backup) return http::error_response(400, "invalid", {}, backup.error().message);
  const auto areas = restore_areas(parts, request, backup->areas);
  if (!areas) return error_response(areas.error());
  std::vector<std::size_t> numbers;
  for (auto& device : backup->devices) {
    const auto known = areas->find(device.area);
    device.area = known == areas->end() ? "a0" : known->second;
    numbers.push_back(numbers.size() + 1);
  }
  std::map<std::size_t, json::object> rows;
  const auto added = add_all(parts, request, numbers, backup->devices, rows);
  return answer(added, std::move(rows));
}

FieldResult<bool> flag_of(const Request& request, const std::string& name) {
  const auto text = request.query_value(name).value_or("false");
  if (text == "true" || text == "false") return text == "true";
  return FieldError{name, {base::ErrorKind::invalid, fmt::format("{} must be true or false", name)}};
}

Response import_devices(ServerParts& parts, const Request& request) {
  const auto check = flag_of(request, "check");
  if (!check) return error_response(check.error());
  const auto from_upload = flag_of(request, "uploaded");
  if (!from_upload) return error_response(from_upload.error());
  const auto text = *from_upload ? uploaded(parts, "devices") : base::Result<std::string>(request.body);
  if (!text) return http::error_response(text.error());
  if (*from_upload && !*check) forget_upload(parts, "devices");
  return central::is_backup(*text) ? import_backup(parts, request, *text)
                                   : import_table(parts, request, *text, *check);
}

}  // namespace

void add_device_table_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"};
  router.add_plain("GET", "/api/v1/devices/template.csv", guard,
                   "A table of devices to be filled and imported", [](const Request&) {
                     return http::file_response("text/csv; charset=utf-8", "devices-template.csv",
                                                central::device_table_template());
                   });
  router.add("GET", "/api/v1/devices/export.csv", guard, "The devices as a table without passwords",
             as_task(parts, "devices.export", export_table));
  router.add("GET", "/api/v1/devices/export.backup", guard,
             "Areas and devices with passwords, encrypted so that only this server reads them",
             as_task(parts, "devices.export", export_backup));
  router
      .add("POST", "/api/v1/devices/import", guard,
           "Adds the devices of a table (CSV) or a backup; each row has its own result, incomplete ones are "
           "listed",
           as_task(parts, "devices.import", import_devices))
      .query = {{"area", "where devices of a table come, a0 without it"},
                {"check", "true: adds nothing, and tells what would become of each row", "boolean"},
                {"uploaded", "true: the file is the upload \"devices\", for one over 1 MiB", "boolean"}};
}

}  // namespace watchrig::api
