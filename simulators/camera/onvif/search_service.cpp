// Search of what is on the card (ONVIF Recording Search 5).
#include <algorithm>
#include <deque>
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
  std::string recording;
  std::string_view track;
  base::UtcTime time;
  bool present = false;
};

/// A search under way. What it finds is known at once; clients take it in pieces.
struct Search {
  bool of_events = false;
  std::deque<std::string> recordings;  ///< to tell still
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
  std::vector<Recording> in_scope(pugi::xml_node scope) const;
  bool has_failed() const;

  const OnvifDevice& device_;
  std::map<std::string, Search> searches_;
  std::uint64_t named_ = 0;
};

std::size_t most_results(const OnvifCall& call) {
  const auto wanted = base::parse_number<std::size_t>(text_at(call.request, "MaxResults")).value_or(100);
  return std::clamp<std::size_t>(wanted, 1, 100);
}

OnvifOutcome no_search() {
  return refuse({"ter:InvalidArgVal", "ter:InvalidToken"}, "there is no such search");
}

OnvifOutcome Searches::summary(OnvifCall& call) const {
  const auto now = device_.now();
  base::UtcTime from = base::UtcTime::max(), to = base::UtcTime::min();
  std::size_t readable = 0;
  for (const auto& recording : recordings_of(device_)) {
    const auto sections = recorded_sections(device_, recording);
    if (recording.card->state() == CardState::inserted) ++readable;
    if (sections.empty()) continue;
    from = std::min(from, sections.front().from);
    to = std::max(to, sections.back().to);
  }
  auto node = add(call.answer, "tse:Summary");
  add(node, "tt:DataFrom", base::format_utc(from > to ? now : from, 6));
  add(node, "tt:DataUntil", base::format_utc(from > to ? now : to, 6));
  add(node, "tt:NumberRecordings", std::to_string(readable));
  return {};
}

OnvifOutcome Searches::information(OnvifCall& call) const {
  const auto token = text_at(call.request, "RecordingToken");
  if (auto refused = check_recording(device_, token)) return refused;
  fill_recording_information(add(call.answer, "tse:RecordingInformation"), device_,
                             *recording_of(device_, token));
  return {};
}

void add_track_attributes(pugi::xml_node node, const OnvifDevice& device, const Recording& recording,
                          const RecordedTrack& track, const CardStore::Section& section) {
  auto attributes = add(node, "tt:TrackAttributes");
  fill_track_information(add(attributes, "tt:TrackInformation"), track, section.from, section.to);
  const auto& coded = section.tracks.at(track.index);
  const bool is_video = track.index == 0;
  auto kind = add(attributes, is_video ? "tt:VideoAttributes" : "tt:AudioAttributes");
  if (is_video) {
    add(kind, "tt:Width", std::to_string(coded.width));
    add(kind, "tt:Height", std::to_string(coded.height));
  }
  std::string name(media::to_string(coded.codec));
  std::erase(name, '.');
  add(kind, "tt:Encoding", name);
  if (is_video) {
    add(kind, "tt:Framerate", fmt::format("{}", device.main_stream(recording.source).profile.rate.value()));
  } else {
    add(kind, "tt:Samplerate", std::to_string(coded.clock_rate));
  }
}

OnvifOutcome Searches::media_attributes(OnvifCall& call) const {
  const auto time = protocols::parse_xml_time(text_at(call.request, "Time"));
  if (!time) return refuse({"ter:InvalidArgVal"}, "Time is no time");
  std::vector<Recording> asked;
  for (const auto& node : children(call.request, "RecordingTokens")) {
    const auto token = base::trim(node.text().get());
    if (auto refused = check_recording(device_, token)) return refused;
    asked.push_back(*recording_of(device_, token));
  }
  if (asked.empty()) asked = recordings_of(device_);
  for (const auto& recording : asked) {
    for (const auto& section : recorded_sections(device_, recording)) {
      if (*time < section.from || *time > section.to) continue;
      auto node = add(call.answer, "tse:MediaAttributes");
      add(node, "tt:RecordingToken", recording.token);
      for (const auto& track : recorded_tracks(device_)) {
        if (track.index < section.tracks.size())
          add_track_attributes(node, device_, recording, track, section);
      }
      add(node, "tt:From", base::format_utc(section.from, 6));
      add(node, "tt:Until", base::format_utc(section.to, 6));
    }
  }
  return {};
}

