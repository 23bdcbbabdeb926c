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
    : settings_(std::move(settings)), clock_(clock), sink_(std::move(sink)) {
  const auto dropped = [&](const std::string& volume, const char* place) -> base::Counter& {
    return metrics.counter("watchrig_storage_dropped_units_total", "Units that could not be recorded",
                           {{"volume", volume}, {"place", place}});
  };
  for (const auto& volume : settings_.volumes) {
    lanes_.push_back(std::unique_ptr<Lane>(
        new Lane{volume, dropped(volume, "server"), dropped(volume, "disk"),
                 metrics.gauge("watchrig_storage_queued_bytes",
                               "Units in memory that are not on the disk yet", {{"volume", volume}})}));
  }
}

/// Under no lock.
base::Result<ChunkQueue::Feed> ChunkQueue::make_feed(const std::string& channel, const std::string& stream,
                                                     media::Presentation tracks, bool fills_hole) {
  if (auto checked = check_names(channel, stream); !checked) return checked.error();
  if (auto checked = check_tracks(tracks); !checked) return checked.error();
  const Lock lock(mutex_);
  if (stopped_) return Error{ErrorKind::cancelled, "the recordings are being closed"};
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
  feed->volume = choose(channel);
  feed->choice = choice_;
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
      lane_of(*feed).dropped_server.Increment();
      return false;
    }
    if (restarts(*feed, *unit)) choose_anew(feed);
    const auto queued = lane_of(*feed).queued_bytes;
    if (feed->fills_hole && (queued + bytes > settings_.bytes / 2 || feed->builder.steps_back(*unit)))
      return false;
    // What comes before the first key frame behind a hole shows nothing; with it, nothing would fit in
    // between.
    if (!feed->fills_hole && feed->builder.ends_hole(*unit)) feed->needs_key = true;
    if (feed->needs_key && !restarts(*feed, *unit)) {
      accepted = feed->lost_some ? drop(*feed, events) : (++feed->stats.skipped, true);
    } else if (queued + bytes > settings_.bytes) {
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
  add_bytes(lane_of(*feed), static_cast<std::int64_t>(bytes));
  const bool opens = !feed->builder.open();
  auto ended = feed->builder.add(std::move(unit), now, bytes);
  if (opens || ended) wake_by(lane_of(*feed), now + settings_.chunk_duration + settings_.group_interval);
  enqueue(feed, std::move(ended));
  return true;
}

bool ChunkQueue::drop(RecorderFeed& feed, std::vector<Event>& events) {
  const Lane& lane = lane_of(feed);
  const bool disk = lane.failing || lane.writing;
  ++(disk ? feed.stats.dropped_disk : feed.stats.dropped_server);
  (disk ? lane.dropped_disk : lane.dropped_server).Increment();
  feed.needs_key = feed.lost_some = true;
  alarm(feed, disk ? "stalled" : "overflow",
        disk
            ? "the disk does not keep up, and pictures are being lost; check its health and what else uses it"
            : "this server does not keep up, and pictures are being lost; record fewer or smaller streams on "
              "it",
        events);
  return false;
}

void ChunkQueue::alarm(RecorderFeed& feed, const std::string& cause, const std::string& reason,
                       std::vector<Event>& events) {
  if (feed.stats.failing) return;
  feed.stats.failing = true;
  events.push_back({"recording.failed", feed.channel, feed.stream, cause,
                    fmt::format("stream \"{}\" is not being recorded on volume \"{}\": {}", feed.stream,
                                lane_of(feed).volume, reason)});
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
  if (!lane_of(*feed).usable()) {
    // The bytes are counted where the feed is.
    if (const auto other = choose(feed->channel); lanes_[other]->usable()) {
      add_bytes(lane_of(*feed), -static_cast<std::int64_t>(chunk->queued_bytes));
      move(*feed, other);
      add_bytes(lane_of(*feed), static_cast<std::int64_t>(chunk->queued_bytes));
    }
  }
  feed->waiting.push_back({chunk->opened, feed->volume});
  queue(lane_of(*feed), std::move(chunk));
}

