#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/camera/card/card_store.hpp"
#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// What a source's main stream is recorded as.
struct Recording {
  unsigned source = 1;
  std::shared_ptr<CardStore> card;
  std::string token;    ///< "recording-main", or "recording-3" of a recorder
  std::string profile;  ///< "main", of the stream
};
/// Those that there are, whatever the state of the card.
std::vector<Recording> recordings_of(const OnvifDevice& device);
std::optional<Recording> recording_of(const OnvifDevice& device, std::string_view token);
/// As clients have described it; the recording exists.
const RecordingPlan& plan_of(const OnvifDevice& device, const Recording& recording);

/// Jobs that a recording can have, and those that it could have more.
inline constexpr std::size_t most_jobs = 2;
std::size_t spare_jobs(const OnvifDevice& device, std::string_view recording);
/// Appends the content of a tt:RecordingJobConfiguration.
void fill_job(pugi::xml_node node, const OnvifDevice& device, const RecordingJob& job);
void add_job_source(pugi::xml_node source, const RecordingJob& job);
OnvifOutcome no_job(std::string_view token);
/// Those of the recording service that change something.
std::vector<OnvifOperation> recording_changes(OnvifDevice& device);

struct RecordedTrack {
  std::string_view token;  ///< "video"
  std::string_view type;   ///< "Video"
  std::size_t index = 0;   ///< among the tracks of a section
};
/// Those that a recording of this camera has.
std::vector<RecordedTrack> recorded_tracks(const OnvifDevice& device);

/// What of it is on the card, by the camera's clock.
std::vector<CardStore::Section> recorded_sections(const OnvifDevice& device, const Recording& recording);
/// A fault for every other token, and while what is recorded cannot be read.
OnvifOutcome check_recording(const OnvifDevice& device, std::string_view token);
/// Appends the content of a tt:RecordingSourceInformation.
void fill_recording_source(pugi::xml_node node, const OnvifDevice& device, const Recording& recording);
/// Appends the content of a tt:RecordingInformation.
void fill_recording_information(pugi::xml_node node, const OnvifDevice& device, const Recording& recording);
/// Appends the content of a tt:TrackInformation for what lies between these two times.
void fill_track_information(pugi::xml_node node, const RecordedTrack& track, base::UtcTime from,
                            base::UtcTime to);

}  // namespace watchrig::camera
