#include "system/devices/onvif/onvif_recordings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/devices/onvif/onvif_media.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using protocols::add;
using protocols::text_at;

namespace {

constexpr std::size_t most_changes = 20'000;
constexpr auto patience = std::chrono::minutes(1);
constexpr auto results_at_once = "100";
constexpr auto wait_for_results = "PT5S";
constexpr auto search_life = "PT30S";

/// One question to a device about what it has recorded.
class RecordingSearch {
 public:
  RecordingSearch(const base::Clock& clock, OnvifClient::Options device, base::UtcTime from, base::UtcTime to)
      : clock_(clock), client_(clock, std::move(device)), from_(from), to_(to) {}

  asio::awaitable<Result<DeviceRecording>> run(ChannelPlace place);

 private:
  asio::awaitable<Result<>> describe();
  asio::awaitable<Result<>> search(base::UtcTime from);
  asio::awaitable<Result<bool>> take_piece(std::string token);
  void take(pugi::xml_node result);
  base::UtcTime device_time(base::UtcTime ours) const { return ours + client_.clock_offset(); }
  base::UtcTime our_time(base::UtcTime device) const { return device - client_.clock_offset(); }

  const base::Clock& clock_;
  OnvifClient client_;
  const base::UtcTime from_, to_;
  OnvifServices services_;
  DeviceRecording found_;
  std::string video_;              ///< token of the track
  base::UtcTime oldest_, newest_;  ///< of the recording, by our clock; equal: it has nothing
  bool recording_ = false;         ///< now
  std::vector<TrackChange> changes_;
};

asio::awaitable<Result<DeviceRecording>> RecordingSearch::run(ChannelPlace place) {
  const auto services = co_await OnvifServices::meet(client_);
  if (!services) co_return services.error();
  services_ = *services;
  if (!services_.has("trc") || !services_.has("tse"))
    co_return Error{ErrorKind::unsupported, client_.address().host + ": the device tells of no recordings"};
  auto token = co_await recording_of_channel(client_, services_, place);
  if (!token) co_return token.error();
  found_.token = *std::move(token);
  found_.clock_ahead = client_.clock_offset();
  if (const auto described = co_await describe(); !described) co_return described.error();
  const auto from = std::max(from_, oldest_), to = std::min(to_, newest_);
  if (from >= to) co_return std::move(found_);
  auto searched = co_await search(from);
  // Without any change in the period, and from a device that tells no state of its begin, only what came
  // before says whether anything is recorded.
  if (searched && changes_.empty() && from > oldest_) searched = co_await search(oldest_);
  if (!searched && searched.error().kind != ErrorKind::unsupported) co_return searched.error();
  found_.holes_known = searched.has_value();
  found_.spans = spans_of(std::move(changes_), true, from, to);
  co_return std::move(found_);
}

/// The oldest and newest of it, and which track has the pictures.
asio::awaitable<Result<>> RecordingSearch::describe() {
  const OnvifClient::Fill fill = [this](pugi::xml_node node) {
    add(node, "tse:RecordingToken", found_.token);
  };
  const auto answer = co_await client_.ask(services_.path("tse"), "tse:GetRecordingInformation", fill);
  if (!answer) co_return answer.error();
  const auto information = protocols::node_at(answer->content(), "RecordingInformation");
  recording_ = text_at(information, "RecordingStatus") == "Recording";
  const auto oldest = protocols::parse_xml_time(text_at(information, "EarliestRecording"));
  const auto newest = protocols::parse_xml_time(text_at(information, "LatestRecording"));
  if (oldest) oldest_ = our_time(*oldest);
  if (newest) newest_ = our_time(*newest);
  // What is being recorded has no end yet, and devices tell that of their last file.
  if (oldest && recording_) newest_ = std::max(newest_, clock_.now());
  for (const auto& track : protocols::children(information, "Track")) {
    if (text_at(track, "TrackType") == "Video") video_ = text_at(track, "TrackToken");
  }
  co_return Result<>();
}

asio::awaitable<Result<>> RecordingSearch::search(base::UtcTime from) {
  const OnvifClient::Fill fill = [this, from](pugi::xml_node node) {
    add(node, "tse:StartPoint", base::format_utc(device_time(from), 3));
    add(node, "tse:EndPoint", base::format_utc(device_time(std::min(to_, newest_)), 3));
    auto scope = add(node, "tse:Scope");
    add(scope, "tt:IncludedRecordings", found_.token);
    auto filter =
        add(add(node, "tse:SearchFilter"), "wsnt:TopicExpression", "tns1:RecordingHistory/Track/State");
    filter.append_attribute("Dialect") = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet";
    add(node, "tse:IncludeStartState", "true");
    add(node, "tse:KeepAliveTime", search_life);
  };
  const auto answer = co_await client_.ask(services_.path("tse"), "tse:FindEvents", fill);
  if (!answer) co_return answer.error();
  const auto token = text_at(answer->content(), "SearchToken");
  Result<> ended;
  bool more = true;
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (more) {
    if (std::chrono::steady_clock::now() > give_up) {
      ended =
          Error{ErrorKind::timeout, client_.address().host + ": the device searches for more than a minute"};
      break;
    }
    if (changes_.size() > most_changes) {
      ended =
          Error{ErrorKind::invalid, fmt::format("{}: the device tells of more than {} changes in this time: "
                                                "ask for less",
                                                client_.address().host, most_changes)};
      break;
    }
    const auto taken = co_await take_piece(token);
    if (!taken) {
      ended = taken.error();
      break;
    }
    more = *taken;
  }
  const OnvifClient::Fill end = [&token](pugi::xml_node node) { add(node, "tse:SearchToken", token); };
  // Whether it ends is the device's business: searches end by themselves, too.
  const auto closed = co_await client_.ask(services_.path("tse"), "tse:EndSearch", end);
  (void)closed;
  co_return ended;
}

/// Whether there is more.
asio::awaitable<Result<bool>> RecordingSearch::take_piece(std::string token) {
  const OnvifClient::Fill fill = [&token](pugi::xml_node node) {
    add(node, "tse:SearchToken", token);
    add(node, "tse:MaxResults", results_at_once);
    add(node, "tse:WaitTime", wait_for_results);
  };
  const auto answer = co_await client_.ask(services_.path("tse"), "tse:GetEventSearchResults", fill);
  if (!answer) co_return answer.error();
  const auto list = protocols::node_at(answer->content(), "ResultList");
  if (!list) co_return Error{ErrorKind::invalid, client_.address().host + ": the device lists no results"};
  for (const auto& result : protocols::children(list, "Result")) take(result);
  const auto state = text_at(list, "SearchState");
  co_return state != "Completed";
}

void RecordingSearch::take(pugi::xml_node result) {
  if (text_at(result, "RecordingToken") != found_.token) return;
  const auto track = text_at(result, "TrackToken");
  if (!video_.empty() && !track.empty() && track != video_) return;
  const auto time = protocols::parse_xml_time(text_at(result, "Time"));
  if (!time) return;
  const auto data = protocols::node_at(result, "Event/Message/Message/Data");
  for (const auto& item : protocols::children(data, "SimpleItem")) {
    if (std::string_view(item.attribute("Name").value()) != "IsDataPresent") continue;
    const std::string_view value = item.attribute("Value").value();
    changes_.push_back({our_time(*time), base::equal_ignoring_case(value, "true") || value == "1"});
  }
}

}  // namespace

