#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/metrics.hpp"
#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/storage/channel_recorder.hpp"
#include "system/storage/full_rule.hpp"
#include "system/storage/recording_reader.hpp"
#include "system/storage/retention_sweep.hpp"
#include "system/storage/storage_event.hpp"

namespace watchrig::storage {

class VolumeFiles;

inline constexpr std::size_t most_volumes = 64;
/// By the directories of volumes: their disk groups, 1 to most_volumes. Those that are not here are of the
/// first.
using DiskGroups = std::map<std::string, std::int64_t>;

/// Where a volume is.
struct VolumePlace {
  std::filesystem::path directory;     ///< of this volume alone; made when it is missing
  std::shared_ptr<VolumeFiles> files;  ///< the file system unless a test puts its own here
  bool must_exist = false;             ///< it is not made: its disk may not be mounted
};

struct Options {
  std::vector<VolumePlace> volumes;          ///< 1 to most_volumes
  std::uint64_t segment_bytes = 256u << 20;  ///< 1 MiB to 16 GiB; a whole segment is reserved at once
  base::Duration chunk_duration = std::chrono::milliseconds(500);  ///< 20 ms to 10 s of data a chunk at most
  base::Duration group_interval =
      std::chrono::milliseconds(100);  ///< closed chunks wait this long for others
  FullRule full;
  std::uint64_t most_locked_percent = 50;  ///< of the volume, 0 to 90
  /// What is older is removed, a segment at a time; zero: kept while there is space.
  base::Duration keep = base::Duration::zero();
  /// Units in memory that are not on the disk yet, for each volume.
  std::uint64_t queue_bytes = 256u << 20;
  base::Duration retry_interval = std::chrono::seconds(1);  ///< between attempts on a full or failing volume
  base::Duration stall_alarm = std::chrono::seconds(3);  ///< data older than this and not on the disk: alarm
  base::Duration reopen_interval = std::chrono::seconds(10);  ///< real time between attempts to open a volume
};

/// Time that is recorded without a hole. Chunks are joined when the last frame of one and the first of the
/// next lie less than 1.5 frame intervals or 200 ms apart, whichever is larger.
struct Span {
  base::UtcTime from;                  ///< first unit
  base::UtcTime to;                    ///< last unit and one frame interval
  std::uint64_t frames = 0;            ///< pictures; units where there is no video track
  std::uint64_t bytes = 0;             ///< payload
  platform::RecordingTypes types = 0;  ///< that occur in it
};

/// Shorter ones are the stream's own, or of single pictures.
inline constexpr base::Duration least_hole = std::chrono::seconds(1);

/// Time between two runs in which nothing is recorded, longer than least_hole. Valid until something is
/// recorded there.
struct Hole {
  base::UtcTime from;            ///< the last unit before it
  base::UtcTime to;              ///< the first unit behind it
  std::uint64_t run = 0;         ///< that ends before it
  std::uint32_t next_index = 0;  ///< of the chunk that would follow in that run
  base::UtcTime last_chunk;      ///< begin of the chunk before that one
  platform::RecordingTypes types = platform::regular_recording;  ///< of that chunk
};

struct StorageStats {
  std::uint64_t chunks = 0;         ///< committed since open()
  std::uint64_t bytes = 0;          ///< payload of them
  std::uint64_t groups = 0;         ///< commits, each with one wait for the disk
  std::uint64_t segments = 0;       ///< on the volumes
  std::uint64_t queued_bytes = 0;   ///< in memory, not on the disk yet
  std::uint64_t dropped_units = 0;  ///< of all recorders
  base::Duration
      longest_commit{};  ///< write and wait for the disk; see README for what it means for data at risk
};

/// How a volume is.
struct VolumeState {
  std::filesystem::path directory;
  std::string state;           ///< working, failing, stalled, missing
  std::uint64_t capacity = 0;  ///< bytes of its file system; 0: it does not say
  std::uint64_t free = 0;
  std::uint64_t locked = 0;        ///< bytes of recordings
  std::uint64_t recorders = 0;     ///< streams that are recorded on it
  std::uint64_t queued_bytes = 0;  ///< in memory for it
  std::int64_t disk_group = 1;
};

/// The recordings of all volumes. Each channel is recorded on one of those of its disk group that work, so
/// that their loads are as their capacities; when that one fails or hangs, the others of the group take its
/// channels until it works again, and those of other groups where no other does; nothing is lost but what it
/// had in hand. What is read is of all of them. Any thread may call every function. Clock, metrics and
/// whatever the sink refers to outlive it.
class Storage {
 public:
  /// Opens the volumes. One that cannot be opened is told, and tried again later, unless none can. Errors:
  /// conflict (another server has the directory), denied, invalid (not a directory, option out of range), io.
  static base::Result<std::unique_ptr<Storage>> open(const Options& options, const base::Clock& clock,
                                                     base::Metrics& metrics, EventSink sink);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// Starts to record. Errors: conflict (this stream already has a recorder that is not closed), invalid (no
  /// tracks, names longer than 255 bytes or empty).
  base::Result<std::shared_ptr<ChannelRecorder>> record(const std::string& channel, const std::string& stream,
                                                        media::Presentation presentation);

