#include "simulators/camera/onvif/recording_description.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"

namespace watchrig::camera {

using protocols::add;

std::vector<RecordedTrack> recorded_tracks(const OnvifDevice& device) {
  std::vector<RecordedTrack> tracks{{"video", "Video", 0}};
  if (has_audio(device)) tracks.push_back({"audio", "Audio", 1});
  return tracks;
}

std::vector<Recording> recordings_of(const OnvifDevice& device) {
  std::vector<Recording> all;
  for (unsigned source = 1; source <= device.cards.size(); ++source) {
    const auto name = device.is_recorder ? std::to_string(source) : "main";
    all.push_back({source, device.cards[source - 1], "recording-" + name, "job-" + name,
                   device.main_stream(source).name});
  }
  if (device.quirks.has(quirks::recordings_reversed)) std::ranges::reverse(all);
  return all;
}

std::optional<Recording> recording_of(const OnvifDevice& device, std::string_view token) {
  for (auto& one : recordings_of(device)) {
    if (one.token == token) return std::move(one);
  }
  return std::nullopt;
}

std::optional<Recording> recording_of_job(const OnvifDevice& device, std::string_view token) {
  for (auto& one : recordings_of(device)) {
    if (one.job == token) return std::move(one);
  }
  return std::nullopt;
}

std::vector<CardStore::Section> recorded_sections(const OnvifDevice& device, const Recording& recording) {
  auto sections = recording.card->sections();
  for (auto& section : sections) {
    section.from += device.clock_offset;
    section.to += device.clock_offset;
  }
  return sections;
}

OnvifOutcome check_recording(const OnvifDevice& device, std::string_view token) {
  const auto recording = recording_of(device, token);
  if (!recording) {
    return refuse({"ter:InvalidArgVal", "ter:NoRecording"},
                  fmt::format("there is no recording \"{}\"", token));
  }
  if (recording->card->state() == CardState::failed)
    return refuse({"ter:Action", "ter:StorageFailure"}, "what is recorded cannot be read");
  return {};
}

void fill_recording_source(pugi::xml_node node, const OnvifDevice& device, const Recording& recording) {
  add(node, "tt:SourceId", device.uuid());
  add(node, "tt:Name", device.is_recorder ? fmt::format("{} {}", device.id, recording.source) : device.id);
  add(node, "tt:Location", "street");
  add(node, "tt:Description", fmt::format("{} stream", recording.profile));
  add(node, "tt:Address", fmt::format("http://{}/", device.place.address));
}

void fill_track_information(pugi::xml_node node, const RecordedTrack& track, base::UtcTime from,
                            base::UtcTime to) {
  add(node, "tt:TrackToken", track.token);
  add(node, "tt:TrackType", track.type);
  add(node, "tt:Description", track.token);
  add(node, "tt:DataFrom", base::format_utc(from, 6));
  add(node, "tt:DataTo", base::format_utc(to, 6));
}

void fill_recording_information(pugi::xml_node node, const OnvifDevice& device, const Recording& recording) {
  const auto sections = recorded_sections(device, recording);
  add(node, "tt:RecordingToken", recording.token);
  fill_recording_source(add(node, "tt:Source"), device, recording);
  if (!sections.empty()) {
    add(node, "tt:EarliestRecording", base::format_utc(sections.front().from, 6));
    add(node, "tt:LatestRecording", base::format_utc(sections.back().to, 6));
  }
  add(node, "tt:Content", fmt::format("what is sent as {}", recording.profile));
  if (!sections.empty()) {
    for (const auto& track : recorded_tracks(device))
      fill_track_information(add(node, "tt:Track"), track, sections.front().from, sections.back().to);
  }
  add(node, "tt:RecordingStatus", recording.card->recording() ? "Recording" : "Stopped");
}

}  // namespace watchrig::camera
