#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "simulators/kernel/fault.hpp"

namespace watchrig::kernel {

/// The faults of one device: those in force, and the schedule that really happened, which is what a replay
/// needs. Keeps time, but does not act: the device asks, and calls end() when a fault's time is over. Any
/// thread.
class FaultBoard {
 public:
  static constexpr std::size_t max_active = 64;
  static constexpr std::size_t max_happened = 10000;
  static constexpr base::Duration afterlife = std::chrono::seconds(10);

  explicit FaultBoard(const base::Clock& clock);

  /// Puts the fault in force from now on and names it. ErrorKind::full when 64 are in force.
  base::Result<Fault> begin(Fault fault);
  /// The fault is over, now or at the end it was given if that came first; `detail` goes to the schedule.
  /// False when no fault of this name is in force.
  bool end(std::string_view id, std::string_view detail = {});
  /// Adds to the schedule what a fault has done, for example `3 connections reset`.
  void note(const Fault& fault, std::string_view detail);

  /// In force now, oldest first.
  std::vector<Fault> active() const;
  /// In force now or ended less than `afterlife` ago: what was captured before the end of a fault may still
  /// be on its way, so whoever harms packets asks Fault::covers() of all of these.
  std::vector<Fault> remembered() const;
  /// Changes whenever a fault begins or ends, so that the answers above can be kept until then.
  std::uint64_t version() const { return version_; }

  /// {"active":[…],"happened":[{"time","fault","verb","what","detail"}…],"forgotten":n}
  boost::json::object to_json() const;

 private:
  struct Event {
    base::UtcTime time;
    std::string fault;
    Verb verb;
    std::string_view what;  ///< "begin", "note" or "end"
    std::string detail;
  };
  void record(base::UtcTime time, const Fault& fault, std::string_view what, std::string_view detail);

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Fault> faults_;  ///< in force, and those that ended too lately to be forgotten
  std::deque<Event> happened_;
  std::uint64_t forgotten_ = 0;
  std::uint64_t named_ = 0;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace watchrig::kernel
