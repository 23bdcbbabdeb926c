#include "system/base/text.hpp"

#include <gtest/gtest.h>

#include "system/base/metrics.hpp"
#include "system/base/result.hpp"

namespace watchrig::base {
namespace {

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), std::vector<std::string_view>{""});
  EXPECT_EQ(split_once("k=v=w", '='), (std::pair<std::string_view, std::string_view>("k", "v=w")));
  EXPECT_EQ(split_once("k", '='), (std::pair<std::string_view, std::string_view>("k", "")));
  EXPECT_EQ(trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_TRUE(equal_ignoring_case("CSeq", "cseq"));
  EXPECT_FALSE(equal_ignoring_case("CSeq", "CSeq1"));
  EXPECT_EQ(to_hex("\x00\xff", 2), "00ff");
}

TEST(Text, NumbersAreTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number<int>("-5"), -5);
  EXPECT_EQ(parse_number<std::uint8_t>("255"), 255);
  for (const char* text : {"", " 5", "5 ", "+5", "0x5", "256", "-1"})
    EXPECT_FALSE(parse_number<std::uint8_t>(text)) << text;
}

TEST(ResultText, ErrorsGatherTheirObjects) {
  const Error error = Error{ErrorKind::denied, "401"}.within("camera \"gate\"").within("rig");
  EXPECT_EQ(error.message, "rig: camera \"gate\": 401");
  EXPECT_EQ(os_error("open", "x", ENOSPC).kind, ErrorKind::full);
  EXPECT_EQ(to_string(ErrorKind::conflict), "conflict");
}

TEST(ResultText, TheValueOfAnErrorIsAProgrammingError) {
  const Result<int> failed = Error{ErrorKind::io, "no"};
  EXPECT_THROW(failed.value(), std::logic_error);
}

TEST(MetricsText, SeriesWithTheSameLabelsAreOne) {
  Metrics metrics;
  metrics.counter("units_total", "units", {{"channel", "c1"}}).Increment(2);
  metrics.counter("units_total", "units", {{"channel", "c1"}}).Increment(3);
  EXPECT_NE(metrics.text().find("units_total{channel=\"c1\"} 5"), std::string::npos) << metrics.text();
}

TEST(MetricsText, ACollectedGaugeGoesWithItsObject) {
  Metrics metrics;
  std::vector<std::string> channels{"c1", "c2"};
  metrics.collect_by([&](CollectedGauges& gauges) {
    for (const auto& channel : channels) gauges.set("online", "now", {{"channel", channel}}, 1);
  });
  metrics.collect_by([](CollectedGauges& gauges) { gauges.set("other", "of another collector", {}, 3); });
  metrics.gauge("kept", "as long as the registry").Set(7);
  const auto has = [&](std::string_view line) { return metrics.text().find(line) != std::string::npos; };
  EXPECT_TRUE(has("online{channel=\"c1\"} 1") && has("online{channel=\"c2\"} 1")) << metrics.text();
  channels = {"c2"};
  EXPECT_FALSE(has("c1")) << metrics.text();
  EXPECT_TRUE(has("online{channel=\"c2\"} 1") && has("other 3") && has("kept 7")) << metrics.text();
  channels = {};
  EXPECT_FALSE(has("online")) << metrics.text();
  channels = {"c1"};
  EXPECT_TRUE(has("online{channel=\"c1\"} 1")) << metrics.text();
}

}  // namespace
}  // namespace watchrig::base
