#include "system/storage/segment_log.hpp"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/storage/crc32c.hpp"
#include "system/storage/oldest_segment.hpp"

namespace watchrig::storage {
namespace {

constexpr std::string_view name_prefix = "segment-";
constexpr std::string_view name_suffix = ".wrs";
constexpr int most_freed_at_once = 4;
constexpr int most_freed_in_need = 32;  ///< parts of segments, where the rest of them is locked
constexpr std::uint8_t zeros[group_alignment] = {};

void check_payload(PendingChunk& chunk) {
  if (chunk.payload_checked) return;
  Crc32c crc;
  for (const auto& unit : chunk.units) crc.add(unit->payload);
  chunk.head.payload_crc = crc.value();
  chunk.payload_checked = true;
}

std::uint64_t random_uid() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

/// Collects what one write call takes.
class Gather {
 public:
  explicit Gather(std::uint64_t offset) : end_(offset) {}
  void add(const void* data, std::size_t size) {
    if (size == 0) return;
    vectors_.push_back({const_cast<void*>(data), size});
    end_ += size;
  }
  void pad(std::size_t alignment) { add(zeros, round_up(end_, alignment) - end_); }
  std::uint64_t end() const { return end_; }
  std::span<iovec> vectors() { return vectors_; }

 private:
  std::uint64_t end_;
  std::vector<iovec> vectors_;
};

}  // namespace

std::string segment_name(std::uint64_t number) {
  return fmt::format("{}{:010}{}", name_prefix, number, name_suffix);
}

std::optional<std::uint64_t> segment_number(const std::filesystem::path& path) {
  const std::string name = path.filename().native();
  std::string_view digits = name;
  if (!digits.starts_with(name_prefix) || !digits.ends_with(name_suffix)) return std::nullopt;
  digits.remove_prefix(name_prefix.size());
  digits.remove_suffix(name_suffix.size());
  const auto number = base::parse_number<std::uint64_t>(digits);
  if (!number || *number == 0 || *number > INT64_MAX || name != segment_name(*number)) return std::nullopt;
  return number;
}

SegmentLog::SegmentLog(Settings settings, std::shared_ptr<VolumeFiles> files, const base::Clock& clock,
                       std::uint64_t last_number, std::optional<Tail> tail)
    : settings_(std::move(settings)),
      files_(std::move(files)),
      clock_(clock),
      last_number_(last_number),
      tail_(std::move(tail)) {}

SegmentLog::Appended SegmentLog::append(const std::vector<std::unique_ptr<PendingChunk>>& group) {
  Appended result;
  bool tried_another = false;
  while (result.chunks < group.size()) {
    const auto written = append_some(group, result.chunks);
    if (written) {
      result.chunks += *written;
      tried_another = false;
      continue;
    }
    // A segment that fails may be the fault of one bad place; a second one that fails is the volume's.
    if (!tail_ || tried_another) {
      if (tail_) give_up();
      result.error = written.error();
      return result;
    }
    give_up();
    tried_another = true;
  }
  return result;
}

base::Result<std::size_t> SegmentLog::append_some(const std::vector<std::unique_ptr<PendingChunk>>& group,
                                                  std::size_t from) {
  group[from]->head.segment_uid = 0;
  const std::uint64_t first_bytes =
      write_chunk_head(group[from]->head).size() + group[from]->head.payload_bytes;
  if (auto room = make_room(round_up(first_bytes, group_alignment)); !room) return room.error();

  Gather gather(tail_->position);
  std::vector<base::Bytes> heads;
  std::vector<std::uint64_t> offsets;
  heads.reserve(group.size() - from);
  for (std::size_t i = from; i < group.size(); ++i) {
    PendingChunk& chunk = *group[i];
    check_payload(chunk);
    chunk.head.segment_uid = tail_->header.uid;
    base::Bytes head = write_chunk_head(chunk.head);
    const std::uint64_t offset = round_up(gather.end(), chunk_alignment);
    if (round_up(offset + head.size() + chunk.head.payload_bytes, group_alignment) > tail_->size) break;
    gather.pad(chunk_alignment);
    chunk.head.head_bytes = static_cast<std::uint32_t>(head.size());
    offsets.push_back(offset);
    heads.push_back(std::move(head));
    gather.add(heads.back().data(), heads.back().size());
    for (const auto& unit : chunk.units) gather.add(unit->payload.data(), unit->payload.size());
  }
  gather.pad(group_alignment);
  if (auto written = tail_->file->write(tail_->position, gather.vectors()); !written) return written.error();
  if (auto safe = tail_->file->sync(); !safe) return safe.error();

  for (std::size_t i = 0; i < offsets.size(); ++i) {
    group[from + i]->segment = tail_->header.number;
    group[from + i]->offset = offsets[i];
  }
  tail_->position = gather.end();
  changes_.push_back({tail_->header.number, tail_->position, false});
  return offsets.size();
}

base::Result<> SegmentLog::try_to_write() { return make_room(group_alignment); }

base::Result<> SegmentLog::make_room(std::uint64_t bytes) {
  if (tail_ && tail_->position + bytes <= tail_->size) return {};
  if (tail_) seal();
  auto made = make_segment(std::max(settings_.segment_bytes, segment_header_bytes + bytes));
  if (!made) return made.error();
  tail_ = std::move(*made);
  return {};
}

base::Result<SegmentLog::Tail> SegmentLog::make_segment(std::uint64_t bytes) {
  const auto space = files_->space(settings_.directory);
  if (!space) return space.error();
  const auto kept_free = settings_.full.kept_free(space->capacity);
  if (!settings_.full.overwrite) return create_segment(bytes, kept_free);
  std::optional<base::Error> not_freed;
  // Where much is missing, it is approached a little at a time: nothing is written meanwhile.
  for (int freed = 0; freed < most_freed_in_need; ++freed) {
    const auto wanted = missing(kept_free, bytes);
    if (!wanted) return wanted.error();
    if (*wanted == 0) break;
    const auto needed = missing(settings_.full.reserve_bytes, bytes);
    if (!needed) return needed.error();
    if (*needed == 0 && freed >= most_freed_at_once) break;
    const auto more = settings_.oldest->overwrite(*needed);
    if (!more) not_freed = more.error();
    if (!more || !*more) break;
  }
  // What cannot be freed matters only where there is no space without it.
  auto made = create_segment(bytes, settings_.full.reserve_bytes);
  if (!made && not_freed) return *not_freed;
  return made;
}

base::Result<std::uint64_t> SegmentLog::missing(std::uint64_t kept_free, std::uint64_t bytes) const {
  const auto space = files_->space(settings_.directory);
  if (!space) return space.error();
  const auto wanted = kept_free + bytes;
  return wanted > space->free ? wanted - space->free : 0;
}

base::Result<SegmentLog::Tail> SegmentLog::create_segment(std::uint64_t bytes, std::uint64_t kept_free) {
  const auto short_of = missing(kept_free, bytes);
  if (!short_of) return short_of.error();
  if (*short_of > 0) {
    constexpr std::uint64_t mebi = 1u << 20;
    return base::Error{
        base::ErrorKind::full,
        fmt::format("a segment of {} MiB does not fit where {} MiB stay free: {} MiB are "
                    "missing",
                    (bytes + mebi - 1) / mebi, kept_free / mebi, (*short_of + mebi - 1) / mebi)};
  }
  Tail tail;
  tail.header = {random_uid(), last_number_ + 1, clock_.now()};
  const auto path = settings_.directory / segment_name(tail.header.number);
  const auto unfinished = std::filesystem::path(path.native() + unfinished_suffix);
  auto file = files_->create(unfinished, bytes);
  if (!file) return file.error();

  base::Bytes header = write_segment_header(tail.header);
  iovec vector{header.data(), header.size()};
  auto done = (*file)->write(0, {&vector, 1});
  if (done) done = (*file)->sync();
  if (done) done = files_->rename(unfinished, path);
  if (!done) {
    static_cast<void>(files_->remove(unfinished));
    return done.error();
  }
  ++last_number_;
  ++made_;
  tail.file = std::move(*file);
  tail.position = segment_header_bytes;
  tail.size = bytes;
  return tail;
}

void SegmentLog::give_up() {
  if (tail_->position > segment_header_bytes) {
    seal();
    return;
  }
  // Nothing in it was ever safe, and a volume that goes on failing must not fill up with empty segments.
  static_cast<void>(files_->remove(settings_.directory / segment_name(tail_->header.number)));
  tail_.reset();
}

void SegmentLog::seal() {
  changes_.push_back({tail_->header.number, tail_->position, true});
  tail_.reset();
}

std::vector<SegmentRow> SegmentLog::take_changes() { return std::exchange(changes_, {}); }

}  // namespace watchrig::storage
