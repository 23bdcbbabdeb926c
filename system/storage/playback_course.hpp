#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "system/media/rtsp_replay.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {

/// What is played: a stream of a channel, of which units coded as `tracks` are wanted.
struct PlaybackWish {
  std::string channel;
  std::string stream;
  media::Presentation tracks;
  media::RtspReplay replay;
};

/// Above this speed only key pictures are played, and no sound at any other than 1: with rate control, which
/// is of people that look.
inline constexpr double all_pictures_up_to = 4;
/// While what was recorded last is no older, more of it is waited for.
inline constexpr base::Duration recording_patience = std::chrono::seconds(5);

/// In which order the units of a recording are played. Forwards from the key picture at or before the time
/// asked for, over holes to what follows, up to what is being recorded now. Backwards groups of pictures come
/// from the last to the first, each with its pictures in their order, and without sound (ONVIF Streaming,
/// 6.5.2). One thread at a time; reads from the disk: not for an input/output executor. Storage and clock
/// outlive it.
class PlaybackCourse {
 public:
  struct Step {
    media::AccessUnitPtr unit;
    /// Since the first step, at speed 1 and without the holes; of one track at a time it never runs back.
    base::Duration played{};
    std::uint32_t rtp_timestamp = 0;  ///< goes on with `unit->time`, smoothly as that of the camera
    bool discontinuity = false;       ///< it does not follow what was played of its track before
    bool section_end = false;         ///< there is a hole behind it in its track, in the order of time
    bool last = false;                ///< of its track
  };
  struct Batch {
    std::vector<Step> steps;
    bool ended = false;
    bool waits = false;  ///< there is no more yet
  };

  virtual ~PlaybackCourse() = default;

  /// Reads about so many bytes of the recording; where none of them is wanted, there are no steps.
  virtual Batch read(std::size_t bytes) = 0;
  /// Any thread: what is read is not wanted any more. Ends a read() soon.
  void stop() { stopped_ = true; }

  static std::unique_ptr<PlaybackCourse> plan(const Storage& storage, const base::Clock& clock,
                                              PlaybackWish wish);

 protected:
  bool is_stopped() const { return stopped_; }

 private:
  std::atomic<bool> stopped_ = false;
};

/// How the first unit at or after that time is coded, from the key picture at or before it. Reads from the
/// disk. Errors: not_found.
base::Result<media::Presentation> recorded_tracks(const Storage& storage, std::string_view channel,
                                                  std::string_view stream, base::UtcTime from,
                                                  base::UtcTime to);

}  // namespace watchrig::storage
