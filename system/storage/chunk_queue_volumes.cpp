#include <cmath>

#include "system/storage/chunk_queue.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {
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
  lanes_[volume]->weight = weight;
  set(lanes_[volume]->attached, true);
}

void ChunkQueue::set(bool& state, bool now) {
  if (state == now) return;
  state = now;
  ++choice_;
}

void ChunkQueue::describe(std::size_t volume, VolumeState& state) const {
  const Lock lock(mutex_);
  const Lane& lane = *lanes_[volume];
  state.state = !lane.attached ? "missing" : lane.failing ? "failing" : lane.stalled ? "stalled" : "working";
  state.queued_bytes = lane.queued_bytes;
  for (const auto& [name, feed] : feeds_) state.recorders += !feed->closed && feed->volume == volume;
}

std::size_t ChunkQueue::choose(const std::string& channel) const {
  std::size_t best = 0;
  // Usable, attached, preference.
  std::tuple<bool, bool, double> most{};
  for (std::size_t volume = 0; volume < lanes_.size(); ++volume) {
    const Lane& lane = *lanes_[volume];
    const std::tuple<bool, bool, double> own{lane.usable(), lane.attached,
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

}  // namespace watchrig::storage
