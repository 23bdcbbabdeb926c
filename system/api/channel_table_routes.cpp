#include <algorithm>

#include <fmt/format.h>

#include "system/api/device_requests.hpp"
#include "system/api/gate.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"
#include "system/central/devices/csv.hpp"

namespace watchrig::api {

using central::Channel;
using central::ChannelOfDevice;
using central::Device;
using central::FieldError;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t most_channels = 1000;

struct Column {
  std::string_view name;
  std::string_view title;
  std::string (*text)(const ServerParts& parts, const Device& device, const Channel& channel);
};

std::string main_address(const Device& device, const Channel& channel) {
  const auto streams = central::streams_of(device, channel);
  const auto main = streams.find("main");
  return main == streams.end() ? std::string() : main->second;
}

std::string state_text(const ServerParts& parts, const Device& device, const Channel& channel) {
  return device.connected ? parts.central.channel_states().of(channel.id).state : "disconnected";
}

using Parts = ServerParts;
constexpr Column columns[] = {
    {"id", "Channel", [](const Parts&, const Device&, const Channel& channel) { return channel.id; }},
    {"name", "Name", [](const Parts&, const Device&, const Channel& channel) { return channel.name; }},
    {"device", "Device", [](const Parts&, const Device& device, const Channel&) { return device.name; }},
    {"number", "Number",
     [](const Parts&, const Device&, const Channel& channel) { return std::to_string(channel.number); }},
    {"address", "IP",
     [](const Parts&, const Device& device, const Channel&) { return central::address_of(device).host; }},
    {"stream", "Main address",
     [](const Parts&, const Device& device, const Channel& channel) {
       return main_address(device, channel);
     }},
    {"state", "State", [](const Parts& parts, const Device& device, const Channel& channel) {
       return state_text(parts, device, channel);
     }}};

FieldError refuse(std::string field, base::ErrorKind kind, std::string message) {
  return {std::move(field), {kind, std::move(message)}};
}

/// Those of ?columns in the order of the query, or all.
FieldResult<std::vector<const Column*>> wanted_columns(const Request& request) {
  std::vector<const Column*> wanted;
  const auto given = request.query_value("columns");
  if (!given) {
    for (const Column& column : columns) wanted.push_back(&column);
    return wanted;
  }
  for (const auto name : base::split(*given, ',')) {
    const auto* known = std::ranges::find(columns, name, &Column::name);
    if (known == std::end(columns))
      return refuse("columns", base::ErrorKind::invalid,
                    fmt::format("there is no column \"{}\"; there are {}", name.substr(0, 64),
                                base::joined(columns, ", ", [](const Column& one) { return one.name; })));
    wanted.push_back(known);
  }
  return wanted;
}

/// Those of ?ids in the order of the query, or all that one may see.
FieldResult<std::vector<ChannelOfDevice>> wanted_channels(const ServerParts& parts, const Request& request) {
  const auto rights = parts.central.accounts().rights(request.account);
  const auto ids = request.query_value("ids");
  if (!ids) {
    central::ChannelQuery query;
    query.text = request.query_value("q").value_or("");
    query.address = request.query_value("address").value_or("");
    query.accept = [&](const Device&, const Channel& channel) { return rights->sees(channel.id); };
    query.limit = central::DeviceRegistry::most_devices;
    return parts.central.registry().list(query).items;
  }
  std::vector<ChannelOfDevice> wanted;
  for (const auto id : base::split(*ids, ',')) {
    const auto found = parts.central.registry().find_channel(id);
    if (!found || !rights->sees(found->channel->id))
      return refuse("ids", base::ErrorKind::not_found,
                    fmt::format("there is no channel \"{}\"", id.substr(0, 64)));
    wanted.push_back(*found);
    if (wanted.size() > most_channels)
      return refuse("ids", base::ErrorKind::invalid, "ids must name at most 1000 channels");
  }
  return wanted;
}

Response export_channels(ServerParts& parts, const Request& request) {
  const auto wanted = wanted_columns(request);
  if (!wanted) return error_response(wanted.error());
  const auto channels = wanted_channels(parts, request);
  if (!channels) return error_response(channels.error());
  central::CsvRow titles;
  for (const Column* column : *wanted) titles.emplace_back(column->title);
  central::CsvTable table(titles);
  for (const auto& of : *channels) {
    central::CsvRow row;
    for (const Column* column : *wanted) row.push_back(column->text(parts, *of.device, *of.channel));
    table.add(std::move(row));
  }
  return http::file_response("text/csv; charset=utf-8", "channels.csv", std::move(table).text());
}

}  // namespace

void add_channel_table_routes(http::Router& router, ServerParts& parts) {
  router
      .add("GET", "/api/v1/channels/export.csv", {signed_in},
           "Channels that one may see as a table: those of ?ids, or all that ?q and ?address find",
           as_task(parts, "channels.export", export_channels))
      .query = {{"ids", "channels with commas between them"},
                {"q", "part of the name"},
                {"address", "part of the IP address, or of the RTSP address"},
                {"columns", "id, name, device, number, address, stream, state: those that are shown"}};
}

}  // namespace watchrig::api
