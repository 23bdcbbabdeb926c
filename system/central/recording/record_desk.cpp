#include "system/central/recording/record_desk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/recording/disk_groups.hpp"
#include "system/central/time/local_time.hpp"

namespace watchrig::central {

using base::ErrorKind;

namespace {

/// What may be told of a channel that begins and ends, and is recorded by the plan `event`.
struct RecordedEvent {
  std::string_view name;
  platform::RecordingTypes type;
};
constexpr RecordedEvent recorded_events[] = {{"motion", platform::motion_recording},
                                             {"tampering", platform::tampering_recording},
                                             {"input", platform::input_recording}};
constexpr std::string_view began = "started", has_ended = "ended";
constexpr std::size_t most_sources = 64;  ///< of a channel and type at once; one is enough
constexpr const char* unknown_stream = "?";

FieldError no_schedule(const std::string& schedule) {
  return {"schedule",
          {ErrorKind::invalid,
           fmt::format("there is no schedule \"{}\": GET /api/v1/schedules lists them", schedule)}};
}

FieldError out_of_range(const char* field, std::string_view unit, std::int64_t most) {
  return {field, {ErrorKind::invalid, fmt::format("{} must be 0 (no limit) to {} {}", field, most, unit)}};
}

}  // namespace

SettingSection recording_section() {
  return {
      "recording",
      "what is recorded of channels that inherit it, and of all of them by hand and by events",
      {choice_setting("plan", {"none", "continuous", "scheduled", "event"},
                      "when channels are recorded whose plan is inherited"),
       text_setting("schedule", std::string(Schedules::default_id), 63, "id, of the plan scheduled"),
       number_setting("by_hand_minutes", 10, 1, 1440, "how long a recording by hand lasts that nobody ends"),
       number_setting("before_event_seconds", 5, 0, 30,
                      "how much of what was before an event is recorded with it, by the plan event"),
       number_setting("after_event_seconds", 10, 0, 600,
                      "how long a recording by an event goes on after the event has ended")},
      {}};
}

RecordDesk::RecordDesk(const Parts& parts) : parts_(parts) {
  parts_.settings.add_rule("recording", [this](const boost::json::object& values) -> FieldResult<void> {
    const std::string schedule(values.at("schedule").as_string());
    if (parts_.schedules.find(schedule)) return {};
    return no_schedule(schedule);
  });
  parts_.schedules.add_users([this](const std::string& schedule) { return users_of(schedule); });
  listening_ = parts_.events.listen([this](const Event& event) { take(event); });
}

RecordDesk::Moment RecordDesk::now() const {
  Moment now;
  now.time = parts_.clock.now();
  const auto settings = parts_.settings.values("recording");
  now.plan = record_plan_from(settings.values.at("plan").as_string()).value_or(RecordPlan::continuous);
  now.schedule = settings.values.at("schedule").as_string();
  now.before_event = std::chrono::seconds(settings.values.at("before_event_seconds").as_int64());
  now.after_event = std::chrono::seconds(settings.values.at("after_event_seconds").as_int64());
  const auto local = LocalTime::from(parts_.settings.values("time").values);
  if (!local) return now;
  now.idle = parts_.schedules.idle(*local, now.time);
  return now;
}

Recorded RecordDesk::recorded(const Channel& channel, const Moment& now) const {
  const bool inherits = channel.plan == RecordPlan::inherited;
  const auto events = told_of(channel.id, now);
  Recorded recorded;
  platform::RecordingTypes types = 0;
  base::Duration ahead{};
  switch (!channel.plan_enabled ? RecordPlan::none : inherits ? now.plan : channel.plan) {
    case RecordPlan::continuous:
      recorded.because.emplace_back("continuous");
      types |= platform::regular_recording;
      break;
    case RecordPlan::scheduled:
      if (!now.idle.contains(inherits ? now.schedule : channel.schedule)) {
        recorded.because.emplace_back("schedule");
        types |= platform::regular_recording;
      }
      break;
    case RecordPlan::event:
      if (events)
        recorded.because.emplace_back("event");
      else
        ahead = now.before_event;
      break;
    default:
      break;
  }
  if (channel.by_hand_until > now.time) {
    recorded.because.emplace_back("by-hand");
    types |= platform::manual_recording;
  }
  if (!recorded.because.empty()) {
    recorded.order = {channel.recorded_stream, types | events, {}, channel.disk_group};
  } else if (ahead > base::Duration::zero()) {
    recorded.order = {channel.recorded_stream, 0, ahead, channel.disk_group};
  }
  return recorded;
}

platform::RecordingTypes RecordDesk::told_of(const std::string& channel, const Moment& now) const {
  const std::lock_guard lock(mutex_);
  const auto of_channel = told_.find(channel);
  if (of_channel == told_.end()) return 0;
  platform::RecordingTypes types = 0;
  for (const auto& [type, told] : of_channel->second) {
    if (!told.active.empty() || now.time < told.last + now.after_event) types |= type;
  }
  return types;
}

RecordOrder RecordDesk::order(const Channel& channel) {
  auto order = recorded(channel, now()).order;
  const std::lock_guard lock(mutex_);
  if (order.stream.empty()) {
    ordered_.erase(channel.id);
  } else {
    ordered_[channel.id] = order;
  }
  return order;
}

void RecordDesk::forget(const std::string& channel) {
  const std::lock_guard lock(mutex_);
  ordered_[channel] = {unknown_stream, 0};
}

std::vector<std::string> RecordDesk::changed() {
  const auto moment = now();
  DeviceQuery all;
  all.limit = DeviceRegistry::most_devices;
  all.accept = [](const Device& device) { return device.connected; };
  std::unordered_map<std::string, RecordOrder> wanted;
  for (const auto& device : parts_.registry.list(all).items) {
    for (const auto& channel : device->channels) {
      auto order = recorded(channel, moment).order;
      if (!order.stream.empty()) wanted.emplace(channel.id, std::move(order));
    }
  }
  std::vector<std::string> others, ended;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [channel, order] : wanted) {
      const auto last = ordered_.find(channel);
      if (last == ordered_.end() || last->second != order) others.push_back(channel);
    }
    for (const auto& [channel, order] : ordered_) {
      if (!wanted.contains(channel)) ended.push_back(channel);
    }
  }
  for (const auto& channel : ended) {
    const auto found = parts_.registry.find_channel(channel);
    if (found && found->device->connected) {
      others.push_back(channel);
    } else {
      const std::lock_guard lock(mutex_);
      ordered_.erase(channel);  // it went with its link
    }
  }
  return others;
}

