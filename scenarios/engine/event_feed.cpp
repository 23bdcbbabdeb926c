#include "scenarios/engine/event_feed.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr auto interval = std::chrono::milliseconds(50);
constexpr std::size_t max_events = 100'000;

reports::Tone tone_of(std::string_view type) {
  using reports::Tone;
  for (const auto* bad : {".failed", ".offline", ".full", ".crashed"}) {
    if (type.ends_with(bad)) return Tone::bad;
  }
  for (const auto* warning : {".damaged", ".overflow", ".stopped", ".index-rebuilt", ".recovered"}) {
    if (type.ends_with(warning)) return Tone::warning;
  }
  for (const auto* good : {".online", ".resumed", ".started"}) {
    if (type.ends_with(good)) return Tone::good;
  }
  return Tone::plain;
}

}  // namespace

base::Result<VmsEvent> parse_event(const json::value& entry) {
  const auto* object = entry.if_object();
  if (!object) return base::Error{base::ErrorKind::invalid, "an event is no JSON object"};
  const auto text = [&](std::string_view name) {
    const auto* value = object->if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  VmsEvent event;
  event.type = text("type");
  event.channel = text("channel_name");
  event.cause = text("cause");
  event.message = text("message");
  if (const auto* data = object->if_contains("data")) event.data = json::serialize(*data);
  json::error_code error;
  if (const auto* sequence = object->if_contains("seq"))
    event.sequence = sequence->to_number<std::int64_t>(error);
  const auto time = base::parse_utc(text("time"));
  if (!time) return base::Error{base::ErrorKind::invalid, "event: " + time.error().message};
  if (event.type.empty() || event.sequence <= 0 || error) {
    return base::Error{base::ErrorKind::invalid, "an event lacks type or seq: " + json::serialize(entry)};
  }
  event.time = *time;
  return event;
}

EventFeed::EventFeed(const VmsProcess& vms, const base::Clock& clock, Chronicle& chronicle, Halt& halt)
    : vms_(vms),
      clock_(clock),
      chronicle_(chronicle),
      halt_(halt),
      thread_([this](const std::stop_token& token) { run(token); }) {}

EventFeed::~EventFeed() { stop(); }

void EventFeed::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void EventFeed::run(const std::stop_token& token) {
  std::mutex mutex;
  while (!token.stop_requested()) {
    fetch();
    std::unique_lock lock(mutex);
    wake_.wait_for(lock, token, interval, [] { return false; });
  }
}

void EventFeed::fetch() {
  const std::lock_guard one_at_a_time(fetching_);
  if (!vms_.running()) return;
  // A new life may have lost what the last one had said, and then counts from the beginning.
  if (life_ != vms_.runs()) {
    life_ = vms_.runs();
    last_ = 0;
  }
  const auto api = vms_.api();
  if (api.base_url().empty()) return;
  const auto answer = api.json("GET", fmt::format("/api/v1/events?since={}", last_));
  if (!answer || !answer->is_object()) return;
  const auto* list = answer->get_object().if_contains("events");
  if (!list || !list->is_array()) return;
  for (const auto& entry : list->get_array()) {
    auto event = parse_event(entry);
    if (!event) {
      base::log_warning("vmsd: {}", event.error().message);
      continue;
    }
    last_ = std::max(last_, event->sequence);
    take(*std::move(event));
  }
  if (!list->get_array().empty()) halt_.notify();
}

void EventFeed::take(VmsEvent event) {
  event.arrived = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    if (events_.size() >= max_events) return;
    if (!known_.emplace(event.sequence, event.time, event.type).second) return;
    events_.push_back(event);
  }
  chronicle_.mark(event.type, event.time);
  chronicle_.add(
      {.lane = "events",
       .text = event.channel.empty() ? event.type : fmt::format("{} {}", event.channel, event.type),
       .begin = event.time,
       .end = {},
       .tone = tone_of(event.type),
       .detail = event.cause.empty() ? event.message : fmt::format("{} ({})", event.message, event.cause)});
}

std::vector<VmsEvent> EventFeed::select(const std::function<bool(const VmsEvent&)>& condition) const {
  const std::lock_guard lock(mutex_);
  std::vector<VmsEvent> result;
  for (const auto& event : events_) {
    if (condition(event)) result.push_back(event);
  }
  return result;
}

}  // namespace watchrig::scenarios
