#include "scenarios/engine/replay_note.hpp"

#include <set>

#include <gmock/gmock.h>

#include "scenarios/engine/scenario_run.hpp"

namespace watchrig::scenarios {
namespace {

using reports::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ReplayNote, ReadsWhatItWrites) {
  const ReplayNote note{"smoke.cut", 0x7fffffffffffffff, 60, Verdict::fail, "a \"reason\""};
  const auto read = parse_replay_note(to_json(note));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->seed, note.seed);
  EXPECT_EQ(read->time_scale, 60);
  EXPECT_EQ(read->verdict, Verdict::fail);
  EXPECT_EQ(read->reason, note.reason);
  for (const auto* bad : {"", "[]", "{}", R"({"id":"a","seed":"1","time_scale":1,"verdict":"pass"})",
                          R"({"id":"a","seed":-1,"time_scale":1,"verdict":"pass"})",
                          R"({"id":"a","seed":1,"time_scale":1,"verdict":"fine"})"}) {
    EXPECT_FALSE(parse_replay_note(bad)) << bad;
  }
}

TEST(ReplayNote, ComparesWhatFaultsDidWithoutTheirTimes) {
  constexpr auto schedule = R"({"gate":[
      {"time":"2026-01-01T00:00:01.000Z","fault":"f1","verb":"lose","what":"begin","detail":"rate 0.02"},
      {"time":"2026-01-01T00:00:02.000Z","fault":"f1","verb":"lose","what":"note","detail":"unit 7"},
      {"time":"2026-01-01T00:00:03.000Z","fault":"f1","verb":"lose","what":"end","detail":"after 5"}]})";
  const auto lines = parse_schedule(schedule);
  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, ElementsAre("gate f1 lose begin rate 0.02", "gate f1 lose end"));
  EXPECT_THAT(compare_schedules(*lines, *lines), IsEmpty());
  EXPECT_THAT(compare_schedules(*lines, {}),
              ElementsAre("only then: gate f1 lose begin rate 0.02", "only then: gate f1 lose end"));
  EXPECT_THAT(compare_schedules({"a", "b"}, {"b", "a"}), ElementsAre("the same faults in another order"));
  for (const auto* bad : {"", "[]", R"({"gate":1})"}) EXPECT_FALSE(parse_schedule(bad)) << bad;
}

TEST(Seed, IsAnotherOneForEachScenarioAndRun) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t run = 0; run < 100; ++run) {
    for (const auto* id : {"a", "b", "smoke.cut"}) seeds.insert(derive_seed(run, id));
  }
  EXPECT_EQ(seeds.size(), 300U);
  EXPECT_EQ(derive_seed(1, "a"), derive_seed(1, "a"));
  EXPECT_LE(*seeds.rbegin(), 0x7fffffffffffffffULL);
}

reports::ScenarioRecord record(Verdict verdict) {
  reports::ScenarioRecord result;
  result.verdict = verdict;
  result.reason = "it broke";
  result.devices = {{"gate", "camera", true, "rtsp", "Acme X1 firmware 2.1"}};
  return result;
}

TEST(KnownFailure, IsBoundToTheDevice) {
  const std::vector<ExpectedFailure> known{{"bug 7", "forgets its clock", "firmware 2.1"}};
  auto failed = record(Verdict::fail);
  apply_known_failures(known, failed);
  EXPECT_EQ(failed.verdict, Verdict::pass_with_note);
  EXPECT_THAT(failed.reason, HasSubstr("fails as known (bug 7: forgets its clock): it broke"));

  auto other = record(Verdict::fail);
  other.devices[0].detail = "Acme X1 firmware 2.2";
  apply_known_failures(known, other);
  EXPECT_EQ(other.verdict, Verdict::fail);
  EXPECT_FALSE(other.known_failure);
}

TEST(KnownFailure, AnUnexpectedPassIsAnnouncedAndABrokenHarnessIsNoKnownFailure) {
  const std::vector<ExpectedFailure> known{{"bug 7", "forgets its clock", "firmware 2.1"}};
  auto passed = record(Verdict::pass);
  apply_known_failures(known, passed);
  EXPECT_TRUE(passed.unexpected_pass);
  EXPECT_EQ(passed.verdict, Verdict::pass_with_note);
  auto broken = record(Verdict::harness_error);
  apply_known_failures(known, broken);
  EXPECT_EQ(broken.verdict, Verdict::harness_error);
}

}  // namespace
}  // namespace watchrig::scenarios