bool RecordDesk::has_changed(const std::string& channel) const {
  const auto found = parts_.registry.find_channel(channel);
  if (!found || !found->device->connected) return false;
  const auto wanted = recorded(*found->channel, now()).order;
  const std::lock_guard lock(mutex_);
  const auto last = ordered_.find(channel);
  return wanted != (last == ordered_.end() ? RecordOrder() : last->second);
}

std::vector<platform::KeptChannel> RecordDesk::kept() const {
  ChannelQuery query;
  query.limit = DeviceRegistry::most_devices;
  query.accept = [](const Device&, const Channel& channel) {
    return channel.keep_days > 0 || channel.keep_bytes > 0;
  };
  std::vector<platform::KeptChannel> kept;
  for (const auto& of : parts_.registry.list(query).items)
    kept.push_back({of.channel->id, of.channel->keep_days, of.channel->keep_bytes});
  return kept;
}

FieldResult<Channel> RecordDesk::change_plan(const std::string& channel, const PlanChange& change) {
  return parts_.registry.set_recording(channel, [&](Channel& changed) -> FieldResult<void> {
    if (changed.by_hand_until <= parts_.clock.now()) changed.by_hand_until = {};
    changed.plan = change.plan.value_or(changed.plan);
    changed.recorded_stream = change.stream.value_or(changed.recorded_stream);
    changed.plan_enabled = change.enabled.value_or(changed.plan_enabled);
    changed.keep_days = change.keep_days.value_or(changed.keep_days);
    changed.keep_bytes = change.keep_bytes.value_or(changed.keep_bytes);
    changed.disk_group = change.disk_group.value_or(changed.disk_group);
    if (auto checked = check_disk_group(changed.disk_group); !checked) return checked.error();
    if (changed.keep_days < 0 || changed.keep_days > most_kept_days)
      return out_of_range("keep_days", "days", most_kept_days);
    if (changed.keep_bytes < 0 || changed.keep_bytes > most_kept_bytes)
      return out_of_range("keep_bytes", "bytes", most_kept_bytes);
    const bool scheduled = changed.plan == RecordPlan::scheduled;
    if (!scheduled && change.schedule && !change.schedule->empty()) {
      return FieldError{"schedule",
                        {ErrorKind::invalid,
                         fmt::format("the plan {} has no schedule of its own: leave it out, or set the plan "
                                     "scheduled",
                                     to_string(changed.plan))}};
    }
    changed.schedule = scheduled ? change.schedule.value_or(changed.schedule) : std::string();
    if (scheduled && !parts_.schedules.find(changed.schedule)) return no_schedule(changed.schedule);
    return {};
  });
}

FieldResult<Channel> RecordDesk::start_by_hand(const std::string& channel) {
  const auto length = std::chrono::minutes(parts_.settings.number("recording", "by_hand_minutes"));
  return parts_.registry.set_recording(channel, [&](Channel& changed) -> FieldResult<void> {
    changed.by_hand_until = parts_.clock.now() + length;
    return {};
  });
}

FieldResult<Channel> RecordDesk::stop_by_hand(const std::string& channel) {
  return parts_.registry.set_recording(channel, [](Channel& changed) -> FieldResult<void> {
    changed.by_hand_until = {};
    return {};
  });
}

/// One source of a device may tell of several things at once.
void RecordDesk::take(const Event& event) {
  const auto dot = event.type.find('.');
  if (event.channel.empty() || dot == std::string::npos) return;
  const auto what = std::string_view(event.type).substr(0, dot);
  const auto happened = std::string_view(event.type).substr(dot + 1);
  const auto known = std::ranges::find(recorded_events, what, &RecordedEvent::name);
  if (known == std::end(recorded_events)) return;
  const auto* source = event.data.if_contains("source");
  const auto* input = event.data.if_contains("input");
  const auto name = fmt::format("{} {}", source && source->is_string() ? source->get_string().c_str() : "",
                                input && input->is_number() ? input->to_number<std::int64_t>() : 0);
  {
    const std::lock_guard lock(mutex_);
    auto& told = told_[event.channel][known->type];
    if (happened == began) {
      if (told.active.size() < most_sources) told.active.insert(name);
    } else if (happened == has_ended) {
      told.active.erase(name);
      told.last = event.time;
    }
  }
  wake_(event.channel);
}

std::vector<std::string> RecordDesk::users_of(const std::string& schedule) const {
  std::vector<std::string> users;
  if (parts_.settings.text("recording", "schedule") == schedule)
    users.emplace_back("the settings \"recording\"");
  ChannelQuery query;
  query.limit = DeviceRegistry::most_devices;
  query.accept = [&](const Device&, const Channel& channel) {
    return channel.plan == RecordPlan::scheduled && channel.schedule == schedule;
  };
  for (const auto& of : parts_.registry.list(query).items)
    users.push_back(fmt::format("the record plan of channel \"{}\"", of.channel->name));
  return users;
}

}  // namespace watchrig::central
