#include "scenarios/engine/condition.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace watchrig::scenarios {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Condition, ComparesTextsAndNumbers) {
  EXPECT_THAT(complaint(Condition{.is = "online", .contains = {}, .at_least = {}, .at_most = {}}, "online"),
              IsEmpty());
  EXPECT_EQ(complaint(Condition{.is = "online", .contains = {}, .at_least = {}, .at_most = {}}, "offline"),
            "is offline, not online");
  EXPECT_THAT(complaint(Condition{.is = "1", .contains = {}, .at_least = {}, .at_most = {}}, 1.0), IsEmpty());
  EXPECT_THAT(complaint(Condition{.is = "true", .contains = {}, .at_least = {}, .at_most = {}}, true),
              IsEmpty());
  EXPECT_THAT(complaint(Condition{.is = {}, .contains = "401", .at_least = {}, .at_most = {}}, "RTSP 401"),
              IsEmpty());
  EXPECT_THAT(complaint(Condition{.is = {}, .contains = "401", .at_least = {}, .at_most = {}}, "404"),
              HasSubstr("without \"401\""));
  EXPECT_EQ(complaint(Condition{.is = {}, .contains = {}, .at_least = 4, .at_most = {}}, 3.0),
            "is 3, not at least 4");
  EXPECT_EQ(complaint(Condition{.is = {}, .contains = {}, .at_least = 1, .at_most = 2}, 3.0),
            "is 3, not at most 2");
  EXPECT_THAT(complaint(Condition{.is = {}, .contains = {}, .at_least = 4, .at_most = {}}, "many"),
              HasSubstr("no number"));
}

TEST(Condition, FindsValuesByPointer) {
  const auto document = boost::json::parse(R"({"streams":{"main":{"readers":2}},"list":[5]})");
  EXPECT_EQ(at_pointer(document, "/streams/main/readers")->as_int64(), 2);
  EXPECT_EQ(at_pointer(document, "/list/0")->as_int64(), 5);
  for (const auto* none : {"/streams/sub", "/list/7", "/list/x", "no pointer"}) {
    EXPECT_EQ(at_pointer(document, none), nullptr) << none;
  }
}

constexpr std::string_view exposition = R"(# HELP lost_total Packets
# TYPE lost_total counter
lost_total{channel="c1",stream="main"} 3
lost_total{channel="c1",stream="sub",note="a \"b\", c"} 4 1700000000
lost_total{channel="c2"} 5
lost_total_more 9
up 1
broken{a="x 7
)";

TEST(MetricValue, SumsTheSeriesThatHaveTheLabels) {
  EXPECT_EQ(metric_value(exposition, "lost_total", {}), 12);
  EXPECT_EQ(metric_value(exposition, "lost_total", {{"channel", "c1"}}), 7);
  EXPECT_EQ(metric_value(exposition, "lost_total", {{"note", "a \"b\", c"}}), 4);
  EXPECT_EQ(metric_value(exposition, "up", {}), 1);
  EXPECT_FALSE(metric_value(exposition, "lost", {}));
  EXPECT_FALSE(metric_value(exposition, "lost_total", {{"channel", "c3"}}));
  EXPECT_FALSE(metric_value(exposition, "broken", {}));
}

}  // namespace
}  // namespace watchrig::scenarios
