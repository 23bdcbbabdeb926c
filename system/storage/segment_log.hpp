#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "system/base/clock.hpp"
#include "system/storage/chunk_index.hpp"
#include "system/storage/full_rule.hpp"
#include "system/storage/pending_chunk.hpp"
#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

class OldestSegment;

/// `segment-0000000001.wrs`
std::string segment_name(std::uint64_t number);
/// The number in such a name, or nothing for any other file.
std::optional<std::uint64_t> segment_number(const std::filesystem::path& path);
/// What a segment is called until its header is on the medium; may be removed when it is found.
inline constexpr const char* unfinished_suffix = ".new";

/// Writes chunks behind each other into segments, and waits once for all that are given together. The
/// invariants:
///   - a chunk's location is set only after it is on the medium;
///   - what was on the medium before is never written again;
///   - after a failed write or sync a segment is given up, and what was not safe in it goes to a new one.
/// One thread.
class SegmentLog {
 public:
  struct Settings {
    std::filesystem::path directory;
    std::uint64_t segment_bytes = 0;
    FullRule full;
    std::shared_ptr<OldestSegment> oldest;  ///< where the rule is to overwrite
  };
  /// The segment in which a server that was stopped or killed can go on.
  struct Tail {
    std::unique_ptr<SegmentFile> file;
    SegmentHeader header;
    std::uint64_t position = 0;
    std::uint64_t size = 0;
  };

  SegmentLog(Settings settings, std::shared_ptr<VolumeFiles> files, const base::Clock& clock,
             std::uint64_t last_number, std::optional<Tail> tail);

  struct Appended {
    std::size_t chunks = 0;            ///< of the group, from its front, are on the medium
    std::optional<base::Error> error;  ///< why not all of them
  };
  Appended append(const std::vector<std::unique_ptr<PendingChunk>>& group);

  /// Whether the volume takes a segment, which the next chunks get.
  base::Result<> try_to_write();

  /// What these have changed since the last call, for the index.
  std::vector<SegmentRow> take_changes();
  std::uint64_t segments_made() const { return made_; }
  /// The number of the segment that is being written, or comes next.
  std::uint64_t written_segment() const { return tail_ ? tail_->header.number : last_number_ + 1; }

 private:
  base::Result<> make_room(std::uint64_t bytes);
  base::Result<Tail> make_segment(std::uint64_t bytes);
  /// How much is missing to keep so much free, and so many bytes more.
  base::Result<std::uint64_t> missing(std::uint64_t kept_free, std::uint64_t bytes) const;
  base::Result<Tail> create_segment(std::uint64_t bytes, std::uint64_t kept_free);
  base::Result<std::size_t> append_some(const std::vector<std::unique_ptr<PendingChunk>>& group,
                                        std::size_t from);
  void give_up();
  void seal();

  const Settings settings_;
  const std::shared_ptr<VolumeFiles> files_;
  const base::Clock& clock_;
  std::uint64_t last_number_;
  std::uint64_t made_ = 0;
  std::optional<Tail> tail_;
  std::vector<SegmentRow> changes_;
};

}  // namespace watchrig::storage
