#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "system/devices/onvif/event_notices.hpp"

namespace watchrig::devices {

/// What began or ended on a device.
struct DeviceAlarm {
  EventClass kind = EventClass::motion;
  bool began = false;
  unsigned number = 0;  ///< of the channel or input, from 1; 0 when the device does not tell which
  std::string source;   ///< the device's token of it
  std::string topic;    ///< that began or ended it
  std::optional<base::UtcTime> device_time;
  base::Duration lasted{};  ///< of one that ended, by our clock
};

/// Makes alarms of the notices of one device: each begins and ends once, however often the device repeats its
/// state and by how many topics it tells of the same. Not more than `most_at_once` and then one a second are
/// told; of those beyond only what is left in the end. No thread safety.
class EventStates {
 public:
  static constexpr std::size_t most_states = 512;
  static constexpr double most_at_once = 60;

  using Tell = std::function<void(const DeviceAlarm&)>;

  explicit EventStates(Tell tell) : tell_(std::move(tell)) {}

  /// Numbers of tokens of one kind of place, as the device lists them. One place alone needs no token.
  void name_places(EventClass kind, std::map<std::string, unsigned> numbers, unsigned count);
  void take(const EventNotice& notice, base::UtcTime now);
  /// The only one of several places of whose state the device has told when it was asked for all; 0: there is
  /// none such.
  unsigned lone_place(EventClass kind) const;
  /// The device is asked for all its states anew.
  void subscribed() { initialised_.clear(); }
  /// Tells what had to wait.
  void settle(base::UtcTime now);
  /// Everything is over: nobody looks at the device any more.
  void end_all(base::UtcTime now);

  std::uint64_t repeated() const { return repeated_; }  ///< notices that were no news
  std::uint64_t withheld() const { return withheld_; }  ///< changes that were too many to be told
  std::uint64_t refused() const { return refused_; }    ///< notices of more states than are kept
  bool waits() const { return waits_; }

 private:
  struct Place {
    std::set<std::string> active;  ///< states, each by topic and key
    bool told = false;
    base::UtcTime since;   ///< told
    std::string began_by;  ///< source
    DeviceAlarm last;      ///< what there is to tell of
  };
  unsigned number_of(EventClass kind, const std::string& source) const;
  void reconcile(Place& place, base::UtcTime now);
  bool afford(base::UtcTime now);

  const Tell tell_;
  std::map<EventClass, std::map<std::string, unsigned>> numbers_;
  std::map<EventClass, unsigned> counts_;
  std::map<std::pair<EventClass, std::string>, Place> places_;
  std::map<std::string, bool> states_;
  std::map<EventClass, std::set<unsigned>> initialised_;  ///< numbers of places, where they are known
  double budget_ = most_at_once;
  base::UtcTime budget_at_{};
  std::uint64_t repeated_ = 0, withheld_ = 0, refused_ = 0;
  bool waits_ = false;
};

}  // namespace watchrig::devices
