#include "simulators/kernel/dice.hpp"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>

namespace watchrig::kernel {
namespace {

TEST(Dice, SameSeedDeviceAndPurposeDecideAlike) {
  const Dice a(7, "gate", "lose");
  const Dice b(7, "gate", "lose");
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_EQ(a.bits(i, i * 3), b.bits(i, i * 3));
}

TEST(Dice, DecisionsAreFixedForAllTime) {  // a stored seed must replay on every later version
  EXPECT_EQ(Dice(1, "gate", "lose").bits(0, 0), 1288969066282894470ULL);
}

TEST(Dice, EachInputChangesTheDecisions) {
  const Dice reference(7, "gate", "lose");
  const Dice others[] = {Dice(8, "gate", "lose"), Dice(7, "gates", "lose"), Dice(7, "gate", "corrupt"),
                         Dice(7, "gatel", "ose")};
  for (const Dice& other : others) EXPECT_NE(reference.bits(1, 2), other.bits(1, 2));
  EXPECT_NE(reference.bits(1, 2), reference.bits(2, 1));
  EXPECT_NE(reference.bits(1, 2, 0), reference.bits(1, 2, 1));
}

TEST(Dice, RateIsKeptAndNeighboursAreIndependent) {
  const Dice dice(3, "cam-1", "lose");
  constexpr int n = 200000;
  int hits = 0;
  int pairs = 0;
  bool previous = false;
  for (int i = 0; i < n; ++i) {
    const bool hit = dice.hits(0.02, static_cast<std::uint64_t>(i) / 40, static_cast<std::uint64_t>(i) % 40);
    hits += hit;
    pairs += hit && previous;
    previous = hit;
  }
  EXPECT_NEAR(hits, n * 0.02, 5 * std::sqrt(n * 0.02));
  EXPECT_NEAR(pairs, n * 0.0004, 5 * std::sqrt(n * 0.0004));
}

TEST(Dice, RatesZeroAndOneAreCertain) {
  const Dice dice(3, "cam-1", "lose");
  for (std::uint64_t i = 0; i < 10000; ++i) {
    EXPECT_FALSE(dice.hits(0.0, i));
    EXPECT_TRUE(dice.hits(1.0, i));
  }
}

}  // namespace
}  // namespace watchrig::kernel
