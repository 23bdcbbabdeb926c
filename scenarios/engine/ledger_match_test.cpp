#include "scenarios/engine/ledger_match.hpp"

#include <gmock/gmock.h>

namespace watchrig::scenarios {
namespace {

using namespace std::chrono_literals;
using reports::Verdict;
using ::testing::HasSubstr;

constexpr auto frame = 40ms;
const base::UtcTime start{1000s};
const base::UtcTime never_due = start - 1h;
const base::UtcTime all_due = start + 1h;

/// `count` units of 40 ms with a key picture every ten, each sent to one session.
std::vector<LedgerUnit> make_ledger(std::size_t count) {
  std::vector<LedgerUnit> ledger;
  for (std::size_t i = 0; i < count; ++i) {
    ledger.push_back({i, start + i * frame, i % 10 == 0, "d" + std::to_string(i), 1, 0});
  }
  return ledger;
}

std::vector<std::string> found(const std::vector<LedgerUnit>& ledger, std::size_t begin, std::size_t end) {
  std::vector<std::string> digests;
  for (auto i = begin; i < end; ++i) digests.push_back(ledger[i].digest);
  return digests;
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(LedgerMatch, EverythingThere) {
  const auto ledger = make_ledger(50);
  const auto match = match_ledger(ledger, found(ledger, 0, 50), start, all_due);
  EXPECT_EQ(match.matched, 50U);
  EXPECT_TRUE(match.holes.empty());
  EXPECT_EQ(judge_match(ledger, match, {}).verdict, Verdict::pass);
}

TEST(LedgerMatch, WhatPrecedesTheFirstUnitIsNotDue) {
  const auto ledger = make_ledger(50);
  const auto match = match_ledger(ledger, found(ledger, 20, 50), start, all_due);
  EXPECT_TRUE(match.lost.empty());
  EXPECT_EQ(match.first, 20U);
  const auto outcome = judge_match(ledger, match, {.max_gap = {}, .lost_at_most = {}, .covering = 2s});
  EXPECT_EQ(outcome.verdict, Verdict::fail);
  EXPECT_THAT(outcome.message, HasSubstr("covers 1.200 s, not 2.000 s"));
}

TEST(LedgerMatch, ALostTailIsLostUnlessItMayBeOnItsWay) {
  const auto ledger = make_ledger(50);
  const auto late = match_ledger(ledger, found(ledger, 0, 45), start, all_due);
  ASSERT_EQ(late.lost.size(), 1U);
  EXPECT_EQ(late.lost[0].count, 5U);
  EXPECT_EQ(late.lost[0].length, 200ms);
  EXPECT_TRUE(late.holes.empty());
  EXPECT_TRUE(match_ledger(ledger, found(ledger, 0, 45), start, start + 45 * frame).lost.empty());
}

TEST(LedgerMatch, AHoleInTheMiddleIsLost) {
  const auto ledger = make_ledger(50);
  const auto match = match_ledger(ledger, found(ledger, 0, 20) + found(ledger, 30, 50), start, all_due);
  ASSERT_EQ(match.lost.size(), 1U);
  EXPECT_EQ(match.lost[0].length, 400ms);
  const auto strict = judge_match(ledger, match, {});
  EXPECT_EQ(strict.verdict, Verdict::fail);
  EXPECT_THAT(strict.message, HasSubstr("units 20 to 29 (0.400 s"));
  EXPECT_EQ(judge_match(ledger, match, {.max_gap = {}, .lost_at_most = 1s, .covering = {}}).verdict,
            Verdict::pass);
  EXPECT_EQ(judge_match(ledger, match, {.max_gap = 300ms, .lost_at_most = 1s, .covering = {}}).verdict,
            Verdict::fail);
}

TEST(LedgerMatch, WhatTheCameraDidNotSendIsAGapButNotLost) {
  auto ledger = make_ledger(60);
  for (std::size_t i = 15; i < 33; ++i) ledger[i].sent = 0;
  const auto match = match_ledger(ledger, found(ledger, 0, 15) + found(ledger, 40, 60), start, all_due);
  EXPECT_TRUE(match.lost.empty()) << "33 to 39 cannot be decoded without the key picture";
  ASSERT_EQ(match.holes.size(), 1U);
  EXPECT_EQ(match.holes[0].length, 25 * frame);
  const auto more = match_ledger(ledger, found(ledger, 0, 14) + found(ledger, 41, 60), start, all_due);
  ASSERT_EQ(more.lost.size(), 2U) << "the last unit before the cut and the key picture after it";
}

TEST(LedgerMatch, HarmedUnitsAndThoseThatNeedThemAreNotDue) {
  auto ledger = make_ledger(40);
  ledger[12].harmed = 1;
  const auto match = match_ledger(ledger, found(ledger, 0, 12) + found(ledger, 20, 40), start, all_due);
  EXPECT_TRUE(match.lost.empty());
  EXPECT_EQ(match.holes.size(), 1U);
}

TEST(LedgerMatch, ForeignUnitsAreSeen) {
  const auto ledger = make_ledger(50);
  const auto match = match_ledger(
      ledger, found(ledger, 0, 10) + std::vector<std::string>{"?"} + found(ledger, 11, 50), start, never_due);
  EXPECT_EQ(match.foreign, 1U);
  EXPECT_EQ(match.first_foreign, 10U);
  EXPECT_THAT(judge_match(ledger, match, {}).message,
              HasSubstr("not what the camera sent (the first is number 10)"));
  EXPECT_EQ(judge_match(ledger, match, {.bit_exact = false, .max_gap = {}, .covering = {}}).verdict,
            Verdict::pass);
}

TEST(LedgerMatch, RepeatedAndExchangedUnitsAreSeen) {
  const auto ledger = make_ledger(50);
  const auto twice = match_ledger(ledger, found(ledger, 0, 10) + found(ledger, 9, 50), start, all_due);
  EXPECT_EQ(twice.out_of_order, 1U);
  const auto exchanged = match_ledger(
      ledger, found(ledger, 0, 10) + found(ledger, 11, 12) + found(ledger, 10, 11) + found(ledger, 12, 50),
      start, all_due);
  EXPECT_EQ(exchanged.out_of_order, 1U);
  EXPECT_EQ(judge_match(ledger, exchanged, {}).verdict, Verdict::fail);
}

TEST(LedgerMatch, ALoopedFileRepeatsItsDigests) {
  auto ledger = make_ledger(100);
  for (std::size_t i = 0; i < 100; ++i) ledger[i].digest = "d" + std::to_string(i % 25);
  const auto match = match_ledger(ledger, found(ledger, 30, 90), start + 30 * frame, start + 90 * frame);
  EXPECT_EQ(match.matched, 60U);
  EXPECT_EQ(match.first, 30U);
  EXPECT_EQ(match.last, 89U);
  EXPECT_TRUE(match.lost.empty());
}

TEST(LedgerMatch, NothingFoundAndNothingSentAreDifferent) {
  const auto ledger = make_ledger(5);
  EXPECT_EQ(judge_match(ledger, match_ledger(ledger, {}, start, all_due), {}).verdict, Verdict::fail);
  EXPECT_EQ(judge_match({}, match_ledger({}, found(ledger, 0, 5), start, all_due), {}).verdict,
            Verdict::inconclusive);
}

}  // namespace
}  // namespace watchrig::scenarios
