#include "system/storage/segment_scan.hpp"

#include <algorithm>
#include <cstring>

#include "system/storage/crc32c.hpp"

namespace watchrig::storage {
namespace {

constexpr std::size_t window_bytes = max_chunk_head_bytes;

// A file made to mislead can claim a large chunk at every block; checking them all would take days.
constexpr std::uint64_t max_futile_bytes = 4ull << 30;

bool all_zero(base::ByteView bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// A file seen through a buffer, so that a scan reads large pieces. What cannot be read looks like zeros.
class Window {
 public:
  explicit Window(SegmentFile& file) : file_(file) {
    const auto size = file.size();
    buffer_.resize(size ? static_cast<std::size_t>(std::min<std::uint64_t>(*size, window_bytes))
                        : window_bytes);
  }

  /// Up to `size` bytes (at most the window) at an offset; fewer at the end of the file.
  base::ByteView at(std::uint64_t offset, std::size_t size) {
    if (offset < begin_ || offset + size > begin_ + filled_) fill(offset);
    const std::uint64_t skip = offset - begin_;
    if (skip >= filled_) return {};
    return base::ByteView(buffer_).subspan(skip, std::min<std::uint64_t>(size, filled_ - skip));
  }
  /// The first place from `offset` (inside the window) on at which a block begins that is not all zeros, or
  /// the end of the window: most of a new segment is zeros.
  std::uint64_t skip_zeros(std::uint64_t offset) const {
    const auto rest = base::ByteView(buffer_).first(filled_).subspan(offset - begin_);
    std::size_t at = 0;
    while (at < rest.size() && all_zero(rest.subspan(at, std::min(chunk_alignment, rest.size() - at)))) {
      at += chunk_alignment;
    }
    if (at < rest.size()) return offset + at;
    const std::uint64_t end = offset + rest.size();
    return std::max(offset + at, file_.skip_unwritten(end) / chunk_alignment * chunk_alignment);
  }
  bool unreadable() const { return unreadable_; }

 private:
  void fill(std::uint64_t offset) {
    begin_ = offset;
    if (const auto got = file_.read(offset, buffer_)) {
      filled_ = *got;
      return;
    }
    unreadable_ = true;
    read_in_blocks(offset);
  }
  /// One bad block must not hide the sound ones around it.
  void read_in_blocks(std::uint64_t offset) {
    std::fill(buffer_.begin(), buffer_.end(), std::uint8_t{0});
    filled_ = 0;
    const auto size = file_.size();
    if (!size || offset >= *size) return;
    filled_ = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), *size - offset));
    for (std::size_t done = 0; done < filled_; done += group_alignment) {
      const std::size_t block = std::min(group_alignment, filled_ - done);
      static_cast<void>(file_.read(offset + done, std::span(buffer_).subspan(done, block)));
    }
  }

  SegmentFile& file_;
  base::Bytes buffer_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
  bool unreadable_ = false;
};

bool payload_is_sound(Window& window, std::uint64_t offset, const ChunkHead& head) {
  Crc32c crc;
  std::uint64_t left = head.payload_bytes;
  while (left > 0) {
    const auto bytes =
        window.at(offset, static_cast<std::size_t>(std::min<std::uint64_t>(left, window_bytes)));
    if (bytes.empty()) return false;
    crc.add(bytes);
    offset += bytes.size();
    left -= bytes.size();
  }
  return crc.value() == head.payload_crc;
}

std::optional<ChunkHead> sound_head(Window& window, std::uint64_t offset, std::optional<std::uint64_t> uid) {
  const auto sizes = peek_chunk(window.at(offset, chunk_fixed_bytes));
  if (!sizes) return std::nullopt;
  auto head = parse_chunk_head(window.at(offset, sizes->head_bytes));
  if (!head || (uid && head->segment_uid != *uid)) return std::nullopt;
  return std::move(*head);
}

/// No codec makes blocks of zeros alone.
bool was_given_back(Window& window, Extent part) {
  if (part.size == 0 || window.at(part.offset, chunk_alignment).empty()) return false;
  for (auto at = part.offset; at < part.offset + part.size;) {
    const auto next = window.skip_zeros(at);
    if (next == at) return false;
    at = next;
    if (at < part.offset + part.size && window.at(at, chunk_alignment).empty()) return false;
  }
  return true;
}

}  // namespace

base::Result<ScanResult> scan_segment(
    SegmentFile& file, std::uint64_t from, std::optional<std::uint64_t> uid,
    const std::function<base::Result<>(std::uint64_t, const ChunkHead&)>& found) {
  ScanResult result;
  result.end = result.dirty_end = from;
  Window window(file);
  std::uint64_t offset = from;
  bool in_damage = false;
  std::uint64_t futile_bytes = 0;
  std::uint64_t freed = 0;
  for (;;) {
    if (window.at(offset, chunk_alignment).empty()) break;
    if (const std::uint64_t next = window.skip_zeros(offset); next != offset) {
      offset = next;
      continue;
    }
    const auto head = sound_head(window, offset, uid);
    const auto part = head ? removable_part(offset, *head) : Extent();
    if (head && was_given_back(window, part)) {
      // Or a write that was torn behind the head, where nothing sound follows.
      freed += part.size;
      result.dirty_end = offset + head->bytes();
      offset = round_up(result.dirty_end, chunk_alignment);
      continue;
    }
    if (head && futile_bytes <= max_futile_bytes) {
      if (payload_is_sound(window, offset + head->head_bytes, *head)) {
        if (auto taken = found(offset, *head); !taken) return taken.error();
        ++result.chunks;
        if (in_damage) ++result.damaged;
        in_damage = false;
        result.freed = freed;
        result.end = result.dirty_end = offset + head->bytes();
        offset = round_up(result.end, chunk_alignment);
        continue;
      }
      futile_bytes += head->payload_bytes;
    }
    in_damage = true;
    offset += chunk_alignment;
    result.dirty_end = offset;
  }
  result.unreadable = window.unreadable();
  return result;
}

}  // namespace watchrig::storage
