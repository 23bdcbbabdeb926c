#include "reports/model/comparison.hpp"

#include <gmock/gmock.h>

namespace watchrig::reports {
namespace {

using testing::HasSubstr;

RunRecord run_with(Verdict verdict, std::vector<double> samples = {}, std::string limit = "p95 < 10s",
                   std::string unit = "s") {
  RunRecord run;
  ScenarioRecord& scenario = run.scenarios.emplace_back();
  scenario.id = "a";
  scenario.verdict = verdict;
  Measurement& measurement = scenario.measurements.emplace_back();
  measurement.name = "latency";
  measurement.unit = std::move(unit);
  measurement.samples = std::move(samples);
  measurement.limit = std::move(limit);
  measurement.judge();
  return run;
}

/// Twenty samples spread by 10 % around the centre.
std::vector<double> around(double centre) {
  std::vector<double> samples;
  for (int i = -10; i < 10; ++i) samples.push_back(centre * (1 + 0.01 * i));
  return samples;
}

MeasurementChange change_of(std::vector<double> before, std::vector<double> after,
                            std::string limit = "p95 < 10s") {
  const auto comparison = compare_runs(run_with(Verdict::pass, std::move(before), limit),
                                       run_with(Verdict::pass, std::move(after), limit));
  return comparison.measurements.at(0);
}

TEST(MannWhitney, tells_shifted_samples_from_equal_ones) {
  EXPECT_LT(mann_whitney(around(1), around(1.3)), 0.001);
  EXPECT_GT(mann_whitney(around(1), around(1)), 0.9);
  EXPECT_EQ(mann_whitney({}, around(1)), 1);
  EXPECT_EQ(mann_whitney({2, 2, 2}, {2, 2, 2}), 1);
}

TEST(Comparison, orders_verdicts) {
  const auto change = [](Verdict before, Verdict after) {
    return compare_runs(run_with(before), run_with(after)).verdicts.at(0).change;
  };
  EXPECT_EQ(change(Verdict::pass, Verdict::fail), Change::worse);
  EXPECT_EQ(change(Verdict::pass, Verdict::skip), Change::worse);
  EXPECT_EQ(change(Verdict::fail, Verdict::pass), Change::better);
  EXPECT_EQ(change(Verdict::fail, Verdict::fail), Change::same);
  EXPECT_TRUE(compare_runs(run_with(Verdict::pass), run_with(Verdict::fail)).regressed());
  EXPECT_FALSE(compare_runs(run_with(Verdict::fail), run_with(Verdict::pass)).regressed());
}

TEST(Comparison, a_passing_scenario_that_vanished_is_a_regression) {
  const Comparison gone = compare_runs(run_with(Verdict::pass), RunRecord{});
  EXPECT_EQ(gone.verdicts.at(0).change, Change::vanished);
  EXPECT_TRUE(gone.regressed());
  EXPECT_FALSE(compare_runs(run_with(Verdict::fail), RunRecord{}).regressed());
  const Comparison fresh = compare_runs(RunRecord{}, run_with(Verdict::fail));
  EXPECT_EQ(fresh.verdicts.at(0).change, Change::appeared);
  EXPECT_FALSE(fresh.regressed());
}

TEST(Comparison, judges_by_the_direction_of_the_limit) {
  EXPECT_EQ(change_of(around(1), around(1.3)).change, Change::worse);
  EXPECT_EQ(change_of(around(1.3), around(1)).change, Change::better);
  EXPECT_EQ(change_of(around(25), around(33), "min > 5s").change, Change::better);
  EXPECT_EQ(change_of(around(1), around(1.3), "").change, Change::differs);
  EXPECT_NEAR(change_of(around(1), around(1.3)).ratio, 1.3, 0.01);
}

TEST(Comparison, lets_noise_pass) {
  EXPECT_EQ(change_of(around(1), around(1.02)).change, Change::same);
  EXPECT_EQ(change_of({1}, {1.15}).change, Change::same);
  EXPECT_EQ(change_of({1, 2, 3}, {2.9, 4, 5}).change, Change::same);
  EXPECT_THAT(change_of({1, 2, 3}, {2.9, 4, 5}).judgement, HasSubstr("ranges overlap"));
  EXPECT_EQ(change_of({1, 1, 1}, {2, 2, 2}).change, Change::worse);
}

TEST(Comparison, survives_zero_and_missing_samples) {
  EXPECT_EQ(change_of({0, 0}, {0, 0}).change, Change::same);
  EXPECT_EQ(change_of({0, 0}, {1, 1}).change, Change::worse);
  EXPECT_EQ(change_of({1}, {}).change, Change::worse);
  EXPECT_EQ(change_of({}, {}).change, Change::same);
}

TEST(Comparison, converts_units_and_refuses_to_mix_quantities) {
  const auto seconds = run_with(Verdict::pass, around(1));
  const auto same = compare_runs(seconds, run_with(Verdict::pass, around(1000), "p95 < 10s", "ms"));
  EXPECT_EQ(same.measurements.at(0).change, Change::same);
  EXPECT_DOUBLE_EQ(same.measurements.at(0).before, 990);
  const auto mixed = compare_runs(seconds, run_with(Verdict::pass, around(1), "", "MB"));
  EXPECT_EQ(mixed.measurements.at(0).change, Change::differs);
}

}  // namespace
}  // namespace watchrig::reports
