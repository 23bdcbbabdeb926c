// The volumes that are recorded on, how they are, and the disk groups that they are of.
#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/batch_rows.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/question_share.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/central/recording/disk_groups.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using central::FieldError;
using http::Request;
using http::Response;

namespace {

using Shared = std::shared_ptr<QuestionShare>;

json::object to_json(const platform::NvrVolume& volume) {
  return {{"directory", volume.directory}, {"disk_group", volume.disk_group},
          {"state", volume.state},         {"capacity", volume.capacity},
          {"free", volume.free},           {"locked", volume.locked},
          {"recorders", volume.recorders}, {"queued", volume.queued}};
}

Response no_such_group(std::string field) {
  return error_response(
      {std::move(field),
       {base::ErrorKind::invalid, fmt::format("disk_group must be 1 to {}", central::most_disk_groups)}});
}

asio::awaitable<Response> list_volumes(ServerParts& parts, Shared share, Request request) {
  const auto wanted = request.query_value("disk_group");
  const auto disk_group = wanted ? base::parse_number<std::int64_t>(*wanted) : std::nullopt;
  if (wanted && (!disk_group || !central::check_disk_group(*disk_group)))
    co_return no_such_group("disk_group");
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  const auto found = co_await parts.storage_queries.volumes(trace_name(request));
  if (!found) co_return http::error_response(found.error());
  json::array volumes;
  for (const auto& volume : found->volumes) {
    if (!disk_group || volume.disk_group == *disk_group) volumes.push_back(to_json(volume));
  }
  co_return http::json_response(200, {{"volumes", std::move(volumes)}});
}

struct DiskGroup {
  std::int64_t channels = 0;  ///< that are to be recorded on it
  std::int64_t volumes = 0;
  std::int64_t working = 0;  ///< of them
  std::int64_t capacity = 0;
  std::int64_t free = 0;
};
using DiskGroups = std::array<DiskGroup, central::most_disk_groups>;

/// The badge of the server manual: how many there are, or that what is recorded has no place.
json::object to_json(std::int64_t number, const DiskGroup& group) {
  json::object shown{{"disk_group", number},           {"channels", group.channels},
                     {"volumes", group.volumes},       {"working", group.working},
                     {"capacity", group.capacity},     {"free", group.free},
                     {"selectable", group.working > 0}};
  if (group.channels > 0 && group.working == 0)
    shown["warning"] = "no volume of this group works: its channels are recorded on those of other groups";
  return shown;
}

void count_channels(ServerParts& parts, DiskGroups& groups) {
  central::ChannelQuery all;
  all.limit = central::DeviceRegistry::most_devices;
  for (const auto& of : parts.central.registry().list(all).items)
    ++groups.at(static_cast<std::size_t>(of.channel->disk_group - 1)).channels;
}

asio::awaitable<Response> list_groups(ServerParts& parts, Shared share, Request request) {
  const auto taken = share->take(request.account);
  if (!taken) co_return QuestionShare::busy();
  const auto found = co_await parts.storage_queries.volumes(trace_name(request));
  if (!found) co_return http::error_response(found.error());
  DiskGroups groups;
  count_channels(parts, groups);
  for (const auto& volume : found->volumes) {
    auto& group = groups.at(static_cast<std::size_t>(volume.disk_group - 1));
    ++group.volumes;
    group.working += volume.state == "working";
    group.capacity += volume.capacity;
    group.free += volume.free;
  }
  json::array shown;
  for (const auto& group : groups) shown.push_back(to_json(std::ssize(shown) + 1, group));
  co_return http::json_response(200, {{"disk_groups", std::move(shown)}});
}

void tell_moved(ServerParts& parts, const Request& request, const std::string& directory,
                std::int64_t before) {
  const auto after = parts.central.disk_groups().of(directory);
  central::Event event;
  event.type = "storage.volume-changed";
  event.message = fmt::format("volume \"{}\" was moved from disk group {} to {} by \"{}\"", directory, before,
                              after, request.account);
  event.data["directory"] = directory;
  add_difference(event.data, {{"disk_group", before}}, {{"disk_group", after}});
  tell(parts, request, std::move(event));
}

/// Server manual 8.5.3.1: of selected volumes, each with its own result.
Response change_volumes(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const json::object wanted = fields.object("change");
  const auto ids = ids_of(fields, "volumes");
  if (!ids) return error_response(ids.error());
  FieldReader change(wanted, "change.");
  change.require("disk_group");
  const auto disk_group = change.number("disk_group", 1);
  change.no_others();
  if (change.error()) return error_response(*change.error());
  if (!central::check_disk_group(disk_group)) return no_such_group("change.disk_group");
  const auto volumes = parts.storage_orders.volumes();
  if (!volumes) return http::error_response(volumes.error());
  auto& groups = parts.central.disk_groups();
  auto answer = for_each_id(*ids, "changed", [&](const std::string& id) -> central::FieldResult<void> {
    if (std::ranges::find(volumes->volumes, id, &platform::NvrVolume::directory) == volumes->volumes.end()) {
      return FieldError{
          "ids",
          {base::ErrorKind::not_found,
           fmt::format("there is no volume \"{}\": GET /api/v1/recording-volumes lists their directories",
                       id)}};
    }
    const auto before = groups.of(id);
    if (auto moved = groups.move(id, disk_group); !moved) return moved;
    tell_moved(parts, request, id, before);
    return {};
  });
  // They are kept, and told again until storage has them.
  if (const auto told = parts.storage_orders.group(groups.volumes()); !told)
    base::log_warning("the disk groups: {}", told.error().message);
  return answer;
}

}  // namespace

void add_recording_volume_routes(http::Router& router, ServerParts& parts) {
  const auto share = std::make_shared<QuestionShare>();
  router
      .add("GET", "/api/v1/recording-volumes", {"system"},
           "The volumes that are recorded on: how they are, and how much is on them",
           [&parts, share](Request request) { return list_volumes(parts, share, std::move(request)); })
      .query = {{"disk_group", "only those of this group", "integer"}};
  router.add(
      "PATCH", "/api/v1/recording-volumes", {"system"},
      "Moves volumes, by their directories, to a disk group: from then on its channels are recorded on "
      "them",
      on_workers(parts, change_volumes));
  router.add("GET", "/api/v1/disk-groups", {"system"},
             "The disk groups: their volumes, their channels, and whether a volume of them works",
             [&parts, share](Request request) { return list_groups(parts, share, std::move(request)); });
}

}  // namespace watchrig::api
