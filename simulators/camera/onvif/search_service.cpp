// Search of what is on the card (ONVIF Recording Search 5).
#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "simulators/camera/onvif/event_topics.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/recording_description.hpp"
#include "system/base/text.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::children;
using protocols::text_at;

constexpr EventTopic track_state{
    "recorded",
    "tns1:RecordingHistory/Track/State",
    {{{"RecordingToken", "tt:RecordingReference"}, {"Track", "tt:TrackReference"}}},
    {"IsDataPresent", "xs:boolean"},
    "true",
    "false"};

struct FoundEvent {
  std::string_view track;
  base::UtcTime time;
  bool present = false;
};

/// A search under way. What it finds is known at once; clients take it in pieces.
struct Search {
  bool of_events = false;
  bool has_recording = false;  ///< to tell still
  std::vector<FoundEvent> events;
  std::size_t told = 0;
  base::UtcTime ends;
  base::Duration life{};
};

/// The searches of one camera.
class Searches {
 public:
  static constexpr std::size_t most = 8;

  explicit Searches(const OnvifDevice& device) : device_(device) {}

  OnvifOutcome summary(OnvifCall& call) const;
  OnvifOutcome information(OnvifCall& call) const;
  OnvifOutcome media_attributes(OnvifCall& call) const;
  OnvifOutcome find_recordings(OnvifCall& call);
  OnvifOutcome find_events(OnvifCall& call);
  OnvifOutcome recording_results(OnvifCall& call);
  OnvifOutcome event_results(OnvifCall& call);
  OnvifOutcome state(OnvifCall& call);
  OnvifOutcome end(OnvifCall& call);

 private:
  OnvifOutcome begin(OnvifCall& call, Search search);
  /// Null where there is none of that kind, or its time is over.
  Search* find(OnvifCall& call, std::optional<bool> of_events);
  bool in_scope(pugi::xml_node scope) const;

  const OnvifDevice& device_;
  std::map<std::string, Search> searches_;
  std::uint64_t named_ = 0;
};

OnvifOutcome no_search() {
  return refuse({"ter:InvalidArgVal", "ter:InvalidToken"}, "there is no such search");
}

OnvifOutcome Searches::summary(OnvifCall& call) const {
  const auto sections = device_.card->sections();
  auto node = add(call.answer, "tse:Summary");
  const auto now = device_.clock.now();
  add(node, "tt:DataFrom", base::format_utc(sections.empty() ? now : sections.front().from, 6));
  add(node, "tt:DataUntil", base::format_utc(sections.empty() ? now : sections.back().to, 6));
  add(node, "tt:NumberRecordings", device_.card->state() == CardState::inserted ? "1" : "0");
  return {};
}

OnvifOutcome Searches::information(OnvifCall& call) const {
  if (auto refused = check_recording(device_, text_at(call.request, "RecordingToken"))) return refused;
  fill_recording_information(add(call.answer, "tse:RecordingInformation"), device_, device_.card->sections());
  return {};
}

OnvifOutcome Searches::media_attributes(OnvifCall& call) const {
  const auto time = protocols::parse_xml_time(text_at(call.request, "Time"));
  if (!time) return refuse({"ter:InvalidArgVal"}, "Time is no time");
  for (const auto& node : children(call.request, "RecordingTokens")) {
    if (auto refused = check_recording(device_, base::trim(node.text().get()))) return refused;
  }
  for (const auto& section : device_.card->sections()) {
    if (*time < section.from || *time > section.to) continue;
    auto node = add(call.answer, "tse:MediaAttributes");
    add(node, "tt:RecordingToken", recording_token);
    for (const auto& track : recorded_tracks(device_)) {
      if (track.index >= section.tracks.size()) continue;
      auto attributes = add(node, "tt:TrackAttributes");
      fill_track_information(add(attributes, "tt:TrackInformation"), track, section.from, section.to);
      const auto& coded = section.tracks.at(track.index);
      auto kind = add(attributes, track.index == 0 ? "tt:VideoAttributes" : "tt:AudioAttributes");
      if (track.index == 0) {
        add(kind, "tt:Width", std::to_string(coded.width));
        add(kind, "tt:Height", std::to_string(coded.height));
      }
      std::string name(media::to_string(coded.codec));
      std::erase(name, '.');
      add(kind, "tt:Encoding", name);
      if (track.index == 0) {
        add(kind, "tt:Framerate", fmt::format("{}", device_.streams.front().profile.rate.value()));
      } else {
        add(kind, "tt:Samplerate", std::to_string(coded.clock_rate));
      }
    }
    add(node, "tt:From", base::format_utc(section.from, 6));
    add(node, "tt:Until", base::format_utc(section.to, 6));
  }
  return {};
}

/// Filters of contents are not understood: a client that asks by one gets everything.
bool Searches::in_scope(pugi::xml_node scope) const {
  const auto wanted = children(scope, "IncludedRecordings");
  const bool named = std::ranges::any_of(
      wanted, [](const auto& node) { return base::trim(node.text().get()) == recording_token; });
  return device_.card->state() == CardState::inserted && (wanted.empty() || named);
}

OnvifOutcome Searches::begin(OnvifCall& call, Search search) {
  const auto now = device_.clock.now();
  std::erase_if(searches_, [now](const auto& entry) { return entry.second.ends <= now; });
  const auto life = protocols::parse_xml_duration(text_at(call.request, "KeepAliveTime"));
  if (!life || *life <= base::Duration::zero()) return refuse({"ter:InvalidArgVal"}, "KeepAliveTime is none");
  if (device_.card->state() == CardState::failed)
    return refuse({"ter:Action", "ter:StorageFailure"}, "the card cannot be read");
  if (searches_.size() >= most)
    return refuse({"ter:Action", "ter:ResourceProblem"}, fmt::format("{} searches run already", most));
  search.life = std::min<base::Duration>(*life, std::chrono::minutes(1));
  search.ends = now + search.life;
  const auto token = fmt::format("search-{}", ++named_);
  searches_.emplace(token, std::move(search));
  add(call.answer, "tse:SearchToken", token);
  return {};
}

