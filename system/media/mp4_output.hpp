#pragma once

#include <functional>
#include <string>
#include <vector>

#include "system/media/av_handles.hpp"

/// The muxer behind Mp4Writer and Fmp4Muxer, for the .cpp files of this folder only.
namespace watchrig::media {

/// A duration in ticks of a rate, rounded down, so that what lies before a cut by less than a tick is still
/// negative.
std::int64_t media_ticks(base::Duration duration, std::int64_t rate);

/// How long a sample is likely to last whose successor is not known: as long as the one before it, unless
/// that was a gap.
inline std::int64_t usual_duration(std::int64_t usual, std::int64_t last) {
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
