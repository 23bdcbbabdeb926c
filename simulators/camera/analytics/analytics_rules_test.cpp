#include "simulators/camera/analytics/analytics_rules.hpp"

#include <gtest/gtest.h>

namespace watchrig::camera {
namespace {

using What = RuleFinding::What;
constexpr base::UtcTime noon = base::UtcTime(std::chrono::seconds(1'769'860'800));

AnalyticsRule line(const char* direction, std::vector<std::string> classes = {}) {
  return {"line", AnalyticsRule::Kind::line, direction, std::move(classes), {{0, -1}, {0, 1}}};
}

AnalyticsRule field() {
  return {"field", AnalyticsRule::Kind::field, "Any", {}, {{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
}

/// What a rule finds when an object takes these steps.
std::vector<What> walk(const AnalyticsRule& rule, const std::vector<ScenePoint>& steps,
                       const char* type = "Human") {
  RuleJudge judge;
  std::vector<What> found;
  for (const auto& step : steps) {
    const std::vector<SeenObject> objects{{7, type, step}};
    for (const auto& finding : judge.look(objects, {rule}, noon)) {
      EXPECT_EQ(finding.object, 7U);
      EXPECT_EQ(finding.rule, rule.name);
      found.push_back(finding.what);
    }
  }
  return found;
}

TEST(AnalyticsRules, SeesAcrossALineToEitherSide) {
  const std::vector<What> once{What::crossed};
  EXPECT_EQ(walk(line("Any"), {{-0.5, 0}, {-0.1, 0}, {0.1, 0.1}, {0.5, 0}}), once);
  EXPECT_EQ(walk(line("Right"), {{-0.1, 0}, {0.1, 0}}), once) << "who goes up the line has this on the right";
  EXPECT_TRUE(walk(line("Left"), {{-0.1, 0}, {0.1, 0}}).empty());
  EXPECT_EQ(walk(line("Left"), {{0.1, 0}, {-0.1, 0}}), once);
  EXPECT_EQ(walk(line("Any"), {{-0.1, 0}, {0, 0}, {0.1, 0}}), once) << "a step onto the line counts once";
}

TEST(AnalyticsRules, DoesNotSeeWhoPassesTheEndsOfALine) {
  auto half = line("Any");
  half.points = {{0, 0}, {0, 1}};
  EXPECT_TRUE(walk(half, {{-0.1, -0.5}, {0.1, -0.5}}).empty());
  EXPECT_EQ(walk(half, {{-0.1, 0.5}, {0.1, 0.5}}).size(), 1U);
}

TEST(AnalyticsRules, AppearingBehindALineIsNoCrossing) {
  EXPECT_TRUE(walk(line("Any"), {{0.5, 0}}).empty());
  RuleJudge judge;
  const std::vector<SeenObject> before{{1, "Human", {-0.5, 0}}}, after{{2, "Human", {0.5, 0}}};
  judge.look(before, {line("Any")}, noon);
  EXPECT_TRUE(judge.look(after, {line("Any")}, noon).empty()) << "somebody else";
}

TEST(AnalyticsRules, LooksAtTheClassesItIsMeantFor) {
  EXPECT_TRUE(walk(line("Any", {"Vehicle"}), {{-0.1, 0}, {0.1, 0}}, "Human").empty());
  EXPECT_EQ(walk(line("Any", {"Vehicle"}), {{-0.1, 0}, {0.1, 0}}, "Vehicle").size(), 1U);
}

TEST(AnalyticsRules, TellsWhoComesIntoAFieldAndWhoLeaves) {
  EXPECT_EQ(walk(field(), {{-0.1, 0.5}, {0.1, 0.5}, {0.5, 0.5}, {0.5, -0.1}}),
            (std::vector<What>{What::entered, What::left}));
  EXPECT_TRUE(walk(field(), {{-0.1, -0.5}, {0.5, -0.5}}).empty());
}

TEST(AnalyticsRules, ADeletedRuleAndAGoneObjectLeaveTheField) {
  RuleJudge judge;
  const std::vector<SeenObject> inside{{1, "Human", {0.5, 0.5}}};
  EXPECT_EQ(judge.look(inside, {field()}, noon).size(), 1U);
  const auto gone = judge.look({}, {field()}, noon);
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].what, What::left);
  judge.look(inside, {field()}, noon);
  const auto deleted = judge.look(inside, {}, noon);
  ASSERT_EQ(deleted.size(), 1U);
  EXPECT_EQ(deleted[0].what, What::left);
}

TEST(MetadataDocument, TellsBoxesFromMinusOneToOneAndUpwards) {
  const auto box = scene_box({160, 45, 320, 90}, 640, 180);
  EXPECT_DOUBLE_EQ(box.left, -0.5);
  EXPECT_DOUBLE_EQ(box.right, 0.5);
  EXPECT_DOUBLE_EQ(box.top, 0.5);
  EXPECT_DOUBLE_EQ(box.bottom, -0.5);
}

TEST(MetadataDocument, TellsWhatAnObjectIs) {
  const std::vector<scene::SceneObject> objects{
      {4, scene::ObjectClass::car, {0, 0, 64, 36}, scene::body_colours().front().name, "KR 4821"}};
  const std::vector<std::uint32_t> gone{3};
  const auto text = frame_text({objects, gone, 640, 360, noon});
  for (const char* part : {R"(UtcTime="2026-01-31T12:00:00.000000Z")", R"(<tt:Object ObjectId="4">)",
                           ">Vehicle<", ">Car<", ">KR 4821<", R"(left="-1.00000")", R"(right="-0.80000")",
                           R"(<tt:Delete ObjectId="3"/>)", "<tt:ColorCluster>"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in " << text;
}

}  // namespace
}  // namespace watchrig::camera