OnvifOutcome Searches::find_recordings(OnvifCall& call) {
  Search search;
  search.has_recording = in_scope(child(call.request, "Scope"));
  return begin(call, std::move(search));
}

OnvifOutcome Searches::find_events(OnvifCall& call) {
  if (device_.quirks.has(quirks::hole_search_refused))
    return refuse({"ter:ActionNotSupported"}, "there is no search for events");
  const auto begin_text = text_at(call.request, "StartPoint"), end_text = text_at(call.request, "EndPoint");
  const auto from = protocols::parse_xml_time(begin_text);
  const auto to = end_text.empty() ? base::UtcTime::max() : protocols::parse_xml_time(end_text);
  if (!from || !to) return refuse({"ter:InvalidArgVal"}, "StartPoint and EndPoint are times");
  if (*to < *from) return refuse({"ter:InvalidArgVal"}, "events are searched forwards only");
  Search search;
  search.of_events = true;
  if (in_scope(child(call.request, "Scope"))) {
    const auto inside = [&](base::UtcTime time) { return time >= *from && time <= *to; };
    for (const auto& section : device_.card->sections()) {
      for (const auto& track : recorded_tracks(device_)) {
        if (inside(section.from)) search.events.push_back({track.token, section.from, true});
        if (inside(section.to)) search.events.push_back({track.token, section.to, false});
      }
    }
    std::ranges::stable_sort(search.events, {}, &FoundEvent::time);
  }
  return begin(call, std::move(search));
}

Search* Searches::find(OnvifCall& call, std::optional<bool> of_events) {
  const auto found = searches_.find(text_at(call.request, "SearchToken"));
  const auto now = device_.clock.now();
  if (found == searches_.end() || found->second.ends <= now) return nullptr;
  if (of_events && *of_events != found->second.of_events) return nullptr;
  found->second.ends = now + found->second.life;
  return &found->second;
}

OnvifOutcome Searches::recording_results(OnvifCall& call) {
  auto* search = find(call, false);
  if (!search) return no_search();
  auto list = add(call.answer, "tse:ResultList");
  add(list, "tt:SearchState", "Completed");
  if (!std::exchange(search->has_recording, false)) return {};
  fill_recording_information(add(list, "tt:RecordingInformation"), device_, device_.card->sections());
  return {};
}

OnvifOutcome Searches::event_results(OnvifCall& call) {
  auto* search = find(call, true);
  if (!search) return no_search();
  const auto most_text = text_at(call.request, "MaxResults");
  const auto wanted = base::parse_number<std::size_t>(most_text).value_or(100);
  const auto end = std::min(search->events.size(), search->told + std::clamp<std::size_t>(wanted, 1, 100));
  auto list = add(call.answer, "tse:ResultList");
  add(list, "tt:SearchState", end == search->events.size() ? "Completed" : "Searching");
  for (; search->told < end; ++search->told) {
    const auto& event = search->events[search->told];
    auto node = add(list, "tt:Result");
    add(node, "tt:RecordingToken", recording_token);
    add(node, "tt:TrackToken", event.track);
    add(node, "tt:Time", base::format_utc(event.time, 6));
    CameraProperty property{&track_state, 1, {std::string(recording_token), std::string(event.track)}, {}};
    property.value = event.present ? track_state.on : track_state.off;
    fill_notification(add(node, "tt:Event"), {std::move(property), PropertyOperation::changed, event.time});
    add(node, "tt:StartStateEvent", "false");
  }
  return {};
}

OnvifOutcome Searches::state(OnvifCall& call) {
  const auto* search = find(call, {});
  if (!search) return no_search();
  const bool done = search->told == search->events.size() && !search->has_recording;
  add(call.answer, "tse:State", done ? "Completed" : "Searching");
  return {};
}

OnvifOutcome Searches::end(OnvifCall& call) {
  if (!find(call, {})) return no_search();
  searches_.erase(text_at(call.request, "SearchToken"));
  add(call.answer, "tse:Endpoint", base::format_utc(device_.clock.now(), 6));
  return {};
}

OnvifOutcome service_capabilities(OnvifCall& call) {
  auto all = add(call.answer, "tse:Capabilities");
  all.append_attribute("MetadataSearch") = "false";
  all.append_attribute("GeneralStartEvents") = "false";
  return {};
}

}  // namespace

OnvifService search_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  const auto searches = std::make_shared<Searches>(d);
  const auto run = [searches](auto operation) {
    return [searches, operation](OnvifCall& call) { return ((*searches).*operation)(call); };
  };
  OnvifService service{"tse", "/onvif/search_service", 22, 6, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth, service_capabilities},
      {"GetRecordingSummary", read, run(&Searches::summary)},
      {"GetRecordingInformation", read, run(&Searches::information)},
      {"GetMediaAttributes", read, run(&Searches::media_attributes)},
      {"FindRecordings", read, run(&Searches::find_recordings)},
      {"GetRecordingSearchResults", read, run(&Searches::recording_results)},
      {"FindEvents", read, run(&Searches::find_events)},
      {"GetEventSearchResults", read, run(&Searches::event_results)},
      {"GetSearchState", read, run(&Searches::state)},
      {"EndSearch", read, run(&Searches::end)},
  };
  return service;
}

}  // namespace watchrig::camera
