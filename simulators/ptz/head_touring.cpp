// How a head goes its tours.
#include <algorithm>

#include <fmt/format.h>

#include "simulators/ptz/mechanical_head.hpp"

namespace watchrig::ptz {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

Error no_tour(unsigned number) {
  return {ErrorKind::not_found, fmt::format("the head has no tour {}", number)};
}

}  // namespace

void MechanicalHead::visit(base::UtcTime time) const {
  const auto& tour = tours_.at(running_->tour);
  const auto index = tour.backward ? tour.spots.size() - 1 - running_->spot : running_->spot;
  const auto& spot = tour.spots[index];
  auto target = spot.position.value_or(home_);
  if (spot.preset) {
    const auto found = presets_.find(*spot.preset);
    target = found != presets_.end() ? found->second.position : read(time);
  }
  drive(target, spot.speed, time);
  auto arrival = time;
  for (const auto& one : axes_) arrival = std::max(arrival, one.ends());
  running_->leaves = arrival + std::max(spot.stay, HeadTour::shortest_stay);
  visits_.push_back({running_->tour, index, spot.preset, arrival, running_->leaves});
  if (visits_.size() > most_visits) visits_.pop_front();
}

void MechanicalHead::end_tour(base::UtcTime now) const {
  if (!visits_.empty() && visits_.back().arrives > now) visits_.pop_back();
  if (!visits_.empty()) visits_.back().leaves = std::min(visits_.back().leaves, now);
  for (auto& one : axes_) one.halt(now);
  running_.reset();
}

void MechanicalHead::settle(base::UtcTime now) const {
  while (running_ && !running_->paused && std::min(running_->leaves, running_->ends) <= now) {
    if (running_->ends <= running_->leaves) return end_tour(running_->ends);
    const auto& tour = tours_.at(running_->tour);
    const auto time = running_->leaves;
    if (++running_->spot == tour.spots.size()) {
      running_->spot = 0;
      ++running_->rounds;
    }
    if (tour.rounds && running_->rounds >= *tour.rounds) return end_tour(time);
    visit(time);
  }
}

std::map<unsigned, HeadTour> MechanicalHead::tours() const {
  const std::lock_guard lock(mutex_);
  return tours_;
}

Result<unsigned> MechanicalHead::make_tour() {
  const std::lock_guard lock(mutex_);
  unsigned number = 1;
  while (tours_.contains(number)) ++number;
  if (number > form_.tours) {
    return Error{ErrorKind::full, fmt::format("the head keeps at most {} tours", form_.tours)};
  }
  tours_[number];
  return number;
}

Result<> MechanicalHead::change_tour(unsigned number, HeadTour tour) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  settle(now);
  const auto found = tours_.find(number);
  if (found == tours_.end()) return no_tour(number);
  if (running_ && running_->tour == number) end_tour(now);
  found->second = std::move(tour);
  return {};
}

Result<> MechanicalHead::forget_tour(unsigned number) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  settle(now);
  if (running_ && running_->tour == number) end_tour(now);
  if (tours_.erase(number) == 0) return no_tour(number);
  return {};
}

Result<> MechanicalHead::start_tour(unsigned number) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  settle(now);
  const auto found = tours_.find(number);
  if (found == tours_.end()) return no_tour(number);
  if (found->second.spots.empty()) {
    return Error{ErrorKind::invalid, fmt::format("tour {} has no spot to go to", number)};
  }
  if (running_ && running_->tour == number && !running_->paused) return {};
  if (!running_ || running_->tour != number) {
    if (running_) end_tour(now);
    Running begun;
    begun.tour = number;
    running_ = begun;
    if (found->second.life) running_->ends = now + *found->second.life;
  }
  running_->paused = false;
  visit(now);
  return {};
}

Result<> MechanicalHead::pause_tour(unsigned number) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  settle(now);
  if (!tours_.contains(number)) return no_tour(number);
  if (!running_ || running_->tour != number) {
    return Error{ErrorKind::conflict, fmt::format("tour {} does not run", number)};
  }
  running_->paused = true;
  for (auto& one : axes_) one.halt(now);
  return {};
}

Result<> MechanicalHead::stop_tour(unsigned number) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  settle(now);
  if (!tours_.contains(number)) return no_tour(number);
  if (running_ && running_->tour == number) end_tour(now);
  return {};
}

MechanicalHead::TourState MechanicalHead::tour_state(unsigned number) const {
  const std::lock_guard lock(mutex_);
  settle(clock_.now());
  if (!running_ || running_->tour != number) return TourState::idle;
  return running_->paused ? TourState::paused : TourState::touring;
}

std::vector<TourVisit> MechanicalHead::visits() const {
  const std::lock_guard lock(mutex_);
  settle(clock_.now());
  return {visits_.begin(), visits_.end()};
}

}  // namespace watchrig::ptz
