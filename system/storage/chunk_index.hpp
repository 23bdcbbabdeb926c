#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/platform/sqlite_database.hpp"
#include "system/storage/chunk_format.hpp"

namespace watchrig::storage {

/// Where a chunk is and what one must know to choose it, without reading it.
struct ChunkRow {
  std::uint64_t run = 0;
  std::uint32_t index = 0;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint32_t head_bytes = 0;
  std::uint32_t payload_bytes = 0;
  base::UtcTime begin;
  base::UtcTime last;
  std::uint32_t interval_ns = 0;
  std::uint32_t frames = 0;
  std::optional<base::UtcTime> key;  ///< first unit at which decoding can begin
  platform::RecordingTypes types = platform::regular_recording;

  std::uint64_t bytes() const { return std::uint64_t{head_bytes} + payload_bytes; }
  friend bool operator==(const ChunkRow&, const ChunkRow&) = default;
};

/// A chunk from before there were types is a regular recording.
ChunkRow make_row(const ChunkHead& head, std::uint64_t segment, std::uint64_t offset);

struct IndexedChunk {
  std::string channel;
  std::string stream;
  ChunkRow row;
};

/// What the index knows of a segment.
struct SegmentRow {
  std::uint64_t number = 0;
  std::uint64_t known_bytes = 0;  ///< every chunk before this offset is in the index
  bool sealed = false;            ///< nothing will be appended any more
  std::uint64_t freed = 0;        ///< of what was removed and given back; counts when it is added
};

struct OldSegment {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;              ///< that it takes from the volume
  std::optional<base::UtcTime> newest;  ///< begin of its newest chunk
};

/// The time that a run of one stream covers.
struct RunRow {
  std::uint64_t run = 0;
  base::UtcTime begin;
  base::UtcTime last;
};

/// The SQLite index of a volume. It holds nothing that the segments do not: rows are written after their
/// chunks are on the medium, and may be missing after a crash, never the other way round. One thread writes;
/// the functions that are const may run on any thread at the same time and never hold it up, but where
/// it calls them itself.
class ChunkIndex {
 public:
  /// Errors: unsupported (another schema), corrupt, denied, full, io.
  static base::Result<std::unique_ptr<ChunkIndex>> open(const std::filesystem::path& path);
  /// The file and its companions. Only while it is not open.
  static void erase(const std::filesystem::path& path);

  /// Adds chunks and what is now known of their segments, in one transaction. A chunk that is already there
  /// is replaced.
  base::Result<> commit(const std::vector<IndexedChunk>& chunks, const std::vector<SegmentRow>& segments);
  /// Removes the rows of chunks that end behind `bytes` of a segment; all of them and the segment for 0. Runs
  /// of which nothing is left go too.
  base::Result<> forget(std::uint64_t segment, std::uint64_t bytes);
  /// Removes the rows of these chunks, and runs as above; what is left of a run says when it begins and ends.
  base::Result<> forget(const std::vector<IndexedChunk>& chunks);
  /// So many bytes of segments were given back to the volume. By their numbers.
  base::Result<> add_freed(const std::map<std::uint64_t, std::uint64_t>& bytes);
  /// Everything that is left in a segment is locked, so that it is none of the sealed ones below.
  base::Result<> set_locked(std::uint64_t segment);
  /// So are they all again in which something of a channel within [from, to) may be; of every channel where
  /// it is empty.
  base::Result<> release(std::string_view channel, base::UtcTime from, base::UtcTime to);
  /// The writer's thread.
  base::Result<std::vector<IndexedChunk>> chunks_in(std::uint64_t segment);

  base::Result<std::vector<SegmentRow>> segments() const;
  /// The segment with the lowest number above that to which nothing is added any more. The writer's thread.
  base::Result<std::optional<OldSegment>> oldest_sealed(std::uint64_t after);
  /// What all such segments take from the volume. The writer's thread.
  base::Result<std::uint64_t> sealed_bytes();
  base::Result<bool> knows(std::uint64_t segment) const;
  /// Of which something was recorded.
  base::Result<std::vector<std::string>> streams(std::string_view channel) const;
  /// What a channel's chunks take, heads and all; those that a torn write left twice count twice.
  base::Result<std::uint64_t> bytes(std::string_view channel) const;
  /// What chunks of a run with from <= begin < to take.
  base::Result<std::uint64_t> bytes(std::string_view channel, std::string_view stream, std::uint64_t run,
                                    base::UtcTime from, base::UtcTime to) const;
  base::Result<std::uint64_t> last_run() const;
  /// Runs that reach into [from, to), oldest first.
  base::Result<std::vector<RunRow>> runs(std::string_view channel, std::string_view stream,
                                         base::UtcTime from, base::UtcTime to) const;
  /// Chunks of a run with from <= begin < to, in order; at most `limit`.
  base::Result<std::vector<ChunkRow>> chunks(std::string_view channel, std::string_view stream,
                                             std::uint64_t run, base::UtcTime from, base::UtcTime to,
                                             std::size_t limit) const;
  /// The newest chunk of a run that has its first key frame at or before `time`.
  base::Result<std::optional<ChunkRow>> key_chunk(std::string_view channel, std::string_view stream,
                                                  std::uint64_t run, base::UtcTime time) const;
  /// The newest chunk of a run that begins before `time`.
  base::Result<std::optional<ChunkRow>> chunk_before(std::string_view channel, std::string_view stream,
                                                     std::uint64_t run, base::UtcTime time) const;
  /// Where what is shown of a run at `time` is decoded from: the begin of the chunk with its key frame, or
  /// where chunks between them were removed, of the one of that time.
  base::Result<base::UtcTime> decodable_from(std::string_view channel, std::string_view stream,
                                             const RunRow& run, base::UtcTime time) const;
  /// When the newest that there is ends.
  base::Result<std::optional<base::UtcTime>> newest() const;
  /// The newest chunk of a run.
  base::Result<std::optional<ChunkRow>> last_chunk(std::string_view channel, std::string_view stream,
                                                   std::uint64_t run) const;
  /// Every row, ordered by stream, run and index: to compare two indexes.
  base::Result<std::vector<IndexedChunk>> everything() const;

 private:
  ChunkIndex(platform::SqliteDatabase writer, platform::SqliteDatabase reader)
      : writer_(std::move(writer)), reader_(std::move(reader)) {}
  base::Result<> prepare();
  base::Result<> insert(const IndexedChunk& chunk);
  base::Result<> forget_rows(std::uint64_t segment, std::uint64_t bytes);
  base::Result<> forget_rows(const std::vector<IndexedChunk>& chunks);
  base::Result<> run(const char* sql, auto... values);
  /// In one transaction that is on the medium when it returns.
  base::Result<> durably(const std::function<base::Result<>()>& change);
  base::Result<> commit_rows(const std::vector<IndexedChunk>& chunks,
                             const std::vector<SegmentRow>& segments);

  platform::SqliteDatabase writer_;
  std::optional<platform::SqliteStatement> add_source_, add_chunk_, add_run_, add_place_, add_segment_;
  mutable std::mutex reading_;
  mutable platform::SqliteDatabase reader_;
  mutable std::optional<platform::SqliteStatement> find_runs_, find_chunks_, find_key_, find_last_;
};

}  // namespace watchrig::storage