void ChunkQueue::queue(Lane& lane, std::unique_ptr<PendingChunk> chunk) {
  lane.ready.push_back(std::move(chunk));
  if (!lane.ready_since) lane.ready_since = clock_.now();
  wake_by(lane, *lane.ready_since + settings_.group_interval);
}

void ChunkQueue::end_open_chunks(UtcTime opened_until, std::optional<std::size_t> volume) {
  for (const auto& [name, feed] : feeds_) {
    const PendingChunk* open = feed->builder.open();
    if (open && open->opened <= opened_until && (!volume || feed->volume == *volume))
      enqueue(feed, feed->builder.take());
  }
}

void ChunkQueue::wake_by(Lane& lane, UtcTime due) {
  if (due < lane.waking_at) lane.work.notify_one();
}

UtcTime ChunkQueue::next_due(std::size_t volume) const {
  const Lane& lane = *lanes_[volume];
  UtcTime due = lane.ready_since ? *lane.ready_since + settings_.group_interval : UtcTime::max();
  for (const auto& [name, feed] : feeds_) {
    const PendingChunk* open = feed->builder.open();
    if (open && feed->volume == volume)
      due = std::min(due, open->opened + settings_.chunk_duration + settings_.group_interval);
  }
  return due;
}

ChunkQueue::Batch ChunkQueue::next(std::size_t volume, std::optional<UtcTime> retry_at, UtcTime wake_at) {
  hangs_no_more(volume);
  Lock lock(mutex_);
  Lane& lane = *lanes_[volume];
  for (;;) {
    const UtcTime now = clock_.now();
    const UtcTime due = std::min(retry_at ? *retry_at : next_due(volume), wake_at);
    if (stopped_ || lane.left || lane.flushes_asked != lane.flushes_served || due <= now) break;
    lane.waking_at = due;
    const base::RealTime until = due == UtcTime::max() ? base::RealTime::max() : clock_.real_time(due);
    if (until == base::RealTime::max()) {
      lane.work.wait(lock);
    } else {
      lane.work.wait_until(lock, until);
    }
  }
  lane.waking_at = UtcTime::min();
  lane.busy = true;
  end_open_chunks(stopped_ ? UtcTime::max() : clock_.now() - settings_.chunk_duration, volume);
  Batch batch;
  batch.chunks.swap(lane.ready);
  lane.ready_since.reset();
  batch.flush = lane.flushes_asked;
  lane.ended = stopped_;
  batch.last = stopped_ || lane.left;
  return batch;
}

void ChunkQueue::writing(std::size_t volume, bool now) {
  const Lock lock(mutex_);
  lanes_[volume]->writing = now;
}

void ChunkQueue::add_bytes(Lane& lane, std::int64_t bytes) {
  lane.queued_bytes += static_cast<std::uint64_t>(bytes);
  lane.queued.Set(static_cast<double>(lane.queued_bytes));
}

void ChunkQueue::release(std::size_t volume, const PendingChunk& chunk) {
  add_bytes(*lanes_[volume], -static_cast<std::int64_t>(chunk.queued_bytes));
  auto& waiting = chunk.owner->waiting;
  const auto own = std::ranges::find(waiting, volume, &RecorderFeed::Waiting::volume);
  if (own != waiting.end()) waiting.erase(own);
}

void ChunkQueue::committed(std::size_t volume, const Chunks& chunks) {
  std::vector<Event> events;
  {
    const Lock lock(mutex_);
    set(lanes_[volume]->failing, false);
    for (const auto& chunk : chunks) {
      release(volume, *chunk);
      RecorderFeed& feed = *chunk->owner;
      feed.stats.committed_units += chunk->units.size();
      feed.stats.last_committed =
          std::max(feed.stats.last_committed.value_or(chunk->head.last), chunk->head.last);
      const bool caught_up = chunk->head.run == feed.builder.run() && !feed.lost_some;
      if (!feed.stats.failing || !caught_up || feed.closed) continue;
      feed.stats.failing = false;
      events.push_back({"recording.resumed", feed.channel, feed.stream, "",
                        fmt::format("stream \"{}\" is being recorded on volume \"{}\" again", feed.stream,
                                    lanes_[volume]->volume)});
    }
  }
  emit(std::move(events));
}

