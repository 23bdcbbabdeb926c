#include "system/devices/backoff.hpp"

#include <gtest/gtest.h>

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;

const base::UtcTime start = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

TEST(Backoff, DoublesUpToTheMostAndStaysWithinItsJitter) {
  Backoff backoff({1s, 8s, 30s}, 7);
  for (const base::Duration ceiling : {1s, 2s, 4s, 8s, 8s}) {
    const auto wait = backoff.next(start);
    EXPECT_GE(wait, ceiling / 2);
    EXPECT_LE(wait, ceiling);
  }
}

TEST(Backoff, ABriefSuccessDoesNotResetIt) {
  Backoff backoff({1s, 64s, 30s}, 7);
  for (int i = 0; i < 5; ++i) backoff.next(start);
  backoff.connected(start);
  EXPECT_GE(backoff.next(start + 29s), 16s);
  backoff.connected(start);
  EXPECT_LE(backoff.next(start + 30s), 1s);
}

TEST(Backoff, ARefusedPasswordIsTriedEverMoreSeldom) {
  Backoff backoff({1s, 8s, 30s, 60s}, 7);
  for (int i = 0; i < 10; ++i) backoff.next(start, true);
  EXPECT_GE(backoff.next(start, true), 30s);
  EXPECT_LE(backoff.next(start), 8s);
}

TEST(Backoff, TwoDevicesWaitDifferently) {
  Backoff a({1s, 8s, 30s}, 1);
  Backoff b({1s, 8s, 30s}, 2);
  EXPECT_NE(a.next(start), b.next(start));
}

}  // namespace
}  // namespace watchrig::devices
