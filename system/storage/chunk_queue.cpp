#include "system/storage/chunk_queue.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/storage/storage.hpp"

namespace watchrig::storage {
namespace {

using base::Error;
using base::ErrorKind;
using base::UtcTime;

// What a unit takes in memory besides its payload.
constexpr std::size_t unit_overhead_bytes = sizeof(media::AccessUnit) + 64;

bool restarts(const RecorderFeed& feed, const media::AccessUnit& unit) {
  return unit.key &&
         (unit.track == leading_track(feed.builder.tracks()) || !has_video(feed.builder.tracks()));
}

base::Result<> check_names(const std::string& channel, const std::string& stream) {
  if (channel.empty() || channel.size() > max_name_bytes || stream.empty() ||
      stream.size() > max_name_bytes) {
    return Error{ErrorKind::invalid,
                 fmt::format("record: channel and stream need names of 1 to {} bytes", max_name_bytes)};
  }
  return {};
}

base::Result<> check_tracks(const media::Presentation& tracks) {
  if (tracks.empty() || tracks.size() > max_tracks) {
    return Error{ErrorKind::invalid,
                 fmt::format("record: a stream has 1 to {} tracks, not {}", max_tracks, tracks.size())};
  }
  for (const media::Track& track : tracks) {
    if (track.config.size() > max_track_config_bytes) {
      return Error{ErrorKind::invalid,
                   fmt::format("record: the {} track's configuration of {} bytes is too large",
                               to_string(track.codec), track.config.size())};
    }
  }
  return {};
}

}  // namespace

ChunkQueue::ChunkQueue(Settings settings, const base::Clock& clock, base::Metrics& metrics, EventSink sink)
    : settings_(std::move(settings)),
      clock_(clock),
      sink_(std::move(sink)),
      dropped_server_(metrics.counter("watchrig_storage_dropped_units_total",
                                      "Units that could not be recorded",
                                      {{"volume", settings_.volume}, {"place", "server"}})),
      dropped_disk_(metrics.counter("watchrig_storage_dropped_units_total",
                                    "Units that could not be recorded",
                                    {{"volume", settings_.volume}, {"place", "disk"}})),
      queued_(metrics.gauge("watchrig_storage_queued_bytes", "Units in memory that are not on the disk yet",
                            {{"volume", settings_.volume}})),
      last_run_(settings_.last_run) {}

/// Under no lock.
base::Result<ChunkQueue::Feed> ChunkQueue::make_feed(const std::string& channel, const std::string& stream,
                                                     media::Presentation tracks, bool fills_hole) {
  if (auto checked = check_names(channel, stream); !checked) return checked.error();
  if (auto checked = check_tracks(tracks); !checked) return checked.error();
  const Lock lock(mutex_);
  if (stopped_)
    return Error{ErrorKind::cancelled, fmt::format("volume \"{}\" is being closed", settings_.volume)};
  Feed& slot = feeds_[{channel, stream, fills_hole}];
  if (slot && !slot->closed) {
    return Error{ErrorKind::conflict,
                 fmt::format("stream \"{}\" of channel \"{}\" is being recorded already", stream, channel)};
  }
  auto feed = std::make_shared<RecorderFeed>(channel, stream, std::move(tracks), settings_.chunk_duration);
  feed->builder.begin_run(next_run());
  feed->needs_key = true;
  feed->fills_hole = fills_hole;
  feed->stats.failing = slot && slot->stats.failing;
  slot = feed;
  return feed;
}

base::Result<ChunkQueue::Feed> ChunkQueue::open(const std::string& channel, const std::string& stream,
                                                media::Presentation tracks) {
  return make_feed(channel, stream, std::move(tracks), false);
}

base::Result<ChunkQueue::Feed> ChunkQueue::open_hole(const std::string& channel, const std::string& stream,
                                                     media::Presentation tracks, const Hole& hole) {
  auto feed = make_feed(channel, stream, std::move(tracks), true);
  if (!feed) return feed;
  const Lock lock(mutex_);
  (*feed)->builder.continue_run(hole.run, hole.next_index, hole.last_chunk);
  (*feed)->builder.mark(hole.types);
  (*feed)->needs_key = false;
  return feed;
}

bool ChunkQueue::push(const Feed& feed, media::AccessUnitPtr unit) {
  std::vector<Event> events;
  bool accepted = false;
  {
    const Lock lock(mutex_);
    if (stopped_ || feed->closed) return false;
    const auto& tracks = feed->builder.tracks();
    const std::size_t bytes = unit->payload.size() + unit_overhead_bytes;
    if (unit->track >= tracks.size() || tracks[unit->track].codec != unit->codec ||
        unit->payload.size() > max_unit_bytes) {
      ++feed->stats.dropped_server;
      dropped_server_.Increment();
      return false;
    }
    if (feed->fills_hole && (queued_bytes_ + bytes > settings_.bytes / 2 || feed->builder.steps_back(*unit)))
      return false;
    // What comes before the first key frame behind a hole shows nothing; with it, nothing would fit in
    // between.
    if (!feed->fills_hole && feed->builder.ends_hole(*unit)) feed->needs_key = true;
    if (feed->needs_key && !restarts(*feed, *unit)) {
      accepted = feed->lost_some ? drop(*feed, events) : (++feed->stats.skipped, true);
    } else if (queued_bytes_ + bytes > settings_.bytes) {
      accepted = drop(*feed, events);
    } else {
      accepted = accept(feed, std::move(unit), bytes);
    }
    check_stall(*feed, clock_.now(), events);
  }
  emit(std::move(events));
  return accepted;
}

bool ChunkQueue::accept(const Feed& feed, media::AccessUnitPtr unit, std::size_t bytes) {
  const UtcTime now = clock_.now();
  const bool interrupted = feed->lost_some || feed->builder.steps_back(*unit);
  if (interrupted || (!feed->fills_hole && feed->builder.ends_hole(*unit)))
    enqueue(feed, feed->builder.begin_run(next_run()));
  feed->needs_key = feed->lost_some = false;
  ++feed->stats.units;
  feed->stats.bytes += unit->payload.size();
  queued_bytes_ += bytes;
  const bool opens = !feed->builder.open();
  auto ended = feed->builder.add(std::move(unit), now, bytes);
  if (opens || ended) wake_by(now + settings_.chunk_duration + settings_.group_interval);
  enqueue(feed, std::move(ended));
  return true;
}

bool ChunkQueue::drop(RecorderFeed& feed, std::vector<Event>& events) {
  const bool disk = failing_ || writing_;
  ++(disk ? feed.stats.dropped_disk : feed.stats.dropped_server);
  (disk ? dropped_disk_ : dropped_server_).Increment();
  feed.needs_key = feed.lost_some = true;
  alarm(feed, disk ? "stalled" : "overflow",
        disk
            ? "the disk does not keep up, and pictures are being lost; check its health and what else uses it"
            : "this server does not keep up, and pictures are being lost; record fewer or smaller streams on "
              "it",
        events);
  return false;
}

void ChunkQueue::check_stall(RecorderFeed& feed, UtcTime now, std::vector<Event>& events) {
  const PendingChunk* open = feed.builder.open();
  if (feed.waiting.empty() && !open) return;
  const UtcTime oldest = feed.waiting.empty() ? open->opened : feed.waiting.front();
  if (now - oldest <= settings_.stall_alarm) return;
  alarm(feed, "stalled",
        fmt::format("nothing has been written for {:.1f} s; check the disk's health and connection",
                    std::chrono::duration<double>(now - oldest).count()),
        events);
}

void ChunkQueue::alarm(RecorderFeed& feed, const std::string& cause, const std::string& reason,
                       std::vector<Event>& events) {
  if (feed.stats.failing) return;
  feed.stats.failing = true;
  events.push_back({"recording.failed", feed.channel, feed.stream, cause,
                    fmt::format("stream \"{}\" is not being recorded on volume \"{}\": {}", feed.stream,
                                settings_.volume, reason)});
}

void ChunkQueue::present(const Feed& feed, media::Presentation tracks) {
  if (!check_tracks(tracks)) return;
  const Lock lock(mutex_);
  if (stopped_ || feed->closed) return;
  enqueue(feed, feed->builder.present(std::move(tracks)));
  feed->needs_key = true;
}

void ChunkQueue::mark(const Feed& feed, platform::RecordingTypes types) {
  const Lock lock(mutex_);
  if (!stopped_ && !feed->closed) enqueue(feed, feed->builder.mark(types));
}

void ChunkQueue::close(const Feed& feed) {
  const Lock lock(mutex_);
  if (feed->closed) return;
  feed->closed = true;
  if (!stopped_) enqueue(feed, feed->builder.take());
}

RecorderStats ChunkQueue::stats(const RecorderFeed& feed) const {
  const Lock lock(mutex_);
  return feed.stats;
}

void ChunkQueue::enqueue(const Feed& feed, std::unique_ptr<PendingChunk> chunk) {
  if (!chunk) return;
  chunk->owner = feed;
  feed->waiting.push_back(chunk->opened);
  ready_.push_back(std::move(chunk));
  if (!ready_since_) ready_since_ = clock_.now();
  wake_by(*ready_since_ + settings_.group_interval);
}

void ChunkQueue::end_open_chunks(UtcTime opened_until) {
  for (const auto& [name, feed] : feeds_) {
    const PendingChunk* open = feed->builder.open();
    if (open && open->opened <= opened_until) enqueue(feed, feed->builder.take());
  }
}

void ChunkQueue::wake_by(UtcTime due) {
  if (due < waking_at_) work_.notify_one();
}

UtcTime ChunkQueue::next_due() const {
  UtcTime due = ready_since_ ? *ready_since_ + settings_.group_interval : UtcTime::max();
  for (const auto& [name, feed] : feeds_) {
    const PendingChunk* open = feed->builder.open();
    if (open) due = std::min(due, open->opened + settings_.chunk_duration + settings_.group_interval);
  }
  return due;
}

ChunkQueue::Batch ChunkQueue::next(std::optional<UtcTime> retry_at, UtcTime wake_at) {
  Lock lock(mutex_);
  for (;;) {
    const UtcTime now = clock_.now();
    const UtcTime due = std::min(retry_at ? *retry_at : next_due(), wake_at);
    if (stopped_ || flushes_asked_ != flushes_served_ || due <= now) break;
    waking_at_ = due;
    const base::RealTime until = due == UtcTime::max() ? base::RealTime::max() : clock_.real_time(due);
    if (until == base::RealTime::max()) {
      work_.wait(lock);
    } else {
      work_.wait_until(lock, until);
    }
  }
  waking_at_ = UtcTime::min();
  end_open_chunks(stopped_ ? UtcTime::max() : clock_.now() - settings_.chunk_duration);
  Batch batch;
  batch.chunks.swap(ready_);
  ready_since_.reset();
  batch.flush = flushes_asked_;
  batch.last = stopped_;
  return batch;
}

void ChunkQueue::writing(bool now) {
  const Lock lock(mutex_);
  writing_ = now;
}

void ChunkQueue::release(const PendingChunk& chunk) {
  queued_bytes_ -= chunk.queued_bytes;
  queued_.Set(static_cast<double>(queued_bytes_));
  if (chunk.owner && !chunk.owner->waiting.empty()) chunk.owner->waiting.pop_front();
}

void ChunkQueue::committed(const std::vector<std::unique_ptr<PendingChunk>>& chunks) {
  std::vector<Event> events;
  {
    const Lock lock(mutex_);
    failing_ = false;
    for (const auto& chunk : chunks) {
      release(*chunk);
      RecorderFeed& feed = *chunk->owner;
      feed.stats.committed_units += chunk->units.size();
      feed.stats.last_committed =
          std::max(feed.stats.last_committed.value_or(chunk->head.last), chunk->head.last);
      const bool caught_up = chunk->head.run == feed.builder.run() && !feed.lost_some;
      if (!feed.stats.failing || !caught_up || feed.closed) continue;
      feed.stats.failing = false;
      events.push_back({"recording.resumed", feed.channel, feed.stream, "",
                        fmt::format("stream \"{}\" is being recorded on volume \"{}\" again", feed.stream,
                                    settings_.volume)});
    }
  }
  emit(std::move(events));
}

void ChunkQueue::failed(const std::vector<std::unique_ptr<PendingChunk>>& chunks, const std::string& cause,
                        const std::string& message) {
  std::vector<Event> events;
  {
    const Lock lock(mutex_);
    failing_ = true;
    for (const auto& chunk : chunks) {
      if (!chunk->owner->closed) alarm(*chunk->owner, cause, message, events);
    }
  }
  emit(std::move(events));
}

void ChunkQueue::lost(const std::vector<std::unique_ptr<PendingChunk>>& chunks) {
  const Lock lock(mutex_);
  for (const auto& chunk : chunks) {
    release(*chunk);
    chunk->owner->stats.dropped_disk += chunk->units.size();
    dropped_disk_.Increment(static_cast<double>(chunk->units.size()));
  }
}

void ChunkQueue::served(std::uint64_t flush, std::optional<Error> error) {
  const Lock lock(mutex_);
  flushes_served_ = flush;
  flush_error_ = std::move(error);
  done_.notify_all();
}

base::Result<> ChunkQueue::flush(base::Duration real_deadline) {
  Lock lock(mutex_);
  if (stopped_) return Error{ErrorKind::cancelled, fmt::format("volume \"{}\" is closed", settings_.volume)};
  end_open_chunks(UtcTime::max());
  const std::uint64_t mine = ++flushes_asked_;
  work_.notify_one();
  if (!done_.wait_for(lock, real_deadline, [&] { return flushes_served_ >= mine; })) {
    return Error{ErrorKind::timeout, fmt::format("volume \"{}\": the disk has not taken everything in {}",
                                                 settings_.volume, base::format_duration(real_deadline))};
  }
  if (flush_error_) return *flush_error_;
  return {};
}

void ChunkQueue::stop() {
  const Lock lock(mutex_);
  if (stopped_) return;
  end_open_chunks(UtcTime::max());
  stopped_ = true;
  work_.notify_one();
}

std::uint64_t ChunkQueue::next_run() {
  const auto now =
      static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.now().time_since_epoch().count(), 1));
  last_run_ = std::max(last_run_ + 1, now);
  return last_run_;
}

std::uint64_t ChunkQueue::queued_bytes() const {
  const Lock lock(mutex_);
  return queued_bytes_;
}

std::uint64_t ChunkQueue::dropped_units() const {
  return static_cast<std::uint64_t>(dropped_server_.Value() + dropped_disk_.Value());
}

void ChunkQueue::emit(std::vector<Event> events) const {
  for (const Event& event : events) sink_(event);
}

}  // namespace watchrig::storage