std::vector<DeviceRecording::Span> spans_of(std::vector<TrackChange> changes, bool present,
                                            base::UtcTime from, base::UtcTime to) {
  std::ranges::stable_sort(changes, {}, &TrackChange::time);
  if (!changes.empty()) present = !changes.front().present;
  std::vector<DeviceRecording::Span> spans;
  auto since = from;
  const auto end = [&](base::UtcTime at) {
    const DeviceRecording::Span span{std::max(since, from), std::min(at, to)};
    if (span.from < span.to) spans.push_back(span);
  };
  for (const auto& change : changes) {
    if (change.present == present) continue;
    if (present) end(change.time);
    since = change.time;
    present = change.present;
  }
  if (present) end(to);
  return spans;
}

namespace {

bool is_of(const std::vector<OnvifProfile>& profiles, std::string_view token) {
  return std::ranges::find(profiles, token, &OnvifProfile::token) != profiles.end();
}

/// It may tell the next time, so nothing follows from its silence.
bool is_away(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timeout ||
         error.kind == ErrorKind::denied;
}

/// The recording of the job that takes a media profile of that channel, empty when no job does; nothing where
/// the jobs do not say what they take. A device may list its recordings in whatever order.
asio::awaitable<Result<std::optional<std::string>>> recording_by_job(OnvifClient& client,
                                                                     const OnvifServices& services,
                                                                     std::uint32_t channel) {
  std::optional<std::string> untold;
  const auto jobs = co_await client.ask(services.path("trc"), "trc:GetRecordingJobs", {});
  if (!jobs && is_away(jobs.error())) co_return jobs.error();
  const auto media = co_await OnvifMedia::find(client, services);
  if (!media && is_away(media.error())) co_return media.error();
  if (!jobs || !media) co_return untold;
  const auto own = profiles_of_channel(media->profiles, channel);
  if (!own) co_return untold;
  bool told = false;
  for (const auto& item : protocols::children(jobs->content(), "JobItem")) {
    const auto job = protocols::child(item, "JobConfiguration");
    for (const auto& source : protocols::children(job, "Source")) {
      const auto taken = text_at(source, "SourceToken/Token");
      if (is_of(*own, taken)) co_return std::optional(text_at(job, "RecordingToken"));
      told = told || is_of(media->profiles, taken);
    }
  }
  if (told) untold.emplace();
  co_return untold;
}

Error no_recording(const OnvifClient& client, std::size_t recordings, std::uint32_t channel) {
  return {ErrorKind::not_found, fmt::format("{}: the device has {} recordings, none of channel {}",
                                            client.address().host, recordings, channel)};
}

}  // namespace

