#include <boost/json.hpp>
#include <fmt/format.h>

#include "scenarios/engine/bench.hpp"
#include "scenarios/engine/still.hpp"
#include "system/base/log.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;
using reports::EvidenceKind;
using reports::Verdict;

constexpr auto still_deadline = std::chrono::seconds(3);

}  // namespace

Outcome Bench::tear_down() {
  reports::VerdictTotal total;
  const bool was_running = vms.running();
  if (was_running && events_) {
    events_->fetch();
    keep_still("end", {});
    collect_metrics();
  }
  closing_ = true;
  views.clear();
  if (events_) events_->stop();
  if (sampler_) sampler_->stop();
  if (was_running) {
    if (const auto stopped = vms.stop(); !stopped) total.add(Verdict::fail, stopped.error().message);
  }
  collect_events();
  collect_faults();
  collect_timeline();
  if (rig_) rig_->stop();
  if (capture_) {
    capture_->stop();
    evidence.add("packets", EvidenceKind::capture, PacketCapture::files[0], "what came before");
    evidence.add("packets", EvidenceKind::capture, PacketCapture::files[1], capture_->problem());
    if (const auto problem = capture_->problem(); !problem.empty()) add_note(problem);
  }
  return {total.verdict(), total.reason()};
}

void Bench::collect_metrics() {
  const auto scrape = vms.api().request("GET", "/metrics");
  if (scrape && scrape->status == 200) {
    evidence.write("metrics of vmsd at the end", EvidenceKind::metrics, "metrics.txt", scrape->body);
  }
}

void Bench::collect_events() {
  if (!events_) return;
  json::array list;
  for (const auto& event : events_->select([](const VmsEvent&) { return true; })) {
    list.push_back({{"seq", event.sequence},
                    {"time", base::format_utc(event.time, 6)},
                    {"arrived", base::format_utc(event.arrived, 6)},
                    {"type", event.type},
                    {"channel", event.channel},
                    {"cause", event.cause},
                    {"message", event.message},
                    {"data", event.data}});
  }
  evidence.write("events of vmsd", EvidenceKind::trace, "events.json", json::serialize(list));
}

void Bench::collect_timeline() {
  json::array list;
  for (const auto& entry : chronicle.timeline()) {
    json::object object{
        {"lane", entry.lane}, {"text", entry.text}, {"begin", base::format_utc(entry.begin, 6)}};
    if (entry.end) object["end"] = base::format_utc(*entry.end, 6);
    if (!entry.detail.empty()) object["detail"] = entry.detail;
    list.push_back(std::move(object));
  }
  evidence.write("timeline", EvidenceKind::trace, "timeline.json", json::serialize(list));
}

void Bench::collect_faults() {
  json::object schedule;
  for (const auto& device : devices()) {
    if (device.real ||
        halt.cause().value_or(Halt::Cause{Verdict::pass, {}}).verdict == Verdict::harness_error)
      continue;
    const auto faults = rig_->faults(device.id);
    if (!faults) {
      base::log_warning("{}: no fault schedule: {}", device.id, faults.error().message);
      continue;
    }
    const auto* object = faults->if_object();
    const auto* happened = object ? object->if_contains("happened") : nullptr;
    if (happened && happened->is_array() && !happened->get_array().empty()) schedule[device.id] = *happened;
  }
  evidence.write("faults that happened", EvidenceKind::trace, "faults.json", json::serialize(schedule));
}

void Bench::keep_still(const std::string& name, const std::string& channel) {
  auto shown = channels.find(channel);
  if (!shown) {
    const auto all = channels.all();
    if (all.empty()) return;
    shown = all.front();
  }
  const auto file = fmt::format("still-{}.jpg", name);
  const auto caption = fmt::format("{} at the {}", shown->name, name);
  base::Result<base::Bytes> picture = base::Error{base::ErrorKind::unavailable, "vmsd does not run"};
  std::string note;
  if (vms.running()) picture = take_still(live_url(*shown, "main"), clock, still_deadline);
  if (const auto* source = device(shown->device); !picture && source) {
    note = fmt::format("straight from the camera, because the relay gave none: {}", picture.error().message);
    auto url = source->streams.contains("main") ? source->streams.at("main") : std::string();
    if (!source->username.empty() && url.starts_with("rtsp://")) {
      url.insert(7, fmt::format("{}:{}@", source->username, source->password));
    }
    picture = take_still(url, clock, still_deadline);
  }
  if (!picture) {
    add_note(fmt::format("no picture of {} at the {}: {}", shown->name, name, picture.error().message));
    return;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(picture->data()), picture->size());
  evidence.write(caption, EvidenceKind::still, file, bytes, note);
}

}  // namespace watchrig::scenarios
