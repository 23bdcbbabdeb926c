#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/engine/halt.hpp"
#include "system/base/clock.hpp"

namespace watchrig::scenarios {

/// Somebody who watches a live stream while the scenario goes on. Any thread.
class View {
 public:
  struct Progress {
    std::uint64_t pictures = 0;
    std::string problem;  ///< why it ended by itself; empty while it goes on
  };

  virtual ~View() = default;
  virtual Progress progress() const = 0;
  /// The longest time without a picture within [from, to), the time before the first one and after the last
  /// included. Nothing for a player that does not tell.
  virtual std::optional<base::Duration> longest_gap(base::UtcTime from, base::UtcTime to) const = 0;
  /// Of every picture received, at most the first 50,000; empty for a player that does not tell.
  virtual std::vector<std::string> digests() const = 0;
  /// Seconds from the capture of a picture to the moment at which it was decoded, by the stamp burnt into it.
  virtual std::vector<double> latencies(base::UtcTime from, base::UtcTime to) const = 0;
};

/// Watches with the RTSP client of this project. With `decode` every picture is decoded and its stamp read.
struct ViewOptions {
  std::string url;
  bool udp = false;
  bool decode = false;
  std::string trusted =
      {};  ///< certificates in PEM behind rtsps://; ffmpeg, for which it is another day, believes all
};
std::unique_ptr<View> open_view(const ViewOptions& options, const base::Clock& clock, Halt& halt);

/// Watches with ffmpeg, software not written here; `file` takes its progress and `file`.log what it says.
base::Result<std::unique_ptr<View>> open_player(const ViewOptions& options,
                                                const std::filesystem::path& file);

/// The number of frames in what `ffmpeg -progress` writes.
std::uint64_t parse_player_progress(std::string_view text);

}  // namespace watchrig::scenarios
