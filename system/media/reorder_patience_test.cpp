#include "system/media/reorder_patience.hpp"

#include <gtest/gtest.h>

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;

base::UtcTime at(base::Duration since) { return base::UtcTime(std::chrono::hours(500'000)) + since; }

TEST(ReorderPatience, waits_longer_at_once_for_what_came_too_late) {
  ReorderPatience patience(reorder_limits(CacheStrategy::adaptive));
  EXPECT_EQ(patience.wait(at(0s)), 200ms);
  patience.gave_up(at(1s));
  patience.came_late(at(1200ms));
  EXPECT_EQ(patience.wait(at(1200ms)), 500ms);
  patience.gave_up(at(2s));
  patience.came_late(at(4s));
  EXPECT_EQ(patience.wait(at(4s)), 1s) << "no longer than that";
}

TEST(ReorderPatience, waits_no_longer_than_was_needed_lately) {
  ReorderPatience patience(reorder_limits(CacheStrategy::adaptive));
  patience.came(120ms, at(0s));
  EXPECT_EQ(patience.wait(at(0s)), 150ms);
  patience.came(80ms, at(16s));
  EXPECT_EQ(patience.wait(at(16s)), 150ms) << "the window before counts";
  EXPECT_EQ(patience.wait(at(32s)), 100ms);
  patience.came(8ms, at(33s));
  EXPECT_EQ(patience.wait(at(48s)), 50ms) << "no shorter than that";
}

TEST(ReorderPatience, forgets_although_nothing_is_late_any_more) {
  ReorderPatience patience(reorder_limits(CacheStrategy::adaptive));
  patience.gave_up(at(0s));
  patience.came_late(at(3s));
  EXPECT_EQ(patience.wait(at(17s)), 1s);
  EXPECT_EQ(patience.wait(at(34s)), 200ms);
  EXPECT_EQ(patience.wait(at(999s)), 200ms);
}

TEST(ReorderPatience, learns_nothing_from_what_nobody_has_waited_for) {
  ReorderPatience patience(reorder_limits(CacheStrategy::adaptive));
  patience.came_late(at(1s));
  EXPECT_EQ(patience.wait(at(1s)), 200ms);
}

TEST(ReorderPatience, of_the_others_is_always_the_same) {
  for (const auto strategy : {CacheStrategy::realtime, CacheStrategy::fluent}) {
    ReorderPatience patience(reorder_limits(strategy));
    const auto wait = patience.wait(at(0s));
    patience.came(1ms, at(0s));
    EXPECT_EQ(patience.wait(at(0s)), wait);
    patience.gave_up(at(1s));
    patience.came_late(at(9s));
    EXPECT_EQ(patience.wait(at(9s)), wait);
  }
  EXPECT_LT(reorder_limits(CacheStrategy::realtime).longest, reorder_limits(CacheStrategy::adaptive).usual);
  EXPECT_EQ(reorder_limits(CacheStrategy::fluent).usual, reorder_limits(CacheStrategy::adaptive).longest);
}

TEST(ReorderPatience, strategies_have_names) {
  for (const auto strategy : {CacheStrategy::adaptive, CacheStrategy::realtime, CacheStrategy::fluent})
    EXPECT_EQ(cache_strategy_from(name_of(strategy)), strategy);
  EXPECT_EQ(cache_strategy_from("fast"), std::nullopt);
}

}  // namespace
}  // namespace watchrig::media
