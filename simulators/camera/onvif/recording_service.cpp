// The recordings on the card and the jobs that make them, as they are told of (ONVIF Recording Control 5).
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/recording_description.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::text_at;

OnvifOutcome service_capabilities(const OnvifDevice& device, OnvifCall& call) {
  auto all = add(call.answer, "trc:Capabilities");
  all.append_attribute("DynamicRecordings") = "true";
  all.append_attribute("DynamicTracks") = "false";
  all.append_attribute("MaxRecordings") = device.sources;
  all.append_attribute("MaxRecordingJobs") = static_cast<unsigned>(device.sources * most_jobs);
  all.append_attribute("Options") = "true";
  return {};
}

void fill_track(pugi::xml_node node, const OnvifDevice& device, const Recording& recording,
                const RecordedTrack& track) {
  add(node, "tt:TrackType", track.type);
  const auto& described = plan_of(device, recording).tracks;
  const auto found = described.find(std::string(track.token));
  add(node, "tt:Description", found == described.end() ? track.token : std::string_view(found->second));
}

void fill_configuration(pugi::xml_node node, const OnvifDevice& device, const Recording& recording) {
  fill_recording_source(add(node, "tt:Source"), device, recording);
  add(node, "tt:Content", plan_of(device, recording).content);
  add(node, "tt:MaximumRetentionTime", plan_of(device, recording).retention);
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
      fill_track(add(node, "tt:Configuration"), device, recording, track);
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
  const auto named = text_at(call.request, "RecordingToken");
  if (auto refused = check_recording(device, named)) return refused;
  const auto token = text_at(call.request, "TrackToken");
  for (const auto& track : recorded_tracks(device)) {
    if (track.token != token) continue;
    fill_track(add(call.answer, "trc:TrackConfiguration"), device, *recording_of(device, named), track);
    return {};
  }
  return refuse({"ter:InvalidArgVal", "ter:NoTrack"}, fmt::format("there is no track \"{}\"", token));
}

OnvifOutcome options(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "RecordingToken");
  if (auto refused = check_recording(device, token)) return refused;
  auto all = add(call.answer, "trc:Options");
  auto job = add(all, "trc:Job");
  job.append_attribute("Spare") = static_cast<unsigned>(spare_jobs(device, token));
  job.append_attribute("CompatibleSources") = recording_of(device, token)->profile.c_str();
  auto track = add(all, "trc:Track");
  for (const char* name : {"SpareTotal", "SpareVideo", "SpareAudio", "SpareMetadata"})
    track.append_attribute(name) = 0;
  return {};
}

const RecordingJob* asked_job(const OnvifDevice& device, const OnvifCall& call) {
  const auto found = std::ranges::find(device.jobs, text_at(call.request, "JobToken"), &RecordingJob::token);
  return found == device.jobs.end() ? nullptr : &*found;
}

OnvifOutcome jobs(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& job : device.jobs) {
    auto item = add(call.answer, "trc:JobItem");
    add(item, "tt:JobToken", job.token);
    fill_job(add(item, "tt:JobConfiguration"), device, job);
  }
  return {};
}

OnvifOutcome job_configuration(const OnvifDevice& device, OnvifCall& call) {
  const auto* job = asked_job(device, call);
  if (!job) return no_job(text_at(call.request, "JobToken"));
  fill_job(add(call.answer, "trc:JobConfiguration"), device, *job);
  return {};
}

/// Whether it is the one that records: not while another one goes before it.
bool is_in_charge(const OnvifDevice& device, const RecordingJob& job) {
  const RecordingJob* first = nullptr;
  for (const auto& one : device.jobs) {
    const bool counts = one.active && one.recording == job.recording;
    if (counts && (!first || one.priority >= first->priority)) first = &one;
  }
  return first == &job;
}

OnvifOutcome job_state(const OnvifDevice& device, OnvifCall& call) {
  const auto* job = asked_job(device, call);
  if (!job) return no_job(text_at(call.request, "JobToken"));
  const bool in_charge = is_in_charge(device, *job);
  const bool failing = in_charge && !recording_of(device, job->recording)->card->recording();
  const std::string state = failing ? "Error" : in_charge ? "Active" : "Idle";
  auto all = add(call.answer, "trc:State");
  add(all, "tt:RecordingToken", job->recording);
  add(all, "tt:State", state);
  auto source = add(all, "tt:Sources");
  add_job_source(source, *job);
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
  };
  std::ranges::move(recording_changes(d), std::back_inserter(service.operations));
  return service;
}

}  // namespace watchrig::camera
