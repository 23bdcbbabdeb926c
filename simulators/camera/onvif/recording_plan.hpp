#pragma once

#include <map>
#include <string>

namespace watchrig::camera {

/// A recording as clients have described it (tt:RecordingConfiguration).
struct RecordingPlan {
  unsigned source = 1;  ///< the video source on whose card it is
  std::string token;    ///< "recording-main", or "recording-3" of a recorder
  std::string source_id, name, location, description, address;
  std::string content, retention = "PT0S";
  std::map<std::string, std::string> tracks = {};  ///< descriptions, by the tokens of the tracks
};

/// What has a recording be made (tt:RecordingJobConfiguration). Of several active ones the one with the
/// highest priority records, of those the one that came last.
struct RecordingJob {
  std::string token;  ///< "job-main"
  std::string recording;
  std::string profile;  ///< whose stream is recorded
  bool active = true;
  int priority = 1;
};

struct OnvifDevice;
/// A recording and an active job for each source that has a card, and no others.
void begin_recordings(OnvifDevice& device);

}  // namespace watchrig::camera
