#include "scenarios/engine/scenario_parser.hpp"

#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace watchrig::scenarios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const StepTable& table() {
  static const StepTable instance = [] {
    using enum AttributeKind;
    auto steps = block_steps();
    steps.push_back({"act", Block::none, true, {{"on", name, true}, {"for", duration}, {"at", moment}}});
    steps.push_back({"look", Block::none, false, {{"how", choice, false, "near|far"}, {"rate", share}}});
    return StepTable(std::move(steps));
  }();
  return instance;
}

struct Files {
  std::map<std::string, std::string> texts;
  base::Result<std::string> operator()(const std::filesystem::path& path) const {
    const auto found = texts.find(path.string());
    if (found == texts.end())
      return base::Error{base::ErrorKind::not_found, path.string() + ": no such file"};
    return found->second;
  }
};

ParseOptions options(Files files = {}) {
  ParseOptions result;
  result.table = &table();
  result.read = std::move(files);
  return result;
}

std::string scenario(std::string_view body) {
  return fmt::format("<scenario id=\"a.b-1\" title=\"T\">\n{}\n</scenario>", body);
}

std::string error_of(std::string_view text, const ParseOptions& with = options()) {
  const auto parsed = parse_scenario_text(text, "dir/x.xml", with);
  return parsed ? "parsed" : parsed.error().message;
}

TEST(ScenarioParser, ReadsHeaderRigAndSteps) {
  const auto parsed = parse_scenario_text(
      R"(<scenario id="storage.kill" title="A title" verifies="V-1  P-2" timeout="90s">
           <rig><camera id="gate" main="h264"/></rig>
           <steps><act on="gate" for="1.5s"/><look/></steps>
         </scenario>)",
      "x.xml", options());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->id, "storage.kill");
  EXPECT_EQ(parsed->verifies, (std::vector<std::string>{"V-1", "P-2"}));
  EXPECT_EQ(parsed->timeout, std::chrono::seconds(90));
  EXPECT_THAT(parsed->rig, HasSubstr("id=\"gate\""));
  ASSERT_EQ(parsed->steps.size(), 2U);
  EXPECT_EQ(describe(parsed->steps[0]), "act on=gate for=1.5s");
  EXPECT_EQ(parsed->steps[0].line, 3);
}

TEST(ScenarioParser, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_THAT(error_of(scenario("<steps>\n<act on='a'/>\n<recrod/></steps>")),
              StartsWith("dir/x.xml:4: there is no step <recrod>; steps are"));
  EXPECT_THAT(error_of(scenario("<steps><act/></steps>")), HasSubstr("<act> needs on="));
  EXPECT_THAT(error_of(scenario("<steps><act on='a' of='b'/></steps>")),
              HasSubstr("no attribute of; it takes on"));
  EXPECT_THAT(error_of(scenario("<steps><act on='a' for='5'/></steps>")), HasSubstr("for=\"5\""));
  EXPECT_THAT(error_of(scenario("<steps><act on='a' for='-5s'/></steps>")), HasSubstr("not within"));
  EXPECT_THAT(error_of(scenario("<steps><look how='wide'/></steps>")), HasSubstr("none of near|far"));
  EXPECT_THAT(error_of(scenario("<steps><look rate='1.1'/></steps>")), HasSubstr("not within 0 and 1"));
  EXPECT_THAT(error_of(scenario("<steps><look rate='nan'/></steps>")), HasSubstr("rate"));
  EXPECT_THAT(error_of(scenario("<steps><act on='a'><look/></act></steps>")), HasSubstr("nothing within"));
  EXPECT_THAT(error_of(scenario("<steps>\nwords</steps>")), HasSubstr("text between steps"));
  EXPECT_THAT(error_of(scenario("")), HasSubstr("no <steps>"));
  EXPECT_THAT(error_of(scenario("<steps/>")), HasSubstr("no steps within"));
  EXPECT_THAT(error_of(scenario("<steps><look/></steps><steps><look/></steps>")),
              HasSubstr("a second <steps>"));
  EXPECT_THAT(error_of(scenario("<stops/>")), HasSubstr("<stops> is none of"));
  EXPECT_THAT(error_of("<scenario id='a' title='b'>\n<steps>\n</scenario>"),
              StartsWith("dir/x.xml:3: not well-formed"));
  EXPECT_THAT(error_of("<scenario id='../up' title='b'/>"), HasSubstr("id=\"../up\""));
  EXPECT_THAT(error_of("<scenario id='a..b' title='b'/>"), HasSubstr("id="));
  EXPECT_THAT(error_of("<scenario id='a' title='t' timeout='0s'/>"), HasSubstr("timeout"));
  EXPECT_THAT(error_of("<scenario id='a' title='t' colour='red'/>"), HasSubstr("no attribute colour"));
  EXPECT_THAT(error_of("<other/>"), HasSubstr("not <scenario>"));
  EXPECT_THAT(error_of(""), HasSubstr("not well-formed"));
}

