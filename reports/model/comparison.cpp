#include "reports/model/comparison.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace watchrig::reports {
namespace {

constexpr std::size_t enough_samples = 8;
constexpr double significance = 0.01;
constexpr double least_change = 0.05;             ///< a smaller one is nobody's concern, however certain
constexpr double least_change_few_samples = 0.2;  ///< what few samples cannot tell from chance

template <class T, class Key>
const T* find_by(const std::vector<T>& entries, Key T::*key, const Key& value) {
  const auto found = std::ranges::find(entries, value, key);
  return found == entries.end() ? nullptr : &*found;
}

/// The direction that the limit calls good: -1 smaller, 1 larger, 0 unknown.
int good_direction(const Measurement& measurement) {
  const auto limits = parse_limits(measurement.limit, measurement.unit);
  if (!limits) return 0;
  for (const Limit& limit : *limits) {
    if (limit.comparison == Limit::Comparison::below || limit.comparison == Limit::Comparison::at_most)
      return -1;
    if (limit.comparison == Limit::Comparison::above || limit.comparison == Limit::Comparison::at_least)
      return 1;
  }
  return 0;
}

/// The older measurement in the unit of the newer; nothing when they cannot be compared.
std::optional<Measurement> in_unit(Measurement measurement, const std::string& unit) {
  const auto factor = convert_unit(1, measurement.unit, unit);
  if (!factor) return std::nullopt;
  for (double& sample : measurement.samples) sample *= *factor;
  Statistics& s = measurement.statistics;
  for (double* value : {&s.min, &s.median, &s.mean, &s.p95, &s.p99, &s.max}) *value *= *factor;
  return measurement;
}

std::string times(double ratio) { return fmt::format("{:.2f} times", ratio); }

/// Whether old and new differ beyond noise, and the words for it.
std::pair<bool, std::string> beyond_noise(const Measurement& old, const Measurement& now, double ratio) {
  const double change = ratio == 0 ? (now.statistics.median == 0 ? 0 : INFINITY) : std::abs(ratio - 1);
  const auto samples = fmt::format("{} and {} samples", old.statistics.count, now.statistics.count);
  if (std::min(old.samples.size(), now.samples.size()) >= enough_samples) {
    const double p = mann_whitney(old.samples, now.samples);
    const bool real = p < significance && change > least_change;
    return {real, fmt::format("{}, {} noise ({}, p = {:.2g})", times(ratio), real ? "beyond" : "within",
                              samples, p)};
  }
  const bool apart = old.statistics.max < now.statistics.min || now.statistics.max < old.statistics.min;
  const bool real = apart && change > least_change_few_samples;
  return {real, fmt::format("{}, {} noise ({}: too few for a test, ranges {})", times(ratio),
                            real ? "beyond" : "within", samples, apart ? "apart" : "overlap")};
}

MeasurementChange compare(const std::string& scenario, const Measurement& before, const Measurement& now) {
  MeasurementChange change{scenario, now.name, now.unit, Change::same, 0, now.statistics.median, 1, {}};
  const auto old = in_unit(before, now.unit);
  if (!old) {
    change.change = Change::differs;
    change.judgement = fmt::format("units {} and {} cannot be compared", before.unit, now.unit);
    return change;
  }
  change.before = old->statistics.median;
  if (old->statistics.count == 0 || now.statistics.count == 0) {
    const bool lost = old->statistics.count > now.statistics.count;
    change.change = lost                                           ? Change::worse
                    : old->statistics.count < now.statistics.count ? Change::better
                                                                   : Change::same;
    change.judgement = lost ? "no sample any more" : "nothing to compare with";
    return change;
  }
  change.ratio = change.before == 0 ? (change.after == 0 ? 1 : 0) : change.after / change.before;
  const auto [real, words] = beyond_noise(*old, now, change.ratio);
  change.judgement = words;
  if (!real) return change;
  const int direction = good_direction(now);
  const bool rose = change.after > change.before;
  change.change = direction == 0 ? Change::differs : rose == (direction > 0) ? Change::better : Change::worse;
  return change;
}

void compare_measurements(const ScenarioRecord& before, const ScenarioRecord& after, Comparison& comparison) {
  for (const Measurement& now : after.measurements) {
    const Measurement* old = find_by(before.measurements, &Measurement::name, now.name);
    if (old) {
      comparison.measurements.push_back(compare(after.id, *old, now));
    } else {
      comparison.measurements.push_back(
          {after.id, now.name, now.unit, Change::appeared, 0, now.statistics.median, 0, "new"});
    }
  }
  for (const Measurement& old : before.measurements) {
    if (find_by(after.measurements, &Measurement::name, old.name)) continue;
    comparison.measurements.push_back(
        {before.id, old.name, old.unit, Change::vanished, old.statistics.median, 0, 0, "no longer measured"});
  }
}

}  // namespace

std::string_view to_string(Change change) {
  constexpr std::array<std::string_view, 6> names{"same",    "better",   "worse",
                                                  "differs", "appeared", "vanished"};
  return names[static_cast<std::size_t>(change)];
}

bool Comparison::regressed() const {
  const auto is_bad = [](const VerdictChange& c) {
    return c.change == Change::worse || (c.change == Change::vanished && passed(c.before));
  };
  const auto is_slow = [](const MeasurementChange& c) {
    return c.change == Change::worse || c.change == Change::vanished;
  };
  return std::ranges::any_of(verdicts, is_bad) || std::ranges::any_of(measurements, is_slow);
}

Comparison compare_runs(const RunRecord& before, const RunRecord& after) {
  Comparison comparison;
  for (const ScenarioRecord& now : after.scenarios) {
    const ScenarioRecord* old = find_by(before.scenarios, &ScenarioRecord::id, now.id);
    VerdictChange change{now.id, Change::appeared, Verdict::pass, now.verdict, now.reason};
    if (old) {
      change.before = old->verdict;
      change.change = now.verdict == old->verdict  ? Change::same
                      : now.verdict < old->verdict ? Change::better
                                                   : Change::worse;
      compare_measurements(*old, now, comparison);
    }
    comparison.verdicts.push_back(std::move(change));
  }
  for (const ScenarioRecord& old : before.scenarios) {
    if (find_by(after.scenarios, &ScenarioRecord::id, old.id)) continue;
    comparison.verdicts.push_back(
        {old.id, Change::vanished, old.verdict, Verdict::pass, "not in the new run"});
  }
  return comparison;
}

}  // namespace watchrig::reports
