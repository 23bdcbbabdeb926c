#include "scenarios/engine/step_runner.hpp"

#include <atomic>
#include <barrier>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>

#include "scenarios/engine/scenario_parser.hpp"

namespace watchrig::scenarios {
namespace {

using namespace std::chrono_literals;
using reports::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const StepTable& table() {
  static const StepTable instance = [] {
    auto steps = block_steps();
    steps.push_back({"pass", Block::none, false, {{"as", AttributeKind::name}}});
    steps.push_back({"act", Block::none, true, {{"as", AttributeKind::name}}});
    steps.push_back({"fail", Block::none, false, {{"as", AttributeKind::name}}});
    steps.push_back({"skip", Block::none, false});
    steps.push_back({"throw", Block::none, false});
    steps.push_back({"wait", Block::none, false});
    steps.push_back({"advance", Block::none, false});
    steps.push_back({"meet", Block::none, false});
    return StepTable(std::move(steps));
  }();
  return instance;
}

class StepRunnerTest : public ::testing::Test {
 protected:
  std::vector<reports::StepRecord> run(const std::string& steps) {
    ParseOptions options;
    options.table = &table();
    const auto scenario = parse_scenario_text(
        "<scenario id='x' title='x'><steps>" + steps + "</steps></scenario>", "x.xml", options);
    EXPECT_TRUE(scenario) << scenario.error().message;
    StepRunner runner(clock, halt,
                      [this](const Step& step, Branch& branch) { return perform(step, branch); });
    return runner.run(scenario->steps);
  }

  Outcome perform(const Step& step, Branch& branch) {
    const std::string verb(step.syntax->verb);
    {
      const std::lock_guard lock(mutex);
      const auto as = step.attributes.find("as");
      done.push_back(as == step.attributes.end() ? verb : as->second);
      seen.push_back(branch);
    }
    if (verb == "fail") return {Verdict::fail, "it failed"};
    if (verb == "skip") return {Verdict::skip, "no hardware"};
    if (verb == "throw") throw std::runtime_error("thrown");
    if (verb == "advance" || verb == "act") clock.advance(10s);
    if (verb == "meet") both.arrive_and_wait();
    if (verb != "wait") return {};
    waiting = true;
    waiting.notify_all();
    if (halt.wait_until(clock.now() + 1h) == Halt::Wake::halted) return {Verdict::inconclusive, "cut"};
    return {};
  }

  base::ManualClock clock{base::UtcTime{}};
  Halt halt{clock};
  std::atomic<bool> waiting = false;
  std::mutex mutex;
  std::barrier<> both{2};
  std::vector<std::string> done;
  std::vector<Branch> seen;
};

TEST_F(StepRunnerTest, AFailureEndsItsSequenceAndTheRestIsSkipped) {
  const auto records = run("<pass/><fail/><pass as='never'/>");
  EXPECT_THAT(done, ElementsAre("pass", "fail"));
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[2].verdict, Verdict::skip);
  EXPECT_THAT(records[2].message, HasSubstr("not run"));
  const auto outcome = fold(records);
  EXPECT_EQ(outcome.verdict, Verdict::fail);
  EXPECT_EQ(outcome.message, "it failed");
}

TEST_F(StepRunnerTest, AGroupMayGoOnAfterAFailureAndStillFails) {
  const auto records =
      run("<group on-fail='continue'><fail as='one'/><fail as='two'/></group><pass as='never'/>");
  EXPECT_THAT(done, ElementsAre("one", "two"));
  EXPECT_EQ(records[0].verdict, Verdict::fail);
}

TEST_F(StepRunnerTest, ASkippedStepLetsTheOthersRunButIsNoPass) {
  const auto records = run("<skip/><pass/>");
  EXPECT_THAT(done, ElementsAre("skip", "pass"));
  EXPECT_EQ(fold(records).verdict, Verdict::skip);
}

TEST_F(StepRunnerTest, AnExceptionIsAnErrorOfTheHarness) {
  const auto records = run("<group on-fail='continue'><throw/><pass as='never'/></group>");
  EXPECT_THAT(done, ElementsAre("throw"));
  EXPECT_EQ(records[0].verdict, Verdict::harness_error);
  EXPECT_THAT(records[0].message, HasSubstr("thrown"));
}

TEST_F(StepRunnerTest, BranchesRunAtTheSameTime) {
  const auto records = run("<parallel><group><meet/></group><meet/></parallel>");
  EXPECT_EQ(records[0].verdict, Verdict::pass);
  EXPECT_EQ(done.size(), 2U);
}

TEST_F(StepRunnerTest, AFailedBranchDoesNotStopTheOthers) {
  const auto records =
      run("<parallel><fail/><group><meet/><pass as='other'/></group><meet/></parallel><pass as='never'/>");
  EXPECT_THAT(done, ::testing::Contains("other"));
  EXPECT_THAT(done, ::testing::Not(::testing::Contains("never")));
  EXPECT_EQ(records[0].verdict, Verdict::fail);
}

TEST_F(StepRunnerTest, RepeatsUntilItsTimeIsOver) {
  const auto records = run("<repeat for='35s'><advance/></repeat>");
  EXPECT_EQ(done.size(), 4U);
  EXPECT_EQ(records[0].steps.size(), 4U);
  EXPECT_EQ(records[0].steps[3].text, "round 4");
}

TEST_F(StepRunnerTest, LaterStepsKnowTheLatestAction) {
  run("<act/><advance/><pass as='last'/>");
  ASSERT_EQ(done.back(), "last");
  EXPECT_EQ(seen.back().action_begin, base::UtcTime{});
  EXPECT_EQ(seen.back().action_end, base::UtcTime{10s});
}

TEST_F(StepRunnerTest, AHaltEndsWaitsAndItsCauseIsTheVerdict) {
  std::jthread watcher([this] {
    waiting.wait(false);
    halt.halt(Verdict::fail, "vmsd was killed by signal 11");
  });
  const auto records = run("<wait/><pass as='never'/>");
  EXPECT_EQ(fold(records).message, "vmsd was killed by signal 11");
  EXPECT_THAT(done, ::testing::Not(::testing::Contains("never")));
  halt.halt(Verdict::harness_error, "later");
  EXPECT_EQ(halt.cause()->verdict, Verdict::fail);
}

TEST(Halt, WaitsForAConditionThatSomebodyAnnounces) {
  base::ManualClock clock{base::UtcTime{}};
  Halt halt(clock);
  std::atomic<bool> ready = false;
  std::jthread other([&] {
    ready = true;
    halt.notify();
  });
  EXPECT_EQ(halt.wait_until(base::UtcTime{1h}, [&] { return ready.load(); }), Halt::Wake::met);
  EXPECT_EQ(halt.wait_until(clock.now()), Halt::Wake::expired);
}

}  // namespace
}  // namespace watchrig::scenarios
