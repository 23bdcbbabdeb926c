#include "reports/model/measurement.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace watchrig::reports {
namespace {

using testing::HasSubstr;

Measurement judged(std::vector<double> samples, std::string limit, std::string unit = "s") {
  Measurement measurement;
  measurement.name = "recovery";
  measurement.unit = std::move(unit);
  measurement.samples = std::move(samples);
  measurement.limit = std::move(limit);
  measurement.judge();
  return measurement;
}

std::string limit_error(std::string_view text, std::string_view unit = "s") {
  const auto limits = parse_limits(text, unit);
  return limits ? "" : limits.error().message;
}

TEST(Statistics, uses_nearest_rank) {
  std::vector<double> samples;
  for (int i = 100; i >= 1; --i) samples.push_back(i);
  EXPECT_EQ(statistics_of(samples), (Statistics{100, 1, 50, 50.5, 95, 99, 100}));
  EXPECT_EQ(statistics_of({7}), (Statistics{1, 7, 7, 7, 7, 7, 7}));
  EXPECT_EQ(statistics_of({1, 2, 3}).p95, 3);
}

TEST(Statistics, leaves_out_what_is_not_finite) {
  EXPECT_EQ(statistics_of({}), Statistics{});
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(statistics_of({std::nan(""), 2, infinity, -infinity}).count, 1U);
  EXPECT_EQ(statistics_of({std::nan("")}), Statistics{});
}

TEST(Limits, converts_to_the_unit_of_the_measurement) {
  const auto limits = parse_limits(" median<=40ms , max < 0.1 min", "s");
  ASSERT_TRUE(limits) << limits.error().message;
  ASSERT_EQ(limits->size(), 2U);
  EXPECT_DOUBLE_EQ((*limits)[0].bound, 0.04);
  EXPECT_EQ((*limits)[0].comparison, Limit::Comparison::at_most);
  EXPECT_DOUBLE_EQ((*limits)[1].bound, 6);
  EXPECT_EQ((*limits)[1].text, "max < 0.1 min");
}

TEST(Limits, without_a_statistic_hold_for_every_sample) {
  EXPECT_EQ(judged({1, 2, 3}, "< 3s").verdict, Verdict::fail);
  EXPECT_EQ(judged({1, 2, 2.9}, "< 3s").verdict, Verdict::pass);
  EXPECT_EQ(judged({24, 25}, ">= 25", "fps").verdict, Verdict::fail);
  EXPECT_EQ(judged({25, 26}, ">= 25", "fps").verdict, Verdict::pass);
}

TEST(Limits, refuse_what_they_do_not_understand) {
  EXPECT_THAT(limit_error(""), HasSubstr("no comparison"));
  EXPECT_THAT(limit_error("p95 3s"), HasSubstr("no comparison"));
  EXPECT_THAT(limit_error("p96 < 3s"), HasSubstr("\"p96\" is none of"));
  EXPECT_THAT(limit_error("p95 < three"), HasSubstr("does not begin with a number"));
  EXPECT_THAT(limit_error("p95 < 1e999s"), HasSubstr("limit"));
  EXPECT_THAT(limit_error("p95 < 3 MB"), HasSubstr("unit \"MB\" cannot be compared with \"s\""));
  EXPECT_THAT(limit_error("p95 < 3s,"), HasSubstr("no comparison"));
  EXPECT_THAT(limit_error("= 3s"), HasSubstr("needs a statistic"));
  EXPECT_THAT(limit_error("count > 3s"), HasSubstr("a count has no unit"));
  EXPECT_THAT(limit_error("p95 < 3 parsec", "parsec"), "");
}

TEST(Measurement, fails_naming_the_statistic_found_and_the_limit) {
  const Measurement measurement = judged({1, 2, 4}, "median < 3s, p95 < 3s");
  EXPECT_EQ(measurement.verdict, Verdict::fail);
  EXPECT_EQ(measurement.message, "recovery: p95 is 4 s, limit p95 < 3s");
}

TEST(Measurement, without_samples_is_inconclusive_unless_it_only_counts) {
  EXPECT_EQ(judged({}, "p95 < 3s").verdict, Verdict::inconclusive);
  EXPECT_EQ(judged({}, "count > 0").verdict, Verdict::fail);
  EXPECT_EQ(judged({}, "count = 0").verdict, Verdict::pass);
  EXPECT_EQ(judged({}, "").verdict, Verdict::pass);
}

TEST(Measurement, with_an_unreadable_limit_is_the_fault_of_the_harness) {
  EXPECT_EQ(judged({1}, "p95 below 3s").verdict, Verdict::harness_error);
}

TEST(Measurement, judges_statistics_that_come_without_samples) {
  Measurement measurement;
  measurement.name = "latency";
  measurement.unit = "ms";
  measurement.limit = "p99 < 50ms";
  measurement.statistics.count = 10;
  measurement.statistics.p99 = 60;
  measurement.judge();
  EXPECT_EQ(measurement.verdict, Verdict::fail);
  EXPECT_EQ(measurement.statistics.count, 10U);
}

TEST(Quantity, is_shown_with_three_digits_in_a_fitting_unit) {
  EXPECT_EQ(format_quantity(0.0401, "s"), "40.1 ms");
  EXPECT_EQ(format_quantity(1.25, "s"), "1.25 s");
  EXPECT_EQ(format_quantity(0.99999, "s"), "1 s");
  EXPECT_EQ(format_quantity(2500000, "bps"), "2.5 Mbps");
  EXPECT_EQ(format_quantity(-1500, "ms"), "-1.5 s");
  EXPECT_EQ(format_quantity(0, "s"), "0 s");
  EXPECT_EQ(format_quantity(3, "frames"), "3 frames");
  EXPECT_EQ(format_quantity(12345, ""), "12345");
  EXPECT_EQ(format_quantity(1e-12, "s"), "0.001 ns");
}

}  // namespace
}  // namespace watchrig::reports
