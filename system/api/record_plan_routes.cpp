// What is recorded of channels, and when: by plans and by hand.
#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/batch_rows.hpp"
#include "system/api/paging.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/record_plan_json.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/log.hpp"
#include "system/central/recording/disk_groups.hpp"
#include "system/central/recording/record_desk.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

json::object facts(const central::Channel& channel) {
  json::object facts{{"plan", to_string(channel.plan)},   {"enabled", channel.plan_enabled},
                     {"stream", channel.recorded_stream}, {"keep_days", channel.keep_days},
                     {"keep_bytes", channel.keep_bytes},  {"disk_group", channel.disk_group}};
  if (!channel.schedule.empty()) facts["schedule"] = channel.schedule;
  return facts;
}

void tell_plan(ServerParts& parts, const Request& request, const central::Channel* before,
               const central::Channel& after) {
  central::Event event;
  event.type = "recording.plan-changed";
  event.channel = after.id;
  event.channel_name = after.name;
  event.message =
      fmt::format("what is recorded of channel \"{}\" was set by \"{}\"", after.name, request.account);
  add_difference(event.data, before ? facts(*before) : json::object(), facts(after));
  tell(parts, request, std::move(event));
}

json::object until(const central::Channel* channel) {
  if (!channel || channel->by_hand_until == base::UtcTime{}) return {};
  return {{"until", base::format_utc(channel->by_hand_until)}};
}

void tell_by_hand(ServerParts& parts, const Request& request, const central::Channel* before,
                  const central::Channel& channel, std::string_view what) {
  central::Event event;
  event.type = fmt::format("recording.by-hand-{}", what);
  event.channel = channel.id;
  event.channel_name = channel.name;
  event.message = fmt::format("recording of channel \"{}\" by hand was {} by \"{}\"", channel.name, what,
                              request.account);
  add_difference(event.data, until(before), until(&channel));
  tell(parts, request, std::move(event));
}

/// Has storage do what was decided. What was decided is kept and acts when the storage is there again; nobody
/// shall think that it acts already.
Response answer(ServerParts& parts, const central::Channel& channel, json::object body) {
  const auto told = parts.storage_orders.record(channel.id);
  if (told) return http::json_response(200, body);
  base::log_error("channel \"{}\": {}", channel.name, told.error().message);
  body["pending"] = told.error().message;
  return http::json_response(202, body);
}

central::FieldResult<central::Channel> change_plan(ServerParts& parts, const Request& request,
                                                   const std::string& channel,
                                                   const central::PlanChange& change) {
  const auto before = parts.central.registry().find_channel(channel);
  auto changed = parts.central.record_desk().change_plan(channel, change);
  if (changed) tell_plan(parts, request, before ? before->channel : nullptr, *changed);
  return changed;
}

/// Only a disk group with a volume that works can be chosen: else what is recorded would go to others from
/// the begin. Storage is asked when a channel gets another group.
class ChosenGroup {
 public:
  ChosenGroup(ServerParts& parts, std::optional<std::int64_t> wanted) : parts_(parts), wanted_(wanted) {}

  central::FieldResult<void> check(const std::string& channel) {
    if (!wanted_) return {};
    const auto found = parts_.central.registry().find_channel(channel);
    if (!found || found->channel->disk_group == *wanted_) return {};
    if (auto checked = central::check_disk_group(*wanted_); !checked) return checked;
    if (!volumes_) volumes_ = parts_.storage_orders.volumes();
    if (!*volumes_) return central::FieldError{"disk_group", volumes_->error()};
    const auto works = [this](const platform::NvrVolume& volume) {
      return volume.disk_group == *wanted_ && volume.state == "working";
    };
    if (std::ranges::any_of((*volumes_)->volumes, works)) return {};
    return central::FieldError{"disk_group",
                               {base::ErrorKind::conflict,
                                fmt::format("disk group {} has no volume that works: move one there by PATCH "
                                            "/api/v1/recording-volumes, or choose another group",
                                            *wanted_)}};
  }

 private:
  ServerParts& parts_;
  const std::optional<std::int64_t> wanted_;
  std::optional<base::Result<platform::NvrVolumes>> volumes_;
};

/// What is missing stays.
central::PlanChange plan_change_from(FieldReader& fields) {
  central::PlanChange change;
  const auto text = [&fields](const char* name) -> std::optional<std::string> {
    if (!fields.member(name)) return std::nullopt;
    return fields.text(name);
  };
  if (const auto plan = text("plan")) {
    change.plan = central::record_plan_from(*plan);
    if (!change.plan && !fields.error())
      fields.refuse("plan", "must be none, continuous, scheduled, event or inherited");
  }
  change.stream = text("stream");
  change.schedule = text("schedule");
  if (fields.member("keep_days")) change.keep_days = fields.number("keep_days", 0);
  if (fields.member("keep_bytes")) change.keep_bytes = fields.number("keep_bytes", 0);
  if (fields.member("disk_group")) change.disk_group = fields.number("disk_group", 1);
  if (fields.member("enabled")) change.enabled = fields.flag("enabled", true);
  return change;
}