void ChunkQueue::lose(std::size_t volume, const Chunks& chunks) {
  for (const auto& chunk : chunks) {
    release(volume, *chunk);
    chunk->owner->stats.dropped_disk += chunk->units.size();
    lanes_[volume]->dropped_disk.Increment(static_cast<double>(chunk->units.size()));
  }
}

void ChunkQueue::served(std::size_t volume, std::uint64_t flush, std::optional<Error> error) {
  const Lock lock(mutex_);
  lanes_[volume]->flushes_served = flush;
  lanes_[volume]->flush_error = std::move(error);
  done_.notify_all();
}

base::Result<> ChunkQueue::flush(base::Duration real_deadline) {
  const auto until = std::chrono::steady_clock::now() + real_deadline;
  Lock lock(mutex_);
  for (;;) {
    if (stopped_) return Error{ErrorKind::cancelled, "the recordings are closed"};
    end_open_chunks(UtcTime::max());
    const auto handed_over = handed_over_;
    std::vector<std::uint64_t> mine;
    for (const auto& lane : lanes_) {
      mine.push_back(lane->attached ? ++lane->flushes_asked : 0);
      lane->work.notify_one();
    }
    const auto late = [&] {
      for (std::size_t volume = 0; volume < lanes_.size(); ++volume)
        if (lanes_[volume]->flushes_served < mine[volume]) return lanes_[volume].get();
      return static_cast<Lane*>(nullptr);
    };
    if (!done_.wait_until(lock, until, [&] { return !late(); })) {
      return Error{ErrorKind::timeout, fmt::format("volume \"{}\": the disk has not taken everything in {}",
                                                   late()->volume, base::format_duration(real_deadline))};
    }
    // What one could not write meanwhile, another has got.
    if (handed_over == handed_over_) break;
  }
  for (const auto& lane : lanes_) {
    if (!lane->attached && lane->queued_bytes > 0)
      return Error{ErrorKind::unavailable, fmt::format("volume \"{}\" is missing", lane->volume)};
    // What was for one that fails may all be on others.
    const bool concerned = !lane->failing || lane->queued_bytes > 0;
    if (lane->flush_error && concerned) return *lane->flush_error;
  }
  return {};
}

void ChunkQueue::stop() {
  const Lock lock(mutex_);
  if (stopped_) return;
  end_open_chunks(UtcTime::max());
  stopped_ = true;
  for (std::size_t volume = 0; volume < lanes_.size(); ++volume) {
    Lane& lane = *lanes_[volume];
    lane.work.notify_one();
    if (!lane.attached) lose(volume, std::exchange(lane.ready, {}));  // it has no writer
  }
}

std::uint64_t ChunkQueue::next_run() {
  const auto now =
      static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.now().time_since_epoch().count(), 1));
  last_run_ = std::max(last_run_ + 1, now);
  return last_run_;
}

std::uint64_t ChunkQueue::queued_bytes() const {
  const Lock lock(mutex_);
  std::uint64_t bytes = 0;
  for (const auto& lane : lanes_) bytes += lane->queued_bytes;
  return bytes;
}

std::uint64_t ChunkQueue::dropped_units() const {
  double units = 0;
  for (const auto& lane : lanes_) units += lane->dropped_server.Value() + lane->dropped_disk.Value();
  return static_cast<std::uint64_t>(units);
}

void ChunkQueue::emit(std::vector<Event> events) const {
  for (const Event& event : events) sink_(event);
}

}  // namespace watchrig::storage
