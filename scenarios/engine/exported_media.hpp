#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "system/base/clock.hpp"

namespace watchrig::scenarios {

/// What a media file shows of its first video track: pictures outside of its edit list are left out.
struct ExportedMedia {
  std::vector<std::string> digests;  ///< as the ledger has them
  base::Duration first_pts{};
  base::Duration last_pts{};
  bool ascending = true;  ///< each picture is shown later than the one before it
  bool audio = false;
};

/// Reads a file with the media library of this project.
base::Result<ExportedMedia> read_export(const std::filesystem::path& file);

/// What ffprobe, software not written here, says of a file after decoding it.
struct ProbedMedia {
  std::string video_codec;  ///< h264, hevc, mjpeg
  int width = 0;
  int height = 0;
  std::size_t pictures = 0;   ///< decoded and shown
  double duration = 0;        ///< seconds, of the video track
  bool ascending = true;      ///< presentation times of the pictures
  std::string audio_codec;    ///< empty without audio
  double audio_duration = 0;  ///< seconds
  std::string complaints;     ///< what the decoder found wrong
};

/// Runs ffprobe; `report` takes its JSON. Invalid: ffprobe refuses the file.
base::Result<ProbedMedia> probe_media(const std::filesystem::path& file, const std::filesystem::path& report);

/// Reads what `ffprobe -show_streams -show_frames -of json` writes.
base::Result<ProbedMedia> parse_probe(std::string_view text);

}  // namespace watchrig::scenarios