Response set_plan(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  auto change = plan_change_from(fields);
  if (!change.plan) fields.require("plan");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  // Unlike a change of several, this is the whole plan; limits stay, since clients may not know of them.
  change.stream = change.stream.value_or(std::string(media::main_stream));
  change.schedule = change.schedule.value_or("");
  change.enabled = change.enabled.value_or(true);
  if (auto checked = ChosenGroup(parts, change.disk_group).check(request.param("channel")); !checked)
    return error_response(checked.error());
  const auto changed = change_plan(parts, request, request.param("channel"), change);
  if (!changed) return error_response(changed.error());
  return answer(parts, *changed, facts(*changed));
}

/// Platform manual 1.7.7.4: of selected channels, each with its own result.
Response change_several(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const json::object wanted = fields.object("change");
  const auto ids = ids_of(fields, "channels");
  if (!ids) return error_response(ids.error());
  if (wanted.empty())
    return error_response(
        {"change",
         {base::ErrorKind::invalid,
          "change must be an object with plan, stream, schedule, enabled, keep_days, keep_bytes or "
          "disk_group"}});
  FieldReader reader(wanted, "change.");
  const auto change = plan_change_from(reader);
  reader.no_others();
  if (reader.error()) return error_response(*reader.error());
  const auto rights = parts.central.accounts().rights(request.account);
  ChosenGroup group(parts, change.disk_group);
  return for_each_id(*ids, "changed", [&](const std::string& id) -> central::FieldResult<void> {
    if (!rights->may(central::Authority::record, id))
      return central::FieldError{"ids",
                                 {base::ErrorKind::denied, fmt::format("no right to record channel {}", id)}};
    if (auto checked = group.check(id); !checked) return checked;
    const auto changed = change_plan(parts, request, id, change);
    if (!changed) return changed.error();
    // It is kept, and given again until storage has it.
    if (!parts.storage_orders.record_soon(id)) parts.central.record_desk().forget(id);
    return {};
  });
}

Response list_plans(ServerParts& parts, const Request& request) {
  const auto page = page_of(request);
  if (!page) return error_response(page.error());
  const auto rights = parts.central.accounts().rights(request.account);
  central::ChannelQuery query;
  query.accept = [&](const central::Device&, const central::Channel& channel) {
    const bool has_one = channel.plan != central::RecordPlan::none || channel.keep_days > 0 ||
                         channel.keep_bytes > 0 || channel.disk_group > 1;
    return has_one && rights->may(central::Authority::record, channel.id);
  };
  query.offset = page->offset;
  query.limit = page->limit;
  const auto found = parts.central.registry().list(query);
  const auto moment = parts.central.record_desk().now();
  json::array plans;
  for (const auto& of : found.items) {
    auto shown = plan_json(parts.central.record_desk(), moment, *of.channel);
    shown["channel"] = of.channel->id;
    shown["name"] = of.channel->name;
    shown["device"] = of.device->id;
    shown["number"] = of.channel->number;
    plans.push_back(std::move(shown));
  }
  return http::json_response(200, page_json("plans", std::move(plans), found.total, *page));
}

Response record_by_hand(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  fields.require("running");
  const bool running = fields.flag("running", true);
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  auto& desk = parts.central.record_desk();
  const auto channel = request.param("channel");
  const auto before = parts.central.registry().find_channel(channel);
  const auto changed = running ? desk.start_by_hand(channel) : desk.stop_by_hand(channel);
  if (!changed) return error_response(changed.error());
  tell_by_hand(parts, request, before ? before->channel : nullptr, *changed, running ? "started" : "stopped");
  json::object body = until(&*changed);
  body.insert_or_assign("running", running);
  return answer(parts, *changed, std::move(body));
}

}  // namespace

json::object plan_json(const central::RecordDesk& desk, const central::RecordDesk::Moment& moment,
                       const central::Channel& channel) {
  auto shown = facts(channel);
  json::array because;
  for (const auto reason : desk.recorded(channel, moment).because) because.emplace_back(reason);
  shown["because"] = std::move(because);
  if (channel.by_hand_until > moment.time) shown["by_hand_until"] = base::format_utc(channel.by_hand_until);
  return shown;
}

void add_record_plan_routes(http::Router& router, ServerParts& parts) {
  // On workers, since they wait for the answer of storage.
  router.add("PUT", "/api/v1/channels/{channel}/recording", {"record"}, "Sets the record plan of a channel",
             on_workers(parts, set_plan));
  router
      .add("GET", "/api/v1/record-plans", {"record"},
           "The record plans of channels that have one, or limits of what is kept, or another disk group",
           on_workers(parts, list_plans))
      .query = paged({});
  router.add("PATCH", "/api/v1/record-plans", {"record"},
             "Changes, starts, stops or removes the record plans of several channels by their ids",
             on_workers(parts, change_several));
  router.add(
      "PUT", "/api/v1/channels/{channel}/recording-by-hand", {"record"},
      "Records a channel from now on, whatever its plan, for as long as the settings say; or ends that",
      on_workers(parts, record_by_hand));
}

}  // namespace watchrig::api
