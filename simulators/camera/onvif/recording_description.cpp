#include "simulators/camera/onvif/recording_description.hpp"

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"

namespace watchrig::camera {

using protocols::add;

std::vector<RecordedTrack> recorded_tracks(const OnvifDevice& device) {
  std::vector<RecordedTrack> tracks{{"video", "Video", 0}};
  if (has_audio(device)) tracks.push_back({"audio", "Audio", 1});
  return tracks;
}

OnvifOutcome check_recording(const OnvifDevice& device, std::string_view token) {
  if (token != recording_token) {
    return refuse({"ter:InvalidArgVal", "ter:NoRecording"},
                  fmt::format("there is no recording \"{}\"", token));
  }
  if (device.card->state() == CardState::failed)
    return refuse({"ter:Action", "ter:StorageFailure"}, "the card cannot be read");
  return {};
}

void fill_recording_source(pugi::xml_node node, const OnvifDevice& device) {
  add(node, "tt:SourceId", device.uuid());
  add(node, "tt:Name", device.id);
  add(node, "tt:Location", "street");
  add(node, "tt:Description", "main stream");
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

void fill_recording_information(pugi::xml_node node, const OnvifDevice& device,
                                const std::vector<CardStore::Section>& sections) {
  add(node, "tt:RecordingToken", recording_token);
  fill_recording_source(add(node, "tt:Source"), device);
  if (!sections.empty()) {
    add(node, "tt:EarliestRecording", base::format_utc(sections.front().from, 6));
    add(node, "tt:LatestRecording", base::format_utc(sections.back().to, 6));
  }
  add(node, "tt:Content", "what the camera sends as its main stream");
  if (!sections.empty()) {
    for (const auto& track : recorded_tracks(device))
      fill_track_information(add(node, "tt:Track"), track, sections.front().from, sections.back().to);
  }
  add(node, "tt:RecordingStatus", device.card->recording() ? "Recording" : "Stopped");
}

}  // namespace watchrig::camera
