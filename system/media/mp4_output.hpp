#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "system/media/av_handles.hpp"

/// The muxer behind Mp4Writer and Fmp4Muxer, for the .cpp files of this folder only.
namespace watchrig::media {

/// A duration in ticks of a rate, rounded down, so that what lies before a cut by less than a tick is still
/// negative.
std::int64_t media_ticks(base::Duration duration, std::int64_t rate);

/// The ticks of units that follow each other on one track. Units less than a tick apart, as pictures are that
/// are sent in another order than they are shown in, get ticks one after the other: a sample that does not
/// rise would be lost.
class RisingTicks {
 public:
  /// `since` is the unit's time after the beginning. Empty, and nothing is changed, when the unit is not
  /// later than the one before.
  std::optional<std::int64_t> next(base::Duration since, std::int64_t rate);

 private:
  std::optional<base::Duration> last_;
  std::int64_t tick_ = 0;
};

/// How long a sample is likely to last whose successor is not known: as long as the one before it, unless
/// that was a gap, or so short (below 1 ms) that only RisingTicks keeps the two apart.
inline std::int64_t usual_duration(std::int64_t usual, std::int64_t last, std::int64_t rate) {
  if (last * 1000 < rate) return usual;
  return usual == 0 || last < 2 * usual ? last : usual;
}

/// Completes parameter sets and size of a video track from its first key picture. Error `invalid` when
/// neither has them.
base::Result<void> complete_track(Track& track, base::ByteView key_payload);

/// libavformat's mov muxer writing through a function.
class Mp4Output {
 public:
  /// Bytes to this offset; an error is kept and ends the writing.
  using Write = std::function<base::Result<void>(std::uint64_t offset, base::ByteView bytes)>;

  explicit Mp4Output(Write write);
  ~Mp4Output();
  Mp4Output(const Mp4Output&) = delete;
  Mp4Output& operator=(const Mp4Output&) = delete;

  /// Adds a track with 4-byte lengths. `track.config` is complete; AAC and video only.
  base::Result<void> add_track(const Track& track);
  /// Semicolon-free options of the muxer: name and value.
  base::Result<void> begin(const std::vector<std::pair<const char*, const char*>>& options);
  /// Times in ticks of the track: 90 kHz for video, samples for sound. `payload` is not copied.
  base::Result<void> write(int track, base::ByteView payload, std::int64_t time, std::int64_t duration,
                           bool key);
  base::Result<void> end();

 private:
  struct Io;
  base::Result<void> checked(std::string_view action, int code);

  std::unique_ptr<Io> io_;
  AVFormatContext* context_ = nullptr;
  AvPacketPtr packet_{av_packet_alloc()};
};

}  // namespace watchrig::media