  /// From now on these groups hold, and no others: what is recorded goes where it belongs from the next key
  /// picture on; what is on the disks stays there.
  void group(const DiskGroups& groups);
  /// The disk group of a channel; the first as long as nobody says another.
  void assign(const std::string& channel, std::int64_t disk_group);

  /// What is on the disk within [from, to), cut to it, in order of time. Frames and bytes count whole chunks
  /// at the two ends. Unknown names give none. With `types`, only what is of one of them.
  base::Result<std::vector<Span>> spans(std::string_view channel, std::string_view stream, base::UtcTime from,
                                        base::UtcTime to,
                                        platform::RecordingTypes types = platform::any_recording) const;

  /// Those of the bounds of days behind which, before the next of them, something is on the disk.
  base::Result<std::vector<base::UtcTime>> recorded_days(
      std::string_view channel, std::string_view stream, std::span<const base::UtcTime> bounds,
      platform::RecordingTypes types = platform::any_recording) const;

  /// The holes between what is on the disk within [from, to), in order of arrival.
  base::Result<std::vector<Hole>> holes(std::string_view channel, std::string_view stream, base::UtcTime from,
                                        base::UtcTime to) const;

  /// The time of the newest unit before that time, to within the units of the run that it falls into; nothing
  /// where all is newer.
  base::Result<std::optional<base::UtcTime>> last_before(std::string_view channel, std::string_view stream,
                                                         base::UtcTime time) const;

  /// Records what is missing in a hole, as the continuation of what is before it, also its types: units with
  /// times between those of the hole, of the tracks before it, beginning with the unit that follows the last
  /// one or with a key frame. Beside a recorder of the same stream. It takes no more while half of
  /// `queue_bytes` wait, and nothing older than what it had; both are told by push(). Errors: as record().
  base::Result<std::shared_ptr<ChannelRecorder>> fill(const std::string& channel, const std::string& stream,
                                                      media::Presentation presentation, const Hole& hole);

  /// not_found when nothing of the stream is recorded within [from, to).
  base::Result<RecordingReader> read(std::string_view channel, std::string_view stream, base::UtcTime from,
                                     base::UtcTime to) const;

  /// What channels have beyond these limits is removed; in place of the limits before.
  void limit(Retentions limits);

  /// What was recorded of a channel before has been removed by its limits since open().
  base::UtcTime removed_until(const std::string& channel) const;

  /// Locks what is recorded of a channel within [from, to), as it says; kept_from, bytes and id are filled
  /// in. The same again is that lock. Errors: invalid (an empty period, one that has not passed, no channel),
  /// not_found (nothing is recorded there), conflict (as much is locked on a volume as may be), unavailable
  /// (no volume is there), io.
  base::Result<SpanLock> lock(SpanLock lock);
  /// The lock that was. Errors: not_found, io.
  base::Result<SpanLock> unlock(std::int64_t id);
  std::vector<SpanLock> locks() const;

  /// Closes the open chunks and waits until everything pushed before is on the disk and in the index, or an
  /// attempt to write it has failed; then the error says why. `deadline` is real time.
  base::Result<> flush(base::Duration deadline = std::chrono::seconds(10));

  StorageStats stats() const;
  /// As in the options. Asks the file systems, which may take as long as a disk hangs.
  std::vector<VolumeState> volumes() const;

  /// flush(), then ends the writer; recorders drop what they get afterwards. Also done by the destructor.
  void stop();

 private:
  struct Parts;
  explicit Storage(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace watchrig::storage