TEST(ScenarioParser, FillsParametersInAndLetsTheCommandLineOverrideThem) {
  const auto text = scenario(
      "<parameters><parameter name='who' default='gate'/></parameters>"
      "<rig><camera id='${who}' main='h264'/></rig><steps><act on='${who} $$1'/></steps>");
  const auto plain = parse_scenario_text(text, "x.xml", options());
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->steps[0].attributes.at("on"), "gate $1");

  auto changed = options();
  std::set<std::size_t> used;
  changed.used = &used;
  changed.overrides = {*parse_override("who=yard"), *parse_override("yard.main=h265"),
                       *parse_override("gate.main=x")};
  const auto other = parse_scenario_text(text, "x.xml", changed);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->steps[0].attributes.at("on"), "yard $1");
  EXPECT_THAT(other->rig, HasSubstr("main=\"h265\""));
  EXPECT_EQ(used, (std::set<std::size_t>{0, 1}));

  EXPECT_THAT(error_of(scenario("<steps><act on='${nobody}'/></steps>")),
              HasSubstr("no parameter is called \"nobody\""));
  EXPECT_THAT(error_of(scenario("<steps><act on='${open'/></steps>")), HasSubstr("without \"}\""));
}

TEST(ScenarioParser, WritesCountedRepetitionsOut) {
  const auto parsed = parse_scenario_text(
      scenario("<steps><repeat times='3' index='n' on-fail='continue'><act on='cam-${n}'/></repeat>"
               "<parallel times='2' index='n'><act on='p-${n}'/><look/></parallel>"
               "<repeat for='5s'><look/></repeat></steps>"),
      "x.xml", options());
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto& steps = parsed->steps;
  EXPECT_EQ(steps[0].syntax->verb, "group");
  ASSERT_EQ(steps[0].steps.size(), 3U);
  EXPECT_EQ(steps[0].steps[2].steps[0].attributes.at("on"), "cam-3");
  EXPECT_EQ(steps[1].syntax->block, Block::parallel);
  EXPECT_EQ(steps[1].steps[1].steps.size(), 2U);
  EXPECT_EQ(steps[2].syntax->block, Block::repeat);

  EXPECT_THAT(error_of(scenario("<steps><repeat><look/></repeat></steps>")), HasSubstr("needs one of times"));
  EXPECT_THAT(error_of(scenario("<steps><repeat times='0'><look/></repeat></steps>")),
              HasSubstr("1 and 1000"));
  EXPECT_THAT(error_of(scenario("<steps><group/></steps>")), HasSubstr("no steps within"));
}

TEST(ScenarioParser, ABombOfRepetitionsIsRefused) {
  EXPECT_THAT(
      error_of(scenario("<steps><repeat times='999'><repeat times='999'><repeat times='999'><look/></repeat>"
                        "</repeat></repeat></steps>")),
      HasSubstr("more than 10000 steps"));
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += "<group>";
  EXPECT_THAT(error_of(scenario(deep)), HasSubstr("not well-formed"));
  for (int i = 0; i < 2000; ++i) deep += "</group>";
  EXPECT_THAT(error_of(scenario("<steps>" + deep + "</steps>")), HasSubstr("nested deeper"));
}

