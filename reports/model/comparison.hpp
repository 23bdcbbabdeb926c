#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/model/run_record.hpp"

namespace watchrig::reports {

/// What became of something between an old and a new run.
enum class Change {
  same,  ///< or different by no more than noise
  better,
  worse,
  differs,   ///< beyond noise, and nothing says which direction is good
  appeared,  ///< only in the new run
  vanished,  ///< only in the old run
};
std::string_view to_string(Change change);

struct VerdictChange {
  std::string scenario;
  Change change = Change::same;
  Verdict before = Verdict::pass;  ///< meaningless for what appeared
  Verdict after = Verdict::pass;   ///< meaningless for what vanished
  std::string reason;              ///< of the newer verdict
};

struct MeasurementChange {
  std::string scenario;
  std::string name;
  std::string unit;  ///< of both values
  Change change = Change::same;
  double before = 0;  ///< medians
  double after = 0;
  double ratio = 1;       ///< after / before; 0 when before is 0
  std::string judgement;  ///< in words: `1.32 times, beyond noise (24 and 24 samples, p = 0.001)`
};

/// All scenarios and measurements that either run has, also those that stayed the same, in the order of the
/// new run.
struct Comparison {
  std::vector<VerdictChange> verdicts;
  std::vector<MeasurementChange> measurements;

  /// Something got worse, or a scenario or measurement that had passed vanished.
  bool regressed() const;
};

/// Scenarios are paired by id, measurements by scenario and name. A verdict is worse when it ranks worse.
/// Samples are compared by the Mann-Whitney rank test (two-sided, p < 0.01) when both sides have at least 8
/// of them, and then the medians must differ by more than 5 %; with fewer samples the ranges must not overlap
/// and the medians differ by more than 20 %. Which direction is good follows from the limit; without one a
/// change only differs.
Comparison compare_runs(const RunRecord& before, const RunRecord& after);

/// Two-sided p of the Mann-Whitney rank test by the normal approximation with correction for ties; 1 for
/// empty input.
double mann_whitney(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace watchrig::reports
