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
  for (const auto& plan : device.recordings)
    all.push_back(
        {plan.source, device.cards[plan.source - 1], plan.token, device.main_stream(plan.source).name});
  if (device.quirks.has(quirks::recordings_reversed)) std::ranges::reverse(all);
  return all;
}

std::optional<Recording> recording_of(const OnvifDevice& device, std::string_view token) {
  for (auto& one : recordings_of(device)) {
    if (one.token == token) return std::move(one);
  }
  return std::nullopt;
}

const RecordingPlan& plan_of(const OnvifDevice& device, const Recording& recording) {
  return *std::ranges::find(device.recordings, recording.token, &RecordingPlan::token);
}

std::size_t spare_jobs(const OnvifDevice& device, std::string_view recording) {
  const auto there =
      static_cast<std::size_t>(std::ranges::count(device.jobs, recording, &RecordingJob::recording));
  return most_jobs - std::min(there, most_jobs);
}

OnvifOutcome no_job(std::string_view token) {
  return refuse({"ter:InvalidArgVal", "ter:NoRecordingJob"}, fmt::format("there is no job \"{}\"", token));
}

void add_job_source(pugi::xml_node source, const RecordingJob& job) {
  auto node = add(source, "tt:SourceToken");
  node.append_attribute("Type") = "http://www.onvif.org/ver10/schema/Profile";
  add(node, "tt:Token", job.profile);
}

void fill_job(pugi::xml_node node, const OnvifDevice& device, const RecordingJob& job) {
  add(node, "tt:RecordingToken", job.recording);
  add(node, "tt:Mode", job.active ? "Active" : "Idle");
  add(node, "tt:Priority", std::to_string(job.priority));
  auto source = add(node, "tt:Source");
  add_job_source(source, job);
  for (const auto& track : recorded_tracks(device)) {
    auto tracks = add(source, "tt:Tracks");
    add(tracks, "tt:SourceTag", track.token);
    add(tracks, "tt:Destination", track.token);
  }
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
  const auto& plan = plan_of(device, recording);
  add(node, "tt:SourceId", plan.source_id);
  add(node, "tt:Name", plan.name);
  add(node, "tt:Location", plan.location);
  add(node, "tt:Description", plan.description);
  add(node, "tt:Address", plan.address);
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
  add(node, "tt:Content", plan_of(device, recording).content);
  if (!sections.empty()) {
    for (const auto& track : recorded_tracks(device))
      fill_track_information(add(node, "tt:Track"), track, sections.front().from, sections.back().to);
  }
  add(node, "tt:RecordingStatus", recording.card->recording() ? "Recording" : "Stopped");
}

}  // namespace watchrig::camera
