#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "system/storage/chunk_format.hpp"

namespace watchrig::storage {

struct RecorderFeed;

/// A chunk on its way to the disk: its units are kept as they came and written from where they are.
struct PendingChunk {
  ChunkHead head;  ///< segment uid and CRCs are the log's to fill in
  std::vector<media::AccessUnitPtr> units;
  bool payload_checked = false;  ///< head.payload_crc is set
  base::UtcTime opened;          ///< clock time of the first unit's arrival
  std::uint64_t segment = 0;     ///< once written
  std::uint64_t offset = 0;
  std::size_t queued_bytes = 0;
  std::shared_ptr<RecorderFeed> owner;  ///< whose it is; none in a test of the log alone
};

/// Cuts one stream into chunks. A chunk ends
///   - before a key frame that follows a picture which is none, so that a GOP begins with a chunk;
///   - before it would span `duration` of media time, 8 MiB or max_chunk_units;
///   - before another presentation, and when the owner takes it (after `duration` of clock time without an
///   end).
/// A unit older than its predecessor of the same track, or much older than the chunk, begins a new run.
/// Not safe on several threads.
class ChunkBuilder {
 public:
  ChunkBuilder(std::string channel, std::string stream, media::Presentation tracks, base::Duration duration);

  /// The tracks of later units; ends the open chunk.
  std::unique_ptr<PendingChunk> present(media::Presentation tracks);
  /// What later units are recorded for; ends the open chunk if that changes.
  std::unique_ptr<PendingChunk> mark(platform::RecordingTypes types);
  /// Whether adding this unit must begin a new run first.
  bool steps_back(const media::AccessUnit& unit) const;
  /// Whether this unit comes after more than a second (and more than three pictures' time) without any of any
  /// track. A run ends there, so that what is missing can be added to it later.
  bool ends_hole(const media::AccessUnit& unit) const;
  /// Ends the open chunk and gives later ones another run.
  std::unique_ptr<PendingChunk> begin_run(std::uint64_t run);
  /// The chunks to come continue a run: with this index, behind a chunk that begins at `previous`.
  void continue_run(std::uint64_t run, std::uint32_t next_index, base::UtcTime previous);
  /// Adds a unit; the chunk that ended before it, if one did. The unit's track is one of the presentation.
  std::unique_ptr<PendingChunk> add(media::AccessUnitPtr unit, base::UtcTime now, std::size_t queued_bytes);
  /// Ends the open chunk; none when nothing is open.
  std::unique_ptr<PendingChunk> take();

  const PendingChunk* open() const { return open_.get(); }
  const media::Presentation& tracks() const { return tracks_; }
  std::uint64_t run() const { return run_; }

 private:
  bool ends_before(const media::AccessUnit& unit) const;
  void note_interval(const media::AccessUnit& unit);
  std::uint32_t usual_interval() const;

  const std::string channel_;
  const std::string stream_;
  const base::Duration duration_;
  media::Presentation tracks_;
  platform::RecordingTypes types_ = platform::regular_recording;
  std::uint16_t leading_ = 0;
  bool video_ = false;
  std::uint64_t run_ = 0;
  std::uint32_t next_index_ = 0;
  base::UtcTime first_, newest_;  ///< extremes of the open chunk's times
  base::UtcTime previous_begin_ = base::UtcTime::min();
  std::vector<base::UtcTime> newest_of_track_;
  bool has_dependent_picture_ = false;
  std::deque<std::int64_t> intervals_;  ///< the last few of the leading track
  std::unique_ptr<PendingChunk> open_;
};

}  // namespace watchrig::storage
