// Recordings and jobs that clients make, change and delete (ONVIF Recording Control 5). There is room for one
// recording of each source, which is deleted with all that it has; and for two jobs a recording.
#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/recording_description.hpp"
#include "system/base/text.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::children;
using protocols::SoapFault;
using protocols::text_at;

constexpr std::size_t longest_text = 64;

OnvifOutcome bad(std::string reason) {
  return refuse({"ter:InvalidArgVal", "ter:BadConfiguration"}, std::move(reason));
}

OnvifOutcome no_room(const char* subcode, std::string reason) {
  return SoapFault{SoapFault::Blame::receiver, {"ter:Action", subcode}, std::move(reason)};
}

auto plan_of(OnvifDevice& device, std::string_view token) {
  return std::ranges::find(device.recordings, token, &RecordingPlan::token);
}

/// Has each card record while one of the jobs asks for it.
void settle_jobs(OnvifDevice& device) {
  for (unsigned source = 1; source <= device.cards.size(); ++source) {
    const auto plan = std::ranges::find(device.recordings, source, &RecordingPlan::source);
    const bool active =
        plan != device.recordings.end() && std::ranges::any_of(device.jobs, [&](const RecordingJob& job) {
          return job.active && job.recording == plan->token;
        });
    device.cards[source - 1]->set_job(active);
  }
}

RecordingPlan first_plan(const OnvifDevice& device, unsigned source, std::string token) {
  const auto& profile = device.main_stream(source).name;
  return {source,
          std::move(token),
          device.uuid(),
          device.is_recorder ? fmt::format("{} {}", device.id, source) : device.id,
          "street",
          fmt::format("{} stream", profile),
          fmt::format("http://{}/", device.place.address),
          fmt::format("what is sent as {}", profile)};
}

OnvifOutcome read_plan(pugi::xml_node node, RecordingPlan& plan) {
  const std::pair<const char*, std::string*> texts[] = {
      {"Source/SourceId", &plan.source_id},      {"Source/Name", &plan.name},
      {"Source/Location", &plan.location},       {"Source/Description", &plan.description},
      {"Source/Address", &plan.address},         {"Content", &plan.content},
      {"MaximumRetentionTime", &plan.retention},
  };
  for (const auto& [path, text] : texts) {
    *text = text_at(node, path);
    if (text->size() > longest_text) return bad(fmt::format("{} has at most {} letters", path, longest_text));
  }
  const auto retention = protocols::parse_xml_duration(plan.retention);
  if (!retention) return bad(fmt::format("MaximumRetentionTime \"{}\" is no duration", plan.retention));
  if (*retention != base::Duration::zero())
    return bad("the oldest makes room when the card is full, and not before: MaximumRetentionTime is PT0S");
  return {};
}

OnvifOutcome create_recording(OnvifDevice& device, OnvifCall& call) {
  RecordingPlan plan;
  if (auto wrong = read_plan(child(call.request, "RecordingConfiguration"), plan)) return wrong;
  while (std::ranges::find(device.recordings, plan.source, &RecordingPlan::source) != device.recordings.end())
    ++plan.source;
  if (plan.source > device.cards.size())
    return no_room("ter:MaxRecordings", fmt::format("there is room for {} recordings", device.cards.size()));
  plan.token = fmt::format("recording-made-{}", ++device.recordings_made);
  add(call.answer, "trc:RecordingToken", plan.token);
  device.recordings.push_back(std::move(plan));
  std::ranges::sort(device.recordings, {}, &RecordingPlan::source);
  settle_jobs(device);
  return {};
}

OnvifOutcome delete_recording(OnvifDevice& device, const OnvifCall& call) {
  const auto token = text_at(call.request, "RecordingToken");
  if (auto refused = check_recording(device, token)) return refused;
  const auto plan = plan_of(device, token);
  const auto& card = device.cards[plan->source - 1];
  if (card->state() == CardState::removed)
    return refuse({"ter:Action", "ter:StorageFailure"}, "the card is not in the camera: put it in first");
  std::erase_if(device.jobs, [&](const RecordingJob& job) { return job.recording == token; });
  device.recordings.erase(plan);
  settle_jobs(device);
  card->erase();
  return {};
}

OnvifOutcome set_recording(OnvifDevice& device, const OnvifCall& call) {
  const auto token = text_at(call.request, "RecordingToken");
  if (auto refused = check_recording(device, token)) return refused;
  auto plan = *plan_of(device, token);
  if (auto wrong = read_plan(child(call.request, "RecordingConfiguration"), plan)) return wrong;
  *plan_of(device, token) = std::move(plan);
  return {};
}

OnvifOutcome set_track(OnvifDevice& device, const OnvifCall& call) {
  const auto recording = text_at(call.request, "RecordingToken"), token = text_at(call.request, "TrackToken");
  if (auto refused = check_recording(device, recording)) return refused;
  const auto tracks = recorded_tracks(device);
  const auto track = std::ranges::find(tracks, token, &RecordedTrack::token);
  if (track == tracks.end())
    return refuse({"ter:InvalidArgVal", "ter:NoTrack"}, fmt::format("there is no track \"{}\"", token));
  const auto wanted = child(call.request, "TrackConfiguration");
  auto description = text_at(wanted, "Description");
  if (text_at(wanted, "TrackType") != track->type)
    return bad(fmt::format("the track \"{}\" stays one of {}", token, track->type));
  if (description.size() > longest_text)
    return bad(fmt::format("a description has at most {} letters", longest_text));
  plan_of(device, recording)->tracks[token] = std::move(description);
  return {};
}

