#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "system/storage/chunk_queue.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {

using base::UtcTime;

namespace {

/// Each channel has an order of volumes of its own (rendezvous hashing, Thaler and Ravishankar 1998, with
/// weights): one that comes or goes moves no channels but those that are or were on it.
double preference(const std::string& channel, const std::string& volume, double weight) {
  const auto hash = std::hash<std::string>()(channel + '\0' + volume);
  const double uniform = (static_cast<double>(hash >> 11) + 0.5) / static_cast<double>(1ull << 53);
  return weight / -std::log(uniform);
}

}  // namespace

void ChunkQueue::attach(std::size_t volume, std::uint64_t last_run, double weight) {
  const Lock lock(mutex_);
  last_run_ = std::max(last_run_, last_run);
  Lane& lane = *lanes_[volume];
  lane.weight = weight;
  lane.left = false;
  set(lane.failing, false);
  set(lane.attached, true);
}

void ChunkQueue::detach(std::size_t volume) {
  const Lock lock(mutex_);
  Lane& lane = *lanes_[volume];
  lane.left = true;
  set(lane.attached, false);
  hand_over(volume, lane.ready);
  lane.work.notify_one();
}

bool ChunkQueue::fails(std::size_t volume) const {
  const Lock lock(mutex_);
  return lanes_[volume]->attached && lanes_[volume]->failing;
}

void ChunkQueue::give_back(std::size_t volume, Chunks chunks) {
  const Lock lock(mutex_);
  Lane& lane = *lanes_[volume];
  lane.busy = false;
  if (stopped_) return lose(volume, chunks);
  std::move(lane.ready.begin(), lane.ready.end(), std::back_inserter(chunks));
  lane.ready = std::move(chunks);
  if (!lane.ready.empty() && !lane.ready_since) lane.ready_since = clock_.now();
}

void ChunkQueue::group(std::size_t volume, std::int64_t disk_group) {
  const Lock lock(mutex_);
  set(lanes_[volume]->disk_group, disk_group);
}

void ChunkQueue::assign(const std::string& channel, std::int64_t disk_group) {
  const Lock lock(mutex_);
  const auto known = disk_groups_.find(channel);
  if (known == disk_groups_.end() && disk_group == 1) return;
  set(disk_groups_[channel], disk_group);
}

void ChunkQueue::describe(std::size_t volume, VolumeState& state) const {
  const Lock lock(mutex_);
  const Lane& lane = *lanes_[volume];
  state.state = !lane.attached ? "missing" : lane.failing ? "failing" : lane.stalled ? "stalled" : "working";
  state.queued_bytes = lane.queued_bytes;
  state.disk_group = lane.disk_group;
  for (const auto& [name, feed] : feeds_) state.recorders += !feed->closed && feed->volume == volume;
}

std::size_t ChunkQueue::choose(const std::string& channel) const {
  const auto assigned = disk_groups_.find(channel);
  const std::int64_t disk_group = assigned == disk_groups_.end() ? 1 : assigned->second;
  std::size_t best = 0;
  // Usable, attached, of its group, preference.
  std::tuple<bool, bool, bool, double> most{};
  for (std::size_t volume = 0; volume < lanes_.size(); ++volume) {
    const Lane& lane = *lanes_[volume];
    const std::tuple<bool, bool, bool, double> own{lane.usable(), lane.attached,
                                                   lane.disk_group == disk_group,
                                                   preference(channel, lane.volume, lane.weight)};
    if (volume > 0 && own <= most) continue;
    best = volume;
    most = own;
  }
  return best;
}

void ChunkQueue::move(RecorderFeed& feed, std::size_t volume) {
  if (feed.volume == volume) return;
  if (const PendingChunk* open = feed.builder.open()) {
    add_bytes(lane_of(feed), -static_cast<std::int64_t>(open->queued_bytes));
    add_bytes(*lanes_[volume], static_cast<std::int64_t>(open->queued_bytes));
    wake_by(*lanes_[volume], open->opened + settings_.chunk_duration + settings_.group_interval);
  }
  feed.volume = volume;
  feed.moved = true;
}

void ChunkQueue::choose_anew(const Feed& feed) {
  if (feed->fills_hole || (feed->choice == choice_ && !feed->moved)) return;
  feed->choice = choice_;
  const auto volume = choose(feed->channel);
  if (volume == feed->volume && !feed->moved) return;
  enqueue(feed, feed->builder.begin_run(next_run()));
  move(*feed, volume);
  feed->moved = false;
}

void ChunkQueue::hand_over(std::size_t volume, Chunks& chunks) {
  Chunks kept;
  for (auto& chunk : chunks) {
    const auto& owner = chunk->owner;
    const auto other = choose(owner->channel);
    const bool fits = lanes_[other]->queued_bytes + chunk->queued_bytes <= settings_.bytes;
    if (other == volume || !lanes_[other]->usable() || !fits) {
      kept.push_back(std::move(chunk));
      continue;
    }
    release(volume, *chunk);
    add_bytes(*lanes_[other], static_cast<std::int64_t>(chunk->queued_bytes));
    owner->waiting.push_back({clock_.now(), other});
    // What follows goes behind it.
    if (owner->volume == volume) move(*owner, other);
    queue(*lanes_[other], std::move(chunk));
    ++handed_over_;
  }
  chunks = std::move(kept);
}

void ChunkQueue::check_stall(RecorderFeed& feed, UtcTime now, std::vector<Event>& events) {
  const PendingChunk* open = feed.builder.open();
  const auto first = std::ranges::find(feed.waiting, feed.volume, &RecorderFeed::Waiting::volume);
  if (first == feed.waiting.end() && !open) return;
  const UtcTime oldest = first == feed.waiting.end() ? open->opened : first->since;
  if (now - oldest <= settings_.stall_alarm) return;
  const auto waited =
      fmt::format("nothing has been written for {:.1f} s; check the disk's health and connection",
                  std::chrono::duration<double>(now - oldest).count());
  Lane& lane = lane_of(feed);
  if (lane.busy) set(lane.stalled, true);
  const auto other = choose(feed.channel);
  if (other == feed.volume || !lanes_[other]->usable()) return alarm(feed, "stalled", waited, events);
  if (lane.stalled && !std::exchange(lane.relieved, true)) {
    events.push_back({"storage.failed", "", "", "stalled",
                      fmt::format("volume \"{}\": {}; what is for it is recorded on the other volumes",
                                  lane.volume, waited)});
  }
  hand_over(feed.volume, lane.ready);
  move(feed, other);
}

void ChunkQueue::hangs_no_more(std::size_t volume) {
  {
    const Lock lock(mutex_);
    Lane& lane = *lanes_[volume];
    lane.busy = false;
    set(lane.stalled, false);
    if (!std::exchange(lane.relieved, false)) return;
  }
  emit({{"storage.resumed", "", "", "", fmt::format("volume \"{}\" hangs no more", lanes_[volume]->volume)}});
}

void ChunkQueue::failed(std::size_t volume, Chunks& chunks, const std::string& cause,
                        const std::string& message) {
  std::vector<Event> events;
  {
    const Lock lock(mutex_);
    Lane& lane = *lanes_[volume];
    set(lane.failing, true);
    hand_over(volume, chunks);
    hand_over(volume, lane.ready);
    for (const auto& chunk : chunks) {
      if (!chunk->owner->closed) alarm(*chunk->owner, cause, message, events);
    }
  }
  emit(std::move(events));
}

void ChunkQueue::works(std::size_t volume) {
  const Lock lock(mutex_);
  set(lanes_[volume]->failing, false);
}

}  // namespace watchrig::storage
