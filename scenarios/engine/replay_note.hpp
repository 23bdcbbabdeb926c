#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reports/model/verdict.hpp"
#include "system/base/result.hpp"

namespace watchrig::scenarios {

/// What the evidence keeps beside the scenario so that it can run again the same way.
struct ReplayNote {
  std::string id;
  std::uint64_t seed = 0;  ///< of the scenario
  double time_scale = 1;
  reports::Verdict verdict = reports::Verdict::pass;
  std::string reason;
};

std::string to_json(const ReplayNote& note);
base::Result<ReplayNote> parse_replay_note(std::string_view text);

/// What faults did in a run, by device: the schedule of faults.json without its times, which no two runs
/// share, one line a fault.
base::Result<std::vector<std::string>> parse_schedule(std::string_view faults_json);

/// Differences between two schedules for a person, a line each; empty when they are the same.
std::vector<std::string> compare_schedules(const std::vector<std::string>& before,
                                           const std::vector<std::string>& after);

}  // namespace watchrig::scenarios
