#pragma once

#include <deque>

#include "system/storage/chunk_cursor.hpp"
#include "system/storage/recorded_runs.hpp"
#include "system/storage/recording_reader.hpp"
#include "system/storage/storage_event.hpp"
#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

/// Everything a reader holds; it shares the indexes, so that it may outlive the Storage.
struct RecordingReader::State {
  EventSink sink;
  std::string channel;
  std::string stream;
  base::UtcTime from;
  base::UtcTime to;

  std::deque<RecordedRun> runs;            ///< not begun yet
  RecordedRun run;                         ///< under way
  bool goes_on = false;                    ///< from another volume
  std::optional<ChunkCursor> cursor;       ///< in the run under way
  std::deque<media::AccessUnitPtr> units;  ///< of the chunk under way, not delivered yet
  std::shared_ptr<const media::Presentation> presentation;
  std::optional<std::uint32_t> next_index;  ///< of the chunk that would follow without a hole
  bool needs_key = true;
  bool discontinuity = false;
  std::uint64_t open_segment = 0;
  std::optional<base::UtcTime> overwritten_until;
  std::unique_ptr<SegmentFile> file;

  std::optional<RecordedUnit> next();

 private:
  bool load_chunk();
  bool begin_run();
  void take_chunk(const ChunkHead& head, base::ByteView payload);
  void skip_to_first_wanted(const ChunkHead& head);
  /// It has been removed since the row was read.
  bool is_overwritten(const ChunkRow& chunk, const base::Error& error) const;
  base::Result<ChunkHead> read_chunk(const ChunkRow& row, base::Bytes& bytes);
  void interrupt();
};

}  // namespace watchrig::storage