OnvifOutcome read_job(const OnvifDevice& device, pugi::xml_node node, RecordingJob& job) {
  job.recording = text_at(node, "RecordingToken");
  if (auto refused = check_recording(device, job.recording)) return refused;
  const auto recording = *recording_of(device, job.recording);
  const auto mode = text_at(node, "Mode");
  if (mode != "Active" && mode != "Idle") return bad("a job is Active or Idle");
  job.active = mode == "Active";
  const auto priority = base::parse_number<int>(text_at(node, "Priority"));
  if (!priority) return bad("the priority of a job is a number");
  job.priority = *priority;
  job.profile = recording.profile;
  const auto sources = children(node, "Source");
  if (sources.size() > 1) return bad("a job has one source");
  if (sources.empty()) return {};
  const auto created = text_at(sources.front(), "AutoCreateReceiver");
  if (created == "true" || created == "1") return bad("there are no receivers here");
  const auto named = text_at(sources.front(), "SourceToken/Token");
  const auto* profile = device.profile(named);
  const auto* stream = profile ? device.stream_of(*profile) : nullptr;
  if (!stream || stream->name != recording.profile)
    return bad(
        fmt::format("recorded is what the profile {} has, not that of \"{}\"", recording.profile, named));
  job.profile = named;
  const auto tracks = recorded_tracks(device);
  for (const auto& track : children(sources.front(), "Tracks")) {
    const auto destination = text_at(track, "Destination");
    if (std::ranges::find(tracks, destination, &RecordedTrack::token) == tracks.end())
      return bad(fmt::format("there is no track \"{}\"", destination));
  }
  return {};
}

OnvifOutcome create_job(OnvifDevice& device, OnvifCall& call) {
  RecordingJob job;
  if (auto refused = read_job(device, child(call.request, "JobConfiguration"), job)) return refused;
  if (spare_jobs(device, job.recording) == 0)
    return no_room("ter:MaxRecordingJobs", fmt::format("a recording has at most {} jobs", most_jobs));
  job.token = fmt::format("job-made-{}", ++device.jobs_made);
  device.jobs.push_back(job);
  settle_jobs(device);
  add(call.answer, "trc:JobToken", job.token);
  fill_job(add(call.answer, "trc:JobConfiguration"), device, job);
  return {};
}

OnvifOutcome delete_job(OnvifDevice& device, const OnvifCall& call) {
  const auto token = text_at(call.request, "JobToken");
  if (std::erase_if(device.jobs, [&](const RecordingJob& job) { return job.token == token; }) == 0)
    return no_job(token);
  settle_jobs(device);
  return {};
}

/// Its recording stays the same one.
OnvifOutcome set_job(OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "JobToken");
  const auto job = std::ranges::find(device.jobs, token, &RecordingJob::token);
  if (job == device.jobs.end()) return no_job(token);
  RecordingJob changed = *job;
  if (auto refused = read_job(device, child(call.request, "JobConfiguration"), changed)) return refused;
  if (changed.recording != job->recording)
    return bad(fmt::format("the job \"{}\" is of the recording \"{}\"", token, job->recording));
  *job = changed;
  settle_jobs(device);
  fill_job(add(call.answer, "trc:JobConfiguration"), device, changed);
  return {};
}

OnvifOutcome set_mode(OnvifDevice& device, const OnvifCall& call) {
  const auto token = text_at(call.request, "JobToken");
  const auto job = std::ranges::find(device.jobs, token, &RecordingJob::token);
  if (job == device.jobs.end()) return no_job(token);
  const auto mode = text_at(call.request, "Mode");
  if (mode != "Active" && mode != "Idle")
    return refuse({"ter:InvalidArgVal", "ter:BadMode"}, "a job is Active or Idle");
  job->active = mode == "Active";
  settle_jobs(device);
  return {};
}

}  // namespace

void begin_recordings(OnvifDevice& device) {
  device.recordings.clear();
  device.jobs.clear();
  for (unsigned source = 1; source <= device.cards.size(); ++source) {
    const auto name = device.is_recorder ? std::to_string(source) : "main";
    device.recordings.push_back(first_plan(device, source, "recording-" + name));
    device.jobs.push_back({"job-" + name, "recording-" + name, device.main_stream(source).name});
  }
  settle_jobs(device);
}

std::vector<OnvifOperation> recording_changes(OnvifDevice& d) {
  constexpr auto actuate = AccessClass::actuate;
  return {
      {"CreateRecording", actuate, [&d](OnvifCall& c) { return create_recording(d, c); }},
      {"DeleteRecording", actuate, [&d](OnvifCall& c) { return delete_recording(d, c); }},
      {"SetRecordingConfiguration", actuate, [&d](OnvifCall& c) { return set_recording(d, c); }},
      {"SetTrackConfiguration", actuate, [&d](OnvifCall& c) { return set_track(d, c); }},
      {"CreateRecordingJob", actuate, [&d](OnvifCall& c) { return create_job(d, c); }},
      {"DeleteRecordingJob", actuate, [&d](OnvifCall& c) { return delete_job(d, c); }},
      {"SetRecordingJobConfiguration", actuate, [&d](OnvifCall& c) { return set_job(d, c); }},
      {"SetRecordingJobMode", actuate, [&d](OnvifCall& c) { return set_mode(d, c); }},
  };
}

}  // namespace watchrig::camera