TEST(ScenarioParser, IncludesStepsOfOtherFiles) {
  const auto files =
      options(Files{{{"dir/sub/more.xml", "<steps><act on='${who}'/><include file='last.xml'/></steps>"},
                     {"dir/sub/last.xml", "<steps>\n<look/>\n</steps>"},
                     {"dir/sub/loop.xml", "<steps><include file='loop.xml'/></steps>"},
                     {"dir/sub/bad.xml", "<steps>\n\n<oops/></steps>"}}});
  const auto parsed =
      parse_scenario_text(scenario("<parameters><parameter name='who' default='x'/></parameters>"
                                   "<steps><include file='sub/more.xml'/><look/></steps>"),
                          "dir/x.xml", files);
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->steps.size(), 3U);
  EXPECT_EQ(parsed->steps[0].attributes.at("on"), "x");
  EXPECT_EQ(parsed->steps[1].file, "dir/sub/last.xml");
  EXPECT_EQ(parsed->steps[1].line, 2);

  EXPECT_THAT(error_of(scenario("<steps><include file='sub/loop.xml'/></steps>"), files),
              HasSubstr("includes itself"));
  EXPECT_THAT(error_of(scenario("<steps><include file='gone.xml'/></steps>"), files),
              HasSubstr("no such file"));
  EXPECT_THAT(error_of(scenario("<steps><include file='sub/bad.xml'/></steps>"), files),
              StartsWith("dir/sub/bad.xml:3: there is no step <oops>"));
}

TEST(ScenarioParser, TakesTheRigFromAFile) {
  const auto files = options(Files{{{"dir/two.xml", "<rig><camera id='a'/><camera id='b'/></rig>"}}});
  const auto parsed =
      parse_scenario_text(scenario("<rig file='two.xml'/><steps><look/></steps>"), "dir/x.xml", files);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(parsed->rig, HasSubstr("id=\"b\""));
}

TEST(ScenarioParser, WhatItWritesItReadsAgainAsTheSame) {
  const auto first = parse_scenario_text(
      scenario(
          "<parameters><parameter name='n' default='$5'/></parameters><rig><camera id='c' note='${n}'/></rig>"
          "<known-failure reference='bug 7' reason='r' fingerprint='f'/>"
          "<server initialise='no' settings='threads=${n}  a.b=1'/>"
          "<steps><repeat times='2' index='i'><act on='c${i} ${n} &lt;&quot;' "
          "at='now-1s'/></repeat></steps>"),
      "x.xml", options());
  ASSERT_TRUE(first) << first.error().message;
  const auto again = parse_scenario_text(to_xml(*first), "y.xml", options());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_xml(*again), to_xml(*first));
  EXPECT_EQ(again->steps[0].steps[1].steps[0].attributes.at("on"), "c2 $5 <\"");
  EXPECT_EQ(again->known_failures[0].reference, "bug 7");
  EXPECT_FALSE(again->server.initialise);
  EXPECT_THAT(again->server.settings, ElementsAre("threads=$5", "a.b=1"));
}

TEST(ScenarioParser, AServerIsInitialisedUnlessItSaysNo) {
  EXPECT_TRUE(parse_scenario_text(scenario("<steps><look/></steps>"), "x.xml", options())->server.initialise);
  EXPECT_THAT(error_of(scenario("<server initialise='perhaps'/><steps><look/></steps>")),
              HasSubstr("yes nor no"));
  EXPECT_THAT(error_of(scenario("<server settings='threads'/><steps><look/></steps>")),
              HasSubstr("name=value"));
  EXPECT_THAT(error_of(scenario("<server port='1'/><steps><look/></steps>")), HasSubstr("no attribute port"));
}

TEST(ScenarioParser, OverridesNeedATargetAndAValue) {
  EXPECT_EQ(parse_override("cam-1.v2.main=h264 a=b")->device, "cam-1.v2");
  EXPECT_EQ(parse_override("cam-1.main=h264 a=b")->value, "h264 a=b");
  for (const auto* bad : {"", "name", "=x", ".main=x", "gate.=x", "gate. main=x"})
    EXPECT_FALSE(parse_override(bad)) << bad;
}

}  // namespace
}  // namespace watchrig::scenarios
