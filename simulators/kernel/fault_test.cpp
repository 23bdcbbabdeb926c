#include "simulators/kernel/fault.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::kernel {
namespace {

using testing::HasSubstr;

constexpr Verb verbs[] = {Verb::power_cut,  Verb::lose,        Verb::reorder,
                          Verb::clock_jump, Verb::clock_drift, Verb::lie};
constexpr std::string_view lies[] = {"bad-sdp", "no-rtcp"};

FaultForms forms() { return {verbs, {"main", "sub"}, lies}; }
base::Result<Fault> parse(std::string_view text) {
  return parse_fault(boost::json::parse(std::string(text)), forms());
}
std::string refusal(std::string_view text) {
  const auto fault = parse(text);
  return fault ? "accepted" : fault.error().message;
}

TEST(Fault, ReadsEveryParameter) {
  const auto fault = parse(R"({"verb":"reorder","stream":"sub","rate":0.5,"depth":7,"for":"1500ms"})");
  ASSERT_TRUE(fault) << fault.error().message;
  EXPECT_EQ(fault->verb, Verb::reorder);
  EXPECT_EQ(fault->stream, "sub");
  EXPECT_EQ(fault->rate, 0.5);
  EXPECT_EQ(fault->depth, 7U);
  EXPECT_EQ(fault->lasts, std::chrono::milliseconds(1500));
  EXPECT_EQ(describe(*fault), "sub, rate 0.5, depth 7, for 1500ms");
}

TEST(Fault, ClockMayJumpBackAndDriftSlow) {
  EXPECT_EQ(parse(R"({"verb":"clock-jump","by":"-1h"})")->by, -std::chrono::hours(1));
  EXPECT_EQ(parse(R"({"verb":"clock-drift","rate":-200})")->rate, -200);
}

TEST(Fault, RefusalsNameParameterAndRange) {
  EXPECT_THAT(refusal(R"({"verb":"lose"})"), HasSubstr("rate is missing"));
  EXPECT_THAT(refusal(R"({"verb":"lose","rate":1.01})"), HasSubstr("rate is not a number within 0 to 1"));
  EXPECT_THAT(refusal(R"({"verb":"lose","rate":"0.1"})"), HasSubstr("rate is not a number"));
  EXPECT_THAT(refusal(R"({"verb":"lose","rate":1e400})"), HasSubstr("rate is not a number"));
  EXPECT_THAT(refusal(R"({"verb":"lose","rate":0.1,"depth":3})"), HasSubstr("depth is not a parameter"));
  EXPECT_THAT(refusal(R"({"verb":"lose","rate":0.1,"stream":"third"})"),
              HasSubstr("stream is none of main, sub"));
  EXPECT_THAT(refusal(R"({"verb":"lose","rate":0.1,"for":5})"), HasSubstr("for is not a text"));
  EXPECT_THAT(refusal(R"({"verb":"lose","rate":0.1,"for":"0s"})"), HasSubstr("for is not within 1ms to"));
  EXPECT_THAT(refusal(R"({"verb":"reorder","rate":0.1,"depth":2.5})"),
              HasSubstr("depth is not a whole number"));
  EXPECT_THAT(refusal(R"({"verb":"reorder","rate":0.1,"depth":65})"),
              HasSubstr("depth is not a number within 1 to 64"));
  EXPECT_THAT(refusal(R"({"verb":"power-cut","stream":"main"})"), HasSubstr("stream is not a parameter"));
  EXPECT_THAT(refusal(R"({"verb":"lie","what":"truth"})"), HasSubstr("what is none of bad-sdp, no-rtcp"));
  EXPECT_THAT(refusal(R"({"verb":"clock-jump","by":"9999999d"})"), HasSubstr("by"));
  EXPECT_THAT(refusal(R"({"verb":"burst","factor":2})"), HasSubstr("this device knows power-cut"));
  EXPECT_THAT(refusal(R"({"verb":"melt"})"), HasSubstr("this device knows"));
  EXPECT_THAT(refusal(R"({"rate":1})"), HasSubstr("\"verb\" is needed"));
  EXPECT_THAT(refusal(R"([1,2])"), HasSubstr("\"verb\" is needed"));
}

TEST(Fault, CoversFromItsBeginUpToBeforeItsEnd) {
  Fault fault;
  fault.stream = "main";
  fault.begin = base::UtcTime(std::chrono::seconds(10));
  fault.end = base::UtcTime(std::chrono::seconds(12));
  const auto at = [](int ms) { return base::UtcTime(std::chrono::milliseconds(ms)); };
  EXPECT_FALSE(fault.covers("main", at(9999)));
  EXPECT_TRUE(fault.covers("main", at(10000)));
  EXPECT_TRUE(fault.covers("main", at(11999)));
  EXPECT_FALSE(fault.covers("main", at(12000)));
  EXPECT_FALSE(fault.covers("sub", at(11000)));
}

TEST(Fault, JsonShowsWhatWasAsked) {
  auto fault = *parse(R"({"verb":"lose","rate":0.25,"for":"2s"})");
  fault.id = "f3";
  const auto json = to_json(fault);
  EXPECT_EQ(json.at("id"), "f3");
  EXPECT_EQ(json.at("verb"), "lose");
  EXPECT_EQ(json.at("rate"), 0.25);
  EXPECT_EQ(json.at("for"), "2s");
  EXPECT_FALSE(json.contains("by"));
}

}  // namespace
}  // namespace watchrig::kernel