asio::awaitable<Result<std::string>> recording_of_channel(OnvifClient& client, const OnvifServices& services,
                                                          ChannelPlace place) {
  const auto answer = co_await client.ask(services.path("trc"), "trc:GetRecordings", {});
  if (!answer) co_return answer.error();
  const auto items = protocols::children(answer->content(), "RecordingItem");
  const auto by_job = co_await recording_by_job(client, services, place.channel);
  if (!by_job) co_return by_job.error();
  if (const auto& token = *by_job) {
    const bool listed = std::ranges::any_of(
        items, [&](const auto& item) { return text_at(item, "RecordingToken") == *token; });
    if (!listed) co_return no_recording(client, items.size(), place.channel);
    co_return *token;
  }
  if (place.channel == 0 || items.size() < place.channel)
    co_return no_recording(client, items.size(), place.channel);
  // Another channel's may be for others only.
  if (place.channels > 1 && items.size() != place.channels) {
    co_return Error{
        ErrorKind::conflict,
        fmt::format("{}: the device has {} recordings of {} channels, so it is not known which is of "
                    "channel {}",
                    client.address().host, items.size(), place.channels, place.channel)};
  }
  co_return text_at(items[place.channel - 1], "RecordingToken");
}

asio::awaitable<Result<DeviceRecording>> find_device_recording(const base::Clock& clock,
                                                               OnvifClient::Options device,
                                                               ChannelPlace place, base::UtcTime from,
                                                               base::UtcTime to) {
  RecordingSearch search(clock, std::move(device), from, to);
  co_return co_await search.run(place);
}

}  // namespace watchrig::devices
