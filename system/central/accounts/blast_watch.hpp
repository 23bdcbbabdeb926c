#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "system/base/clock.hpp"
#include "system/central/settings/settings.hpp"

namespace watchrig::central {

/// Notices sources that sign in faster than people and programs do, with right or wrong passwords: a session
/// blast (IVSS 9.1). It only says so; locking is the matter of Lockout. Any thread.
class BlastWatch {
 public:
  struct Rules {
    unsigned attempts = 30;  ///< sign-ins within the period that are a blast; 0: never
    base::Duration period = std::chrono::seconds(10);
  };
  /// Sources that are remembered at once; of more, the one whose last attempt is longest ago is forgotten.
  static constexpr std::size_t most_sources = 10'000;

  static Rules rules_from(const Settings& settings);

  BlastWatch(const base::Clock& clock, Rules rules) : clock_(clock), rules_(rules) {}

  void set_rules(Rules rules);
  /// Counts a sign-in of the source. True for the one that makes it a blast; then not again before the source
  /// has been quieter than that for a whole period.
  bool attempted(const std::string& source);

 private:
  struct Entry {
    base::UtcTime begin{};  ///< of the period that is counted
    base::UtcTime last{};   ///< attempt
    unsigned attempts = 0;  ///< since the begin
    bool told = false;      ///< the blast under way
  };
  void make_room();

  const base::Clock& clock_;
  std::mutex mutex_;
  Rules rules_;
  std::map<std::string, Entry> entries_;
};

}  // namespace watchrig::central