/// Filters of contents are not understood: a client that asks by one gets everything.
std::vector<Recording> Searches::in_scope(pugi::xml_node scope) const {
  const auto wanted = children(scope, "IncludedRecordings");
  auto all = recordings_of(device_);
  std::erase_if(all, [&](const Recording& recording) {
    const bool named = std::ranges::any_of(
        wanted, [&](const auto& node) { return base::trim(node.text().get()) == recording.token; });
    return recording.card->state() != CardState::inserted || (!wanted.empty() && !named);
  });
  return all;
}

bool Searches::has_failed() const {
  return std::ranges::any_of(device_.cards,
                             [](const auto& card) { return card->state() == CardState::failed; });
}

OnvifOutcome Searches::begin(OnvifCall& call, Search search) {
  const auto now = device_.clock.now();
  std::erase_if(searches_, [now](const auto& entry) { return entry.second.ends <= now; });
  const auto life = protocols::parse_xml_duration(text_at(call.request, "KeepAliveTime"));
  if (!life || *life <= base::Duration::zero()) return refuse({"ter:InvalidArgVal"}, "KeepAliveTime is none");
  if (has_failed()) return refuse({"ter:Action", "ter:StorageFailure"}, "what is recorded cannot be read");
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
  for (const auto& recording : in_scope(child(call.request, "Scope")))
    search.recordings.push_back(recording.token);
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
  const auto inside = [&](base::UtcTime time) { return time >= *from && time <= *to; };
  for (const auto& recording : in_scope(child(call.request, "Scope"))) {
    for (const auto& section : recorded_sections(device_, recording)) {
      for (const auto& track : recorded_tracks(device_)) {
        if (inside(section.from)) search.events.push_back({recording.token, track.token, section.from, true});
        if (inside(section.to)) search.events.push_back({recording.token, track.token, section.to, false});
      }
    }
  }
  std::ranges::stable_sort(search.events, {}, &FoundEvent::time);
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
  auto room = most_results(call);
  auto list = add(call.answer, "tse:ResultList");
  add(list, "tt:SearchState", search->recordings.size() <= room ? "Completed" : "Searching");
  for (; room > 0 && !search->recordings.empty(); search->recordings.pop_front()) {
    const auto recording = recording_of(device_, search->recordings.front());
    if (!recording) continue;  // deleted since it was found
    fill_recording_information(add(list, "tt:RecordingInformation"), device_, *recording);
    --room;
  }
  return {};
}

OnvifOutcome Searches::event_results(OnvifCall& call) {
  auto* search = find(call, true);
  if (!search) return no_search();
  const auto end = std::min(search->events.size(), search->told + most_results(call));
  auto list = add(call.answer, "tse:ResultList");
  add(list, "tt:SearchState", end == search->events.size() ? "Completed" : "Searching");
  for (; search->told < end; ++search->told) {
    const auto& event = search->events[search->told];
    auto node = add(list, "tt:Result");
    add(node, "tt:RecordingToken", event.recording);
    add(node, "tt:TrackToken", event.track);
    add(node, "tt:Time", base::format_utc(event.time, 6));
    CameraProperty property{&track_state, 1, {event.recording, std::string(event.track)}, {}};
    property.value = event.present ? track_state.on : track_state.off;
    fill_notification(add(node, "tt:Event"), {std::move(property), PropertyOperation::changed, event.time});
    add(node, "tt:StartStateEvent", "false");
  }
  return {};
}

OnvifOutcome Searches::state(OnvifCall& call) {
  const auto* search = find(call, {});
  if (!search) return no_search();
  const bool done = search->told == search->events.size() && search->recordings.empty();
  add(call.answer, "tse:State", done ? "Completed" : "Searching");
  return {};
}

OnvifOutcome Searches::end(OnvifCall& call) {
  if (!find(call, {})) return no_search();
  searches_.erase(text_at(call.request, "SearchToken"));
  add(call.answer, "tse:Endpoint", base::format_utc(device_.now(), 6));
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
