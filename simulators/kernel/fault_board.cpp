#include "simulators/kernel/fault_board.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::kernel {
FaultBoard::FaultBoard(const base::Clock& clock) : clock_(clock) {}

base::Result<Fault> FaultBoard::begin(Fault fault) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  std::erase_if(faults_, [&](const Fault& f) { return f.ended && *f.end + afterlife < now; });
  const auto in_force =
      std::count_if(faults_.begin(), faults_.end(), [](const Fault& f) { return !f.ended; });
  if (static_cast<std::size_t>(in_force) >= max_active) {
    return base::Error{base::ErrorKind::full,
                       fmt::format("{} faults are in force already; withdraw some first", max_active)};
  }
  fault.id = fmt::format("f{}", ++named_);
  fault.begin = now;
  if (fault.lasts) fault.end = now + *fault.lasts;
  faults_.push_back(fault);
  ++version_;
  record(now, fault, "begin", describe(fault));
  return fault;
}

bool FaultBoard::end(std::string_view id, std::string_view detail) {
  const std::lock_guard lock(mutex_);
  const auto fault = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& f) { return f.id == id; });
  if (fault == faults_.end() || fault->ended) return false;
  const auto now = clock_.now();
  fault->end = fault->end ? std::min(*fault->end, now) : now;
  fault->ended = true;
  ++version_;
  record(*fault->end, *fault, "end", detail);
  return true;
}

void FaultBoard::note(const Fault& fault, std::string_view detail) {
  const std::lock_guard lock(mutex_);
  record(clock_.now(), fault, "note", detail);
}

std::vector<Fault> FaultBoard::active() const {
  const std::lock_guard lock(mutex_);
  std::vector<Fault> active;
  for (const Fault& fault : faults_) {
    if (!fault.ended) active.push_back(fault);
  }
  return active;
}

std::vector<Fault> FaultBoard::remembered() const {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  std::vector<Fault> remembered;
  for (const Fault& fault : faults_) {
    if (!fault.ended || *fault.end + afterlife >= now) remembered.push_back(fault);
  }
  return remembered;
}

void FaultBoard::record(base::UtcTime time, const Fault& fault, std::string_view what,
                        std::string_view detail) {
  if (happened_.size() == max_happened) {
    happened_.pop_front();
    ++forgotten_;
  }
  happened_.push_back({time, fault.id, fault.verb, what, std::string(detail)});
}

boost::json::object FaultBoard::to_json() const {
  boost::json::array active_faults;
  for (const Fault& fault : active()) active_faults.push_back(kernel::to_json(fault));
  const std::lock_guard lock(mutex_);
  boost::json::array events;
  for (const Event& event : happened_) {
    events.push_back(boost::json::object{{"time", base::format_utc(event.time, 9)},
                                         {"fault", event.fault},
                                         {"verb", to_string(event.verb)},
                                         {"what", event.what},
                                         {"detail", event.detail}});
  }
  return {{"active", std::move(active_faults)}, {"happened", std::move(events)}, {"forgotten", forgotten_}};
}

}  // namespace watchrig::kernel
