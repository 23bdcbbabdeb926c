#include "system/media/reorder_patience.hpp"

#include <gtest/gtest.h>

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;

base::UtcTime at(base::Duration since) { return base::UtcTime(std::chrono::hours(500'000)) + since; }

TEST(ReorderPatience, waits_longer_at_once_for_what_came_too_late) {
  ReorderPatience patience(reorder_limits(CacheStrategy::adaptive));
  EXPECT_EQ(patience.wait(), 200ms);
  patience.gave_up(at(1s));
  patience.came_late(at(1200ms));
  EXPECT_EQ(patience.wait(), 500ms);
  patience.gave_up(at(2s));
  patience.came_late(at(4s));
  EXPECT_EQ(patience.wait(), 1s) << "no longer than that";
}

TEST(ReorderPatience, waits_no_longer_than_was_needed_lately) {
  ReorderPatience patience(reorder_limits(CacheStrategy::adaptive));
  patience.came(120ms, at(0s));
  EXPECT_EQ(patience.wait(), 150ms);
  patience.came(80ms, at(16s));
  EXPECT_EQ(patience.wait(), 150ms) << "the window before counts";
  patience.came(8ms, at(32s));
  EXPECT_EQ(patience.wait(), 100ms);
  patience.came(8ms, at(90s));
  EXPECT_EQ(patience.wait(), 50ms) << "no shorter than that";
}

TEST(ReorderPatience, of_the_others_is_always_the_same) {
  for (const auto strategy : {CacheStrategy::realtime, CacheStrategy::fluent}) {
    ReorderPatience patience(reorder_limits(strategy));
    const auto wait = patience.wait();
    patience.came(1ms, at(0s));
    patience.gave_up(at(1s));
    patience.came_late(at(9s));
    EXPECT_EQ(patience.wait(), wait);
  }
  EXPECT_LT(reorder_limits(CacheStrategy::realtime).longest, reorder_limits(CacheStrategy::adaptive).first);
  EXPECT_EQ(reorder_limits(CacheStrategy::fluent).first, reorder_limits(CacheStrategy::adaptive).longest);
}

TEST(ReorderPatience, strategies_have_names) {
  for (const auto strategy : {CacheStrategy::adaptive, CacheStrategy::realtime, CacheStrategy::fluent})
    EXPECT_EQ(cache_strategy_from(to_string(strategy)), strategy);
  EXPECT_EQ(cache_strategy_from("fast"), std::nullopt);
}

}  // namespace
}  // namespace watchrig::media
