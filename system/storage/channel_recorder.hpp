#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "system/base/clock.hpp"
#include "system/media/access_unit.hpp"
#include "system/platform/recording_types.hpp"

namespace watchrig::storage {

class ChunkQueue;
struct RecorderFeed;

/// What one recorder has done since it was made.
struct RecorderStats {
  std::uint64_t units = 0;            ///< accepted
  std::uint64_t bytes = 0;            ///< payload of them
  std::uint64_t committed_units = 0;  ///< on the disk and in the index
  std::uint64_t skipped = 0;          ///< came before the first key frame; nothing could show them
  std::uint64_t dropped_server = 0;   ///< lost because this machine was too slow to write them
  std::uint64_t dropped_disk = 0;     ///< lost because the volume was full, failing or stalled
  bool failing = false;  ///< recording.failed was raised and recording.resumed has not followed yet
  std::optional<base::UtcTime> last_committed;  ///< media time of the newest unit on the disk
};

/// Records one stream of one channel. Made by Storage::record(); may outlive the Storage, then it drops
/// everything.
///
/// Units are kept in the order of arrival. With a video track, recording begins at its first key frame, and
/// after a drop it goes on at the next one, so that everything on the disk can be shown. A unit whose time
/// lies before its predecessor's begins a new run: it overwrites and hides nothing.
class ChannelRecorder {
 public:
  ChannelRecorder(std::shared_ptr<ChunkQueue> queue, std::shared_ptr<RecorderFeed> feed);
  ~ChannelRecorder();
  ChannelRecorder(const ChannelRecorder&) = delete;
  ChannelRecorder& operator=(const ChannelRecorder&) = delete;

  /// Takes a unit without copying its payload. Any thread; never waits for the disk. False when the unit was
  /// not accepted: queue over its limit, track not in the presentation, closed.
  bool push(media::AccessUnitPtr unit);

  /// The stream has changed (codec, resolution, tracks): later units belong to this presentation. Any thread.
  void present(media::Presentation presentation);

  /// Later units are recorded for these reasons; at first it is a regular recording. Any thread.
  void mark(platform::RecordingTypes types);

  /// Hands what is open to the writer; later units are refused. Does not wait. Any thread.
  void close();

  RecorderStats stats() const;

 private:
  const std::shared_ptr<ChunkQueue> queue_;
  const std::shared_ptr<RecorderFeed> feed_;
};

}  // namespace watchrig::storage
