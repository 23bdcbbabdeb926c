#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/camera/card/card_store.hpp"
#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// What a source's main stream is recorded as, and the job that does it.
struct Recording {
  unsigned source = 1;
  std::shared_ptr<CardStore> card;
  std::string token;    ///< "recording-main", or "recording-3" of a recorder
  std::string job;      ///< "job-main"
  std::string profile;  ///< "main", of the stream
};
/// One a source, whatever the state of the card.
std::vector<Recording> recordings_of(const OnvifDevice& device);
std::optional<Recording> recording_of(const OnvifDevice& device, std::string_view token);
std::optional<Recording> recording_of_job(const OnvifDevice& device, std::string_view token);

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
