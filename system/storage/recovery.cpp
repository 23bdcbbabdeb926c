#include "system/storage/recovery.hpp"

#include <algorithm>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/storage/segment_scan.hpp"

namespace watchrig::storage {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;

constexpr std::size_t rows_a_transaction = 5000;

class Recovery {
 public:
  Recovery(fs::path directory, VolumeFiles& files, const EventSink& sink)
      : directory_(std::move(directory)), files_(files), sink_(sink) {}

  base::Result<RecoveredVolume> run();

 private:
  base::Result<std::map<std::uint64_t, fs::path>> find_segments();
  base::Result<> open_index(bool any_segments);
  base::Result<> forget_missing(const std::map<std::uint64_t, fs::path>& segments);
  base::Result<> examine(std::uint64_t number, const fs::path& path, bool newest);
  base::Result<> keep_tail(SegmentLog::Tail tail, const ScanResult& scan, SegmentRow& row);
  base::Result<ScanResult> index_chunks(SegmentFile& file, std::uint64_t number, std::uint64_t from,
                                        std::optional<std::uint64_t> uid);
  base::Result<> flush_rows();
  void announce_damage(const fs::path& path, const std::string& cause, const std::string& message);
  void announce_result();

  const fs::path directory_;
  VolumeFiles& files_;
  const EventSink& sink_;
  RecoveredVolume volume_;
  std::map<std::uint64_t, SegmentRow> known_;
  std::vector<IndexedChunk> rows_;
  std::string rebuild_cause_;
  std::uint64_t added_ = 0;
  std::uint64_t torn_bytes_ = 0;
};

base::Result<RecoveredVolume> Recovery::run() {
  auto segments = find_segments();
  if (!segments) return segments.error();
  if (auto opened = open_index(!segments->empty()); !opened) return opened.error();
  const auto rows = volume_.index->segments();
  if (!rows) return rows.error();
  for (const SegmentRow& row : *rows) known_[row.number] = row;
  if (auto forgotten = forget_missing(*segments); !forgotten) return forgotten.error();

  for (const auto& [number, path] : *segments) {
    const bool newest = number == segments->rbegin()->first;
    if (auto examined = examine(number, path, newest); !examined) return examined.error();
  }
  const auto last_run = volume_.index->last_run();
  if (!last_run) return last_run.error();
  volume_.last_run = *last_run;
  volume_.segments = segments->size();
  if (!segments->empty()) volume_.last_number = segments->rbegin()->first;
  // A number is used once only, so that rows of a lost segment never point into another one.
  if (!known_.empty()) volume_.last_number = std::max(volume_.last_number, known_.rbegin()->first);
  announce_result();
  return std::move(volume_);
}

base::Result<std::map<std::uint64_t, fs::path>> Recovery::find_segments() {
  const auto paths = files_.list(directory_);
  if (!paths) return paths.error();
  std::map<std::uint64_t, fs::path> segments;
  for (const fs::path& path : *paths) {
    if (path.extension() == unfinished_suffix) {
      if (auto removed = files_.remove(path); !removed) return removed.error();
    } else if (const auto number = segment_number(path)) {
      segments[*number] = path;
    }
  }
  return segments;
}

base::Result<> Recovery::open_index(bool any_segments) {
  const fs::path path = directory_ / index_name;
  const fs::path suspect = directory_ / index_suspect_name;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    if (any_segments) rebuild_cause_ = "missing";
    ChunkIndex::erase(path);
  } else if (fs::exists(suspect, ignored)) {
    rebuild_cause_ = "corrupt";
    ChunkIndex::erase(path);
  }
  auto index = ChunkIndex::open(path);
  if (!index && (index.error().kind == ErrorKind::corrupt || index.error().kind == ErrorKind::unsupported)) {
    base::log_warning("{}; it is made again from the segments", index.error().message);
    rebuild_cause_ = index.error().kind == ErrorKind::corrupt ? "corrupt" : "schema";
    ChunkIndex::erase(path);
    index = ChunkIndex::open(path);
  }
  if (!index) return std::move(index).error().within(fmt::format("volume \"{}\"", directory_.native()));
  fs::remove(suspect, ignored);
  volume_.index = std::move(*index);
  return {};
}

base::Result<> Recovery::forget_missing(const std::map<std::uint64_t, fs::path>& segments) {
  for (const auto& [number, row] : known_) {
    if (segments.contains(number)) continue;
    const fs::path path = directory_ / segment_name(number);
    announce_damage(path, "missing",
                    "the file is gone, and what was recorded in it; put it back and restart if it was moved");
    if (auto forgotten = volume_.index->forget(number, 0); !forgotten) return forgotten;
  }
  return {};
}

