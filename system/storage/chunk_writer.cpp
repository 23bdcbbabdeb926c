#include "system/storage/chunk_writer.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "system/base/log.hpp"

namespace watchrig::storage {
namespace {

using base::Error;
using base::ErrorKind;

// What the index may lag behind in memory; beyond it the next start makes the index again.
constexpr std::size_t max_waiting_rows = 100'000;
// Between looks at what is kept too long, where nothing is left to be removed and where something is.
constexpr base::Duration look_interval = std::chrono::seconds(10);
constexpr base::Duration busy_interval = std::chrono::seconds(1);
constexpr base::Duration longest_pause = std::chrono::minutes(5);

/// The clock may have been set back.
bool is_due(base::UtcTime now, base::UtcTime next) { return now >= next || next - now > look_interval; }

void tell_stays(const std::string& volume, const Error& error) {
  base::log_warning("volume \"{}\": what has expired could not be removed: {}", volume, error.message);
}

std::string cause_of(const Error& error) { return error.kind == ErrorKind::full ? "full" : "io"; }

std::string remedy(const Error& error) {
  switch (error.kind) {
    case ErrorKind::full:
      return "free space on it, or record on another volume; recording goes on by itself when there is space";
    case ErrorKind::denied:
      return "give the server the right to write there; recording goes on by itself then";
    default:
      return "check the disk and its connection; recording goes on by itself when it works";
  }
}

}  // namespace

ChunkWriter::ChunkWriter(Settings settings, ChunkQueue& queue, SegmentLog log, ChunkIndex& index,
                         const base::Clock& clock, base::Metrics& metrics, EventSink sink)
    : settings_(std::move(settings)),
      queue_(queue),
      log_(std::move(log)),
      index_(index),
      clock_(clock),
      sink_(std::move(sink)),
      bytes_written_(metrics.counter("watchrig_storage_written_bytes_total",
                                     "Payload on the disk and in the index", {{"volume", settings_.volume}})),
      chunks_written_(metrics.counter("watchrig_storage_chunks_total", "Chunks on the disk and in the index",
                                      {{"volume", settings_.volume}})),
      commits_(metrics.counter("watchrig_storage_commits_total",
                               "Groups of chunks, each one wait for the disk",
                               {{"volume", settings_.volume}})),
      commit_seconds_(metrics.counter("watchrig_storage_commit_seconds_total",
                                      "Time spent on writing and waiting for the disk",
                                      {{"volume", settings_.volume}})),
      failing_gauge_(metrics.gauge("watchrig_storage_failing", "1 while the volume cannot be written",
                                   {{"volume", settings_.volume}})),
      thread_([this] { run(); }) {}

ChunkWriter::~ChunkWriter() { finish(); }

void ChunkWriter::finish() {
  std::call_once(finished_, [this] { thread_.join(); });
}

void ChunkWriter::run() {
  failing_gauge_.Set(0);
  for (;;) {
    std::optional<base::UtcTime> retry_at;
    if (volume_failing_ || index_failing_) retry_at = clock_.now() + settings_.retry_interval;
    if (volume_failing_ && group_.empty() && !index_failing_) retry_at = try_at_;
    ChunkQueue::Batch batch =
        queue_.next(settings_.number, retry_at, std::min({next_expiry_, next_sweep_, next_look_}));
    std::move(batch.chunks.begin(), batch.chunks.end(), std::back_inserter(group_));
    auto error = commit();
    if (auto index_error = write_index(); index_error && !error) error = std::move(index_error);
    queue_.served(settings_.number, batch.flush, std::move(error));
    if (batch.last) break;
    const auto now = clock_.now();
    remove_expired(now);
    sweep(now);
    look_whether_there(now);
  }
  queue_.give_back(settings_.number, std::move(group_));
}

/// What is open of a disk that was unmounted or pulled may be written as before, for nobody.
void ChunkWriter::look_whether_there(base::UtcTime now) {
  if (!is_due(now, next_look_)) return;
  next_look_ = now + look_interval;
  if (volume_failing_) return;
  if (const auto there = settings_.lock->check(); !there) volume_failed(there.error());
}

/// As many as were made meanwhile, and one more: a clock that is far ahead for a while must not take
/// everything away at once.
void ChunkWriter::remove_expired(base::UtcTime now) {
  if (!is_due(now, next_expiry_)) return;
  next_expiry_ = now + look_interval;
  if (settings_.keep == base::Duration::zero()) return;
  const auto made = log_.segments_made();
  for (auto most = made - std::exchange(segments_then_, made) + 1; most > 0; --most) {
    const auto removed = settings_.oldest->expire(now - settings_.keep);
    if (!removed) tell_stays(settings_.volume, removed.error());
    if (!removed || !*removed) return;
  }
}

void ChunkWriter::sweep(base::UtcTime now) {
  if (!is_due(now, next_sweep_)) return;
  const auto more = settings_.sweep->go_on(now, log_.written_segment());
  if (!more) {
    tell_stays(settings_.volume, more.error());
    if (more.error().kind == ErrorKind::corrupt) std::ofstream(settings_.index_suspect).flush();
  }
  next_sweep_ = now + (more && *more ? busy_interval : look_interval);
}

std::optional<Error> ChunkWriter::commit() {
  if (volume_failing_) {
    if (const auto there = settings_.lock->check(); !there) {
      volume_failed(there.error());
      return there.error();
    }
  }
  if (group_.empty()) return volume_failing_ ? try_again() : std::nullopt;
  const auto started = std::chrono::steady_clock::now();
  queue_.writing(settings_.number, true);
  auto appended = log_.append(group_);
  queue_.writing(settings_.number, false);
  const auto taken = log_.take_changes();
  segments_.insert(segments_.end(), taken.begin(), taken.end());

  std::vector<std::unique_ptr<PendingChunk>> done;
  const auto end = group_.begin() + static_cast<std::ptrdiff_t>(appended.chunks);
  std::move(group_.begin(), end, std::back_inserter(done));
  group_.erase(group_.begin(), end);
  for (const auto& chunk : done) {
    rows_.push_back(
        {chunk->head.channel, chunk->head.stream, make_row(chunk->head, chunk->segment, chunk->offset)});
  }
  note_commit(done.size(), std::chrono::steady_clock::now() - started);
  if (!done.empty()) queue_.committed(settings_.number, done);
  if (appended.error) {
    volume_failed(*appended.error);
  } else {
    volume_works();
  }
  return appended.error;
}

/// Nothing is left for the volume, since others have taken it.
std::optional<Error> ChunkWriter::try_again() {
  const auto now = clock_.now();
  // The clock may have been set back.
  if (now < try_at_ && try_at_ - now <= longest_pause) return std::nullopt;
  try_at_ = now + pause_;
  const auto ready = log_.try_to_write();
  const auto taken = log_.take_changes();
  segments_.insert(segments_.end(), taken.begin(), taken.end());
  if (!ready) return std::nullopt;
  worked_at_ = now;
  queue_.works(settings_.number);
  volume_works();
  return std::nullopt;
}

void ChunkWriter::note_commit(std::size_t chunks, base::Duration took) {
  std::uint64_t bytes = 0;
  for (std::size_t i = rows_.size() - chunks; i < rows_.size(); ++i) bytes += rows_[i].row.payload_bytes;
  bytes_written_.Increment(static_cast<double>(bytes));
  chunks_written_.Increment(static_cast<double>(chunks));
  commits_.Increment();
  commit_seconds_.Increment(std::chrono::duration<double>(took).count());
  const std::lock_guard lock(totals_mutex_);
  totals_.bytes += bytes;
  totals_.chunks += chunks;
  ++totals_.groups;
  totals_.segments_made = log_.segments_made();
  totals_.longest_commit = std::max(totals_.longest_commit, took);
}

std::optional<Error> ChunkWriter::write_index() {
  if (rows_.empty() && segments_.empty()) return std::nullopt;
  auto written = index_.commit(rows_, segments_);
  if (written) {
    rows_.clear();
    segments_.clear();
    index_failing_ = false;
    return std::nullopt;
  }
  Error error = std::move(written).error();
  const bool give_up = rows_.size() > max_waiting_rows;
  if (give_up || error.kind == ErrorKind::corrupt) std::ofstream(settings_.index_suspect).flush();
  if (!index_failing_) {
    index_failing_ = true;
    sink_(
        {"storage.failed", "", "", "index",
         fmt::format(
             "volume \"{}\": the index cannot be written ({}); recording goes on, new recordings are listed "
             "again when it can, or after a restart",
             settings_.volume, error.message)});
  }
  if (give_up) {
    rows_.clear();
    segments_.clear();
  }
  return error;
}

void ChunkWriter::volume_failed(const Error& error) {
  const std::string cause = cause_of(error);
  const std::string message = fmt::format("{}; {}", error.message, remedy(error));
  if (!volume_failing_) {
    volume_failing_ = true;
    // One that takes a little at a time would cut the recordings of others again and again.
    const auto now = clock_.now();
    const bool again = now - worked_at_ < std::chrono::minutes(1) && now >= worked_at_;
    pause_ = again ? std::min(2 * pause_, longest_pause) : settings_.retry_interval;
    try_at_ = now + pause_;
    failing_gauge_.Set(1);
    base::log_error("volume \"{}\": {}", settings_.volume, message);
    sink_({cause == "full" ? "storage.full" : "storage.failed", "", "", cause,
           fmt::format("volume \"{}\" cannot take recordings: {}", settings_.volume, message)});
  }
  queue_.failed(settings_.number, group_, cause, message);
}

void ChunkWriter::volume_works() {
  if (!volume_failing_) return;
  volume_failing_ = false;
  failing_gauge_.Set(0);
  sink_(
      {"storage.resumed", "", "", "", fmt::format("volume \"{}\" takes recordings again", settings_.volume)});
}

ChunkWriter::Totals ChunkWriter::totals() const {
  const std::lock_guard lock(totals_mutex_);
  return totals_;
}

}  // namespace watchrig::storage
