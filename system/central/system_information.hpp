#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "system/central/event_log.hpp"

namespace watchrig::central {

/// What the server has to tell its operators, as errors, warnings and notifications, until they have cleared
/// it: entries of the logs of system, events and links, not of operations, which are their own doing. The
/// logs keep what is cleared here. Any thread; each call may read the disk.
class SystemInformation {
 public:
  static constexpr std::size_t most_dismissed = 1000;

  struct Page {
    std::vector<Event> entries;  ///< newest first
    std::int64_t total = 0;
  };

  /// The log and the clock outlive it. Errors: corrupt (the file), with what to do.
  static base::Result<std::unique_ptr<SystemInformation>> open(std::filesystem::path file, EventLog& events,
                                                               const base::Clock& clock);

  /// Of one severity, or of all.
  base::Result<Page> list(std::optional<Severity> severity, std::size_t offset, std::size_t limit) const;
  /// Everything so far, of one severity or of all.
  base::Result<> clear(std::optional<Severity> severity);
  /// One entry. Errors: not_found (none is shown by that number), full (too many were cleared one by one:
  /// clear them all).
  base::Result<> clear_one(std::int64_t sequence);

 private:
  static constexpr std::size_t severities = 3;
  struct Cleared {
    std::array<base::UtcTime, severities> until{};  ///< of each severity, what is not later
    std::map<std::int64_t, Severity> dismissed;     ///< one by one, later than that
  };
  SystemInformation(std::filesystem::path file, EventLog& events, const base::Clock& clock)
      : file_(std::move(file)), events_(events), clock_(clock) {}
  base::Result<> load();
  base::Result<> save(Cleared cleared);
  std::optional<Event> entry_of(std::int64_t sequence) const;
  base::Result<Page> shown(Severity severity, std::size_t most) const;

  const std::filesystem::path file_;
  EventLog& events_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  Cleared cleared_;
};

}  // namespace watchrig::central
