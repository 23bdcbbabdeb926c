#pragma once

#include <string_view>
#include <vector>

#include "simulators/camera/card/card_store.hpp"
#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// Tokens of the one recording on a camera's card, of its tracks and of the job that makes it.
inline constexpr std::string_view recording_token = "recording-main", recording_job_token = "job-main",
                                  recording_source_token = "main";

struct RecordedTrack {
  std::string_view token;  ///< "video"
  std::string_view type;   ///< "Video"
  std::size_t index = 0;   ///< among the tracks of a section
};
/// Those that a recording of this camera has.
std::vector<RecordedTrack> recorded_tracks(const OnvifDevice& device);

/// Of a camera with a card: a fault for every other token.
OnvifOutcome check_recording(const OnvifDevice& device, std::string_view token);
/// Appends the content of a tt:RecordingSourceInformation.
void fill_recording_source(pugi::xml_node node, const OnvifDevice& device);
/// Appends the content of a tt:RecordingInformation. `sections` are not empty where there is anything.
void fill_recording_information(pugi::xml_node node, const OnvifDevice& device,
                                const std::vector<CardStore::Section>& sections);
/// Appends the content of a tt:TrackInformation for what lies between these two times.
void fill_track_information(pugi::xml_node node, const RecordedTrack& track, base::UtcTime from,
                            base::UtcTime to);

}  // namespace watchrig::camera
