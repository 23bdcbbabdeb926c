#include "reports/model/verdict.hpp"

#include <gtest/gtest.h>

#include "reports/model/run_record.hpp"

namespace watchrig::reports {
namespace {

RunRecord run_of(std::initializer_list<Verdict> verdicts) {
  RunRecord run;
  for (const Verdict verdict : verdicts) run.scenarios.emplace_back().verdict = verdict;
  return run;
}

TEST(Verdict, names_are_read_back) {
  for (const Verdict verdict : all_verdicts) EXPECT_EQ(parse_verdict(to_string(verdict)), verdict);
  EXPECT_FALSE(parse_verdict("Pass"));
  EXPECT_FALSE(parse_verdict(""));
}

TEST(VerdictTotal, only_gets_worse_and_keeps_the_first_cause) {
  VerdictTotal total;
  EXPECT_EQ(total.verdict(), Verdict::pass);
  total.add(Verdict::skip, "cannot cut the power of a real camera");
  total.add(Verdict::fail, "Gate went offline");
  total.add(Verdict::fail, "no recording of Gate");
  total.add(Verdict::inconclusive, "no sample");
  total.add(Verdict::pass);
  EXPECT_EQ(total.verdict(), Verdict::fail);
  EXPECT_EQ(total.reason(), "Gate went offline");
}

TEST(VerdictTotal, of_something_skipped_has_not_passed) {
  VerdictTotal total;
  total.add(Verdict::pass_with_note, "one packet lost");
  total.add(Verdict::skip, "no operator");
  EXPECT_FALSE(passed(total.verdict()));
  EXPECT_EQ(total.reason(), "no operator");
}

TEST(RunRecord, keeps_skips_in_the_denominator) {
  const auto counts = count_verdicts(run_of({Verdict::pass, Verdict::skip, Verdict::skip}));
  EXPECT_EQ(counts.at(Verdict::skip), 2U);
  EXPECT_EQ(counts.at(Verdict::fail), 0U);
}

TEST(RunRecord, exit_codes_are_those_of_the_command_line_contract) {
  EXPECT_EQ(exit_code(run_of({Verdict::pass, Verdict::pass_with_note})), 0);
  EXPECT_EQ(exit_code(run_of({Verdict::pass, Verdict::fail, Verdict::inconclusive})), 1);
  EXPECT_EQ(exit_code(run_of({Verdict::fail, Verdict::harness_error})), 3);
  EXPECT_EQ(exit_code(run_of({Verdict::pass, Verdict::inconclusive})), 5);
  EXPECT_EQ(exit_code(run_of({})), 4);
}

TEST(RunRecord, is_not_green_when_nothing_ran) {
  EXPECT_EQ(exit_code(run_of({Verdict::skip, Verdict::skip})), 5);
  EXPECT_EQ(exit_code(run_of({Verdict::pass, Verdict::skip})), 0);
  EXPECT_EQ(exit_code(run_of({Verdict::pass, Verdict::skip}), true), 5);
}

TEST(RunRecord, with_a_problem_is_the_fault_of_the_harness) {
  RunRecord run = run_of({});
  run.problem = "vmsd did not start";
  EXPECT_EQ(exit_code(run), 3);
  EXPECT_EQ(overall_verdict(run), Verdict::harness_error);
}

TEST(RunRecord, announces_an_unexpected_pass_when_strict) {
  RunRecord run = run_of({Verdict::pass});
  run.scenarios[0].unexpected_pass = true;
  EXPECT_EQ(exit_code(run), 0);
  EXPECT_EQ(exit_code(run, true), 1);
}

}  // namespace
}  // namespace watchrig::reports
