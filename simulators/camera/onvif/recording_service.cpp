// The recording on the card and the job that makes it (ONVIF Recording Control 5). Both are there from the
// beginning: the camera makes no others.
#include <optional>

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/recording_description.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::text_at;

OnvifOutcome service_capabilities(const OnvifDevice& device, OnvifCall& call) {
  auto all = add(call.answer, "trc:Capabilities");
  all.append_attribute("DynamicRecordings") = "false";
  all.append_attribute("DynamicTracks") = "false";
  all.append_attribute("MaxRecordings") = device.sources;
  all.append_attribute("MaxRecordingJobs") = device.sources;
  all.append_attribute("Options") = "true";
  return {};
}

void fill_track(pugi::xml_node node, const RecordedTrack& track) {
  add(node, "tt:TrackType", track.type);
  add(node, "tt:Description", track.token);
}

void fill_configuration(pugi::xml_node node, const OnvifDevice& device, const Recording& recording) {
  fill_recording_source(add(node, "tt:Source"), device, recording);
  add(node, "tt:Content", fmt::format("what is sent as {}", recording.profile));
  add(node, "tt:MaximumRetentionTime", "PT0S");
}

OnvifOutcome recordings(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& recording : recordings_of(device)) {
    if (recording.card->state() == CardState::removed) continue;
    auto item = add(call.answer, "trc:RecordingItem");
    add(item, "tt:RecordingToken", recording.token);
    fill_configuration(add(item, "tt:Configuration"), device, recording);
    auto tracks = add(item, "tt:Tracks");
    for (const auto& track : recorded_tracks(device)) {
      auto node = add(tracks, "tt:Track");
      add(node, "tt:TrackToken", track.token);
      fill_track(add(node, "tt:Configuration"), track);
    }
  }
  return {};
}

OnvifOutcome configuration(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "RecordingToken");
  if (auto refused = check_recording(device, token)) return refused;
  fill_configuration(add(call.answer, "trc:RecordingConfiguration"), device, *recording_of(device, token));
  return {};
}

OnvifOutcome track_configuration(const OnvifDevice& device, OnvifCall& call) {
  if (auto refused = check_recording(device, text_at(call.request, "RecordingToken"))) return refused;
  const auto token = text_at(call.request, "TrackToken");
  for (const auto& track : recorded_tracks(device)) {
    if (track.token != token) continue;
    fill_track(add(call.answer, "trc:TrackConfiguration"), track);
    return {};
  }
  return refuse({"ter:InvalidArgVal", "ter:NoTrack"}, fmt::format("there is no track \"{}\"", token));
}

OnvifOutcome options(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "RecordingToken");
  if (auto refused = check_recording(device, token)) return refused;
  auto all = add(call.answer, "trc:Options");
  auto job = add(all, "trc:Job");
  job.append_attribute("Spare") = 0;
  job.append_attribute("CompatibleSources") = recording_of(device, token)->profile.c_str();
  auto track = add(all, "trc:Track");
  for (const char* name : {"SpareTotal", "SpareVideo", "SpareAudio", "SpareMetadata"})
    track.append_attribute(name) = 0;
  return {};
}

void add_source_token(pugi::xml_node node, const Recording& recording) {
  auto source = add(node, "tt:SourceToken");
  source.append_attribute("Type") = "http://www.onvif.org/ver10/schema/Profile";
  add(source, "tt:Token", recording.profile);
}

void fill_job(pugi::xml_node node, const OnvifDevice& device, const Recording& recording) {
  add(node, "tt:RecordingToken", recording.token);
  add(node, "tt:Mode", recording.card->job_active() ? "Active" : "Idle");
  add(node, "tt:Priority", "1");
  auto source = add(node, "tt:Source");
  add_source_token(source, recording);
  for (const auto& track : recorded_tracks(device)) {
    auto tracks = add(source, "tt:Tracks");
    add(tracks, "tt:SourceTag", track.token);
    add(tracks, "tt:Destination", track.token);
  }
}

OnvifOutcome no_job(const OnvifCall& call) {
  return refuse({"ter:InvalidArgVal", "ter:NoRecordingJob"},
                fmt::format("there is no job \"{}\"", text_at(call.request, "JobToken")));
}

std::optional<Recording> asked_job(const OnvifDevice& device, const OnvifCall& call) {
  return recording_of_job(device, text_at(call.request, "JobToken"));
}

OnvifOutcome jobs(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& recording : recordings_of(device)) {
    auto item = add(call.answer, "trc:JobItem");
    add(item, "tt:JobToken", recording.job);
    fill_job(add(item, "tt:JobConfiguration"), device, recording);
  }
  return {};
}

OnvifOutcome job_configuration(const OnvifDevice& device, OnvifCall& call) {
  const auto recording = asked_job(device, call);
  if (!recording) return no_job(call);
  fill_job(add(call.answer, "trc:JobConfiguration"), device, *recording);
  return {};
}

OnvifOutcome set_job_mode(const OnvifDevice& device, OnvifCall& call) {
  const auto recording = asked_job(device, call);
  if (!recording) return no_job(call);
  const auto mode = text_at(call.request, "Mode");
  if (mode != "Active" && mode != "Idle")
    return refuse({"ter:InvalidArgVal", "ter:BadMode"}, "a job is Active or Idle");
  recording->card->set_job(mode == "Active");
  return {};
}

OnvifOutcome job_state(const OnvifDevice& device, OnvifCall& call) {
  const auto recording = asked_job(device, call);
  if (!recording) return no_job(call);
  const bool failing = recording->card->job_active() && !recording->card->recording();
  const std::string state = failing ? "Error" : recording->card->job_active() ? "Active" : "Idle";
  auto all = add(call.answer, "trc:State");
  add(all, "tt:RecordingToken", recording->token);
  add(all, "tt:State", state);
  auto source = add(all, "tt:Sources");
  add_source_token(source, *recording);
  add(source, "tt:State", state);
  auto tracks = add(source, "tt:Tracks");
  for (const auto& track : recorded_tracks(device)) {
    auto node = add(tracks, "tt:Track");
    add(node, "tt:SourceTag", track.token);
    add(node, "tt:Destination", track.token);
    if (failing) add(node, "tt:Error", "what it is recorded on is full, removed or failed");
    add(node, "tt:State", state);
  }
  return {};
}

}  // namespace

OnvifService recording_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  OnvifService service{"trc", "/onvif/recording_service", 22, 6, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth,
       [&d](OnvifCall& c) { return service_capabilities(d, c); }},
      {"GetRecordings", read, [&d](OnvifCall& c) { return recordings(d, c); }},
      {"GetRecordingConfiguration", read, [&d](OnvifCall& c) { return configuration(d, c); }},
      {"GetTrackConfiguration", read, [&d](OnvifCall& c) { return track_configuration(d, c); }},
      {"GetRecordingOptions", read, [&d](OnvifCall& c) { return options(d, c); }},
      {"GetRecordingJobs", read, [&d](OnvifCall& c) { return jobs(d, c); }},
      {"GetRecordingJobConfiguration", read, [&d](OnvifCall& c) { return job_configuration(d, c); }},
      {"GetRecordingJobState", read, [&d](OnvifCall& c) { return job_state(d, c); }},
      {"SetRecordingJobMode", AccessClass::actuate, [&d](OnvifCall& c) { return set_job_mode(d, c); }},
  };
  return service;
}

}  // namespace watchrig::camera