base::Result<> Recovery::examine(std::uint64_t number, const fs::path& path, bool newest) {
  SegmentRow row{number, segment_header_bytes, false};
  if (const auto known = known_.find(number); known != known_.end()) row = known->second;
  auto file = files_.open(path);
  if (!file) {
    announce_damage(path, "io", file.error().message);
    return {};
  }
  const auto size = (*file)->size();
  if (!size) return size.error();
  if (*size < row.known_bytes) {
    announce_damage(
        path, "truncated",
        fmt::format("it ends after {} of {} bytes; what is before is kept", *size, row.known_bytes));
    if (auto forgotten = volume_.index->forget(number, std::max<std::uint64_t>(*size, 1)); !forgotten)
      return forgotten;
    row = {number, *size, true};
    return volume_.index->commit({}, {row});
  }
  if (row.sealed) return {};
  // What a start before this one has added without coming to the segment's end is added again.
  if (auto forgotten = volume_.index->forget(number, row.known_bytes); !forgotten) return forgotten;

  std::uint8_t first[64] = {};
  const auto got = (*file)->read(0, first);
  const auto header = parse_segment_header(base::ByteView(first, got ? *got : 0));
  const bool sound = header && header->number == number;
  auto scan =
      index_chunks(**file, number, row.known_bytes, header ? std::optional(header->uid) : std::nullopt);
  if (!scan) return scan.error();
  if (!header) {
    announce_damage(path, scan->chunks > 0 ? "damaged" : "foreign",
                    fmt::format("{}; {} chunks in it are readable", header.error().message, scan->chunks));
  } else if (scan->damaged > 0 || scan->unreadable) {
    announce_damage(path, "damaged",
                    fmt::format("{} places in it are damaged{}; everything else is kept", scan->damaged,
                                scan->unreadable ? " and some cannot be read" : ""));
  }
  row.known_bytes = std::min(round_up(scan->end, group_alignment), *size);
  row.sealed = true;
  row.freed = scan->freed;
  if (sound && newest && !scan->unreadable && row.known_bytes < *size) {
    if (auto kept = keep_tail({std::move(*file), *header, row.known_bytes, *size}, *scan, row); !kept)
      return kept;
  }
  if (auto flushed = flush_rows(); !flushed) return flushed;
  return volume_.index->commit({}, {row});
}

base::Result<> Recovery::keep_tail(SegmentLog::Tail tail, const ScanResult& scan, SegmentRow& row) {
  base::Bytes zeros(1u << 20);
  for (std::uint64_t at = scan.end; at < scan.dirty_end;) {
    iovec piece{zeros.data(), std::min<std::uint64_t>(zeros.size(), scan.dirty_end - at)};
    const std::uint64_t size = piece.iov_len;
    if (auto cleared = tail.file->write(at, {&piece, 1}); !cleared) {
      base::log_warning("{}; recording goes on in another segment", cleared.error().message);
      return {};
    }
    at += size;
  }
  torn_bytes_ += scan.dirty_end - scan.end;
  row.sealed = false;
  volume_.tail = std::move(tail);
  return {};
}

base::Result<ScanResult> Recovery::index_chunks(SegmentFile& file, std::uint64_t number, std::uint64_t from,
                                                std::optional<std::uint64_t> uid) {
  return scan_segment(file, from, uid, [&](std::uint64_t offset, const ChunkHead& head) -> base::Result<> {
    rows_.push_back({head.channel, head.stream, make_row(head, number, offset)});
    ++added_;
    return rows_.size() < rows_a_transaction ? base::Result<>() : flush_rows();
  });
}

base::Result<> Recovery::flush_rows() {
  auto done = volume_.index->commit(rows_, {});
  rows_.clear();
  return done;
}

void Recovery::announce_damage(const fs::path& path, const std::string& cause, const std::string& message) {
  sink_({"storage.damaged", "", "", cause, fmt::format("segment {}: {}", path.native(), message)});
}

void Recovery::announce_result() {
  if (!rebuild_cause_.empty()) {
    sink_(
        {"storage.index-rebuilt", "", "", rebuild_cause_,
         fmt::format("volume \"{}\": the index was {}; it was made again from {} segments with {} chunks",
                     directory_.native(), rebuild_cause_ == "schema" ? "of another version" : rebuild_cause_,
                     volume_.segments, added_)});
  } else if (added_ > 0 || torn_bytes_ > 0) {
    sink_(
        {"storage.recovered", "", "", "crash",
         fmt::format(
             "volume \"{}\": the server had not ended properly; {} chunks were added to the index, {} bytes "
             "of an unfinished write were left out",
             directory_.native(), added_, torn_bytes_)});
  }
}

}  // namespace

base::Result<RecoveredVolume> recover_volume(const fs::path& directory, VolumeFiles& files,
                                             const EventSink& sink) {
  auto volume = Recovery(directory, files, sink).run();
  if (volume || volume.error().kind != ErrorKind::corrupt) return volume;
  // The index could be opened, but not read: the second attempt starts without it.
  std::ofstream(directory / index_suspect_name).flush();
  return Recovery(directory, files, sink).run();
}

}  // namespace watchrig::storage
