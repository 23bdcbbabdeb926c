#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "system/central/devices/device_registry.hpp"
#include "system/central/event_log.hpp"
#include "system/central/recording/record_order.hpp"
#include "system/central/schedules/schedules.hpp"
#include "system/central/settings/settings.hpp"
#include "system/platform/recording_messages.hpp"

namespace watchrig::central {

/// The settings `recording`: the plan of all channels that inherit it, and what holds for every channel.
SettingSection recording_section();

/// What is to be recorded of a channel at a moment.
struct Recorded {
  /// Events are types of it whatever the plan, so that they are found in what is recorded anyway.
  RecordOrder order;
  std::vector<std::string_view> because;  ///< continuous, schedule, event, by-hand; those that hold
};

/// What of a plan is to be otherwise; the rest stays.
struct PlanChange {
  std::optional<RecordPlan> plan = {};
  std::optional<std::string> stream = {};
  std::optional<std::string> schedule = {};  ///< id; goes with another plan than `scheduled`
  std::optional<bool> enabled = {};
  std::optional<std::int64_t> keep_days = {};   ///< 0 to most_kept_days
  std::optional<std::int64_t> keep_bytes = {};  ///< 0 to most_kept_bytes
  std::optional<std::int64_t> disk_group = {};  ///< 1 to most_disk_groups
};
inline constexpr std::int64_t most_kept_days = 3650;
inline constexpr std::int64_t most_kept_bytes = 1'000'000'000'000'000;

/// Decides what is recorded of each channel at each moment: by its plan or the one that it inherits, by what
/// is told of it, and by hand. A schedule that is gone counts as always in effect, since recording too much
/// is the smaller loss. Any thread.
class RecordDesk {
 public:
  struct Parts {
    DeviceRegistry& registry;
    Schedules& schedules;
    Settings& settings;
    EventLog& events;
    const base::Clock& clock;
  };
  /// What holds for all channels at a time.
  struct Moment {
    base::UtcTime time;
    RecordPlan plan = RecordPlan::none;
    std::string schedule;
    base::Duration before_event{};
    base::Duration after_event{};
    std::set<std::string> idle;  ///< schedules that are not in effect
  };
  /// All outlive it. A schedule by which something is recorded cannot be removed from now on.
  explicit RecordDesk(const Parts& parts);

  Moment now() const;
  Recorded recorded(const Channel& channel, const Moment& moment) const;
  /// The order of it, which is known as what storage was told last.
  RecordOrder order(const Channel& channel);
  /// What was ordered last has not reached storage.
  void forget(const std::string& channel);
  /// Those channels of which something else is to be recorded now than what was ordered last: each second.
  std::vector<std::string> changed();
  /// Whether it is one of them.
  bool has_changed(const std::string& channel) const;

  /// How much is kept of the channels that have a limit of their own.
  std::vector<platform::KeptChannel> kept() const;

  /// As somebody enters it. Errors: those of DeviceRegistry::set_recording(), invalid with the field.
  FieldResult<Channel> change_plan(const std::string& channel, const PlanChange& change);
  /// Records from now on for as long as the settings say. Errors: those of DeviceRegistry::set_recording().
  FieldResult<Channel> start_by_hand(const std::string& channel);
  FieldResult<Channel> stop_by_hand(const std::string& channel);

  /// Called with a channel, on any thread, when an event may have changed what is recorded of it; must not
  /// block. Before the server listens.
  void on_event(std::function<void(const std::string& channel)> wake) { wake_ = std::move(wake); }

 private:
  /// Of one type of events on a channel.
  struct Told {
    std::set<std::string> active;  ///< what has begun and not ended
    base::UtcTime last;            ///< when the last of them ended
  };
  platform::RecordingTypes told_of(const std::string& channel, const Moment& moment) const;
  void take(const Event& event);
  std::vector<std::string> users_of(const std::string& schedule) const;

  const Parts parts_;
  std::function<void(const std::string& channel)> wake_ = [](const std::string&) {};
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::map<platform::RecordingTypes, Told>> told_;  ///< by channel and type
  /// By channel; those of which nothing is recorded are left out.
  std::unordered_map<std::string, RecordOrder> ordered_;
  std::shared_ptr<void> listening_;
};

}  // namespace watchrig::central
