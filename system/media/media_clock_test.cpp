#include "system/media/media_clock.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "system/media/sender_clock.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using testing::at;

constexpr std::uint32_t frame = 3600;  // 40 ms at 90 kHz

TEST(MediaClock, FollowsTheTimestampsAndNotTheJitter) {
  MediaClock clock(90000, 1s, std::nullopt);
  std::mt19937 random(1);
  base::UtcTime last = clock.map(0xfffff000, at(0ms));
  for (int i = 1; i < 10000; ++i) {
    const auto jitter = std::chrono::milliseconds(random() % 60);
    const base::UtcTime time =
        clock.map(0xfffff000 + static_cast<std::uint32_t>(i) * frame, at(i * 40ms + jitter));
    EXPECT_GT(time - last, 39500us) << i;
    EXPECT_LT(time - last, 40500us) << i;
    last = time;
  }
  EXPECT_EQ(clock.reanchored(), 0u);
  EXPECT_LT(std::chrono::abs(last - at(9999 * 40ms)), 30ms);
}

TEST(MediaClock, FollowsADriftingCamera) {
  MediaClock clock(90000, 1s, std::nullopt);
  base::UtcTime time;
  // 1000 ppm fast: after an hour the timestamps alone would be 3.6 s off.
  for (int i = 0; i < 90000; ++i) time = clock.map(static_cast<std::uint32_t>(i * 3603.6), at(i * 40ms));
  EXPECT_LT(std::chrono::abs(time - at(89999 * 40ms)), 20ms);
  EXPECT_EQ(clock.reanchored(), 0u);
}

TEST(MediaClock, AStallOfTheNetworkDoesNotMoveTheUnits) {
  MediaClock clock(90000, 1s, std::nullopt);
  const base::UtcTime start = clock.map(0, at(0ms));
  for (int i = 1; i < 250; ++i) {
    // From frame 100 nothing gets through for two seconds, then everything at once.
    const auto arrival = i >= 100 && i < 150 ? 6s : i * 40ms;
    EXPECT_EQ(clock.map(static_cast<std::uint32_t>(i) * frame, at(arrival)) - start, i * 40ms) << i;
  }
  EXPECT_EQ(clock.reanchored(), 0u);
}

TEST(MediaClock, ALeapOfTheTimestampsIsAnchoredAnew) {
  for (const std::uint32_t leap : {90000u * 3600, 0u - 90000u * 3600, 90000u * 2, 0u - 90000u * 2}) {
    MediaClock clock(90000, 1s, std::nullopt);
    std::uint32_t timestamp = 1000;
    base::UtcTime last;
    for (int i = 0; i < 200; ++i, timestamp += frame) {
      if (i == 100) timestamp += leap;
      const base::UtcTime time = clock.map(timestamp, at(i * 40ms));
      EXPECT_GT(time, last);
      EXPECT_EQ(time, at(i * 40ms)) << leap << " " << i;
      last = time;
    }
    EXPECT_EQ(clock.reanchored(), 1u) << leap;
  }
}

TEST(MediaClock, TimestampsThatStoodStillAreAnchoredAnewAfterAWindow) {
  MediaClock clock(90000, 1s, std::nullopt);
  base::UtcTime time;
  for (int i = 0; i < 200; ++i)
    time = clock.map(static_cast<std::uint32_t>(i) * frame, at(i * 40ms + (i < 50 ? 0s : 5s)));
  EXPECT_EQ(time, at(199 * 40ms + 5s));
  EXPECT_EQ(clock.reanchored(), 1u);
}

TEST(MediaClock, ABurstOfOldFramesAtTheStartIsStretchedNotReordered) {
  MediaClock clock(90000, 1s, std::nullopt);
  base::UtcTime last;
  for (int i = 0; i < 500; ++i) {
    // 75 frames (3 s) come at once, the rest in real time.
    const base::UtcTime time =
        clock.map(static_cast<std::uint32_t>(i) * frame, at(std::max(0, i - 75) * 40ms));
    EXPECT_GT(time, last);
    last = time;
  }
  EXPECT_LT(std::chrono::abs(last - at(424 * 40ms)), 1s);
}

TEST(MediaClock, StrictlyIncreasingWhateverComes) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    MediaClock clock(round % 2 ? 90000 : 8000, 1s, at(10s));
    base::UtcTime last = at(10s), arrival = at(0s);
    std::uint32_t timestamp = random();
    for (int i = 0; i < 2000; ++i) {
      const unsigned dice = random() % 50;
      timestamp += dice == 0 ? random() : dice == 1 ? 0 : dice == 2 ? 0u - 7200u : 3600;
      arrival += std::chrono::milliseconds(dice == 3 ? random() % 10000 : random() % 80);
      if (dice == 4) arrival -= 3s;
      if (dice == 5) clock.restart();
      const base::UtcTime time = clock.map(timestamp, arrival);
      ASSERT_GT(time, last);
      last = time;
    }
  }
}

TEST(SenderClock, MapsTimestampsAndMeasuresDrift) {
  SenderClock clock(90000);
  EXPECT_EQ(clock.utc(0, at(0s)), std::nullopt);
  clock.report(at(1h), 0xffffff00, at(0s));
  EXPECT_EQ(clock.utc(0xffffff00 + 45000, at(1s)), at(1h + 500ms));
  EXPECT_EQ(clock.utc(0xffffff00 - 45000, at(1s)), at(1h - 500ms));
  EXPECT_EQ(clock.offset(), 1h);
  EXPECT_EQ(clock.drift_ppm(), std::nullopt);
  clock.report(at(1h + 20s + 2ms), 0, at(20s));
  EXPECT_NEAR(*clock.drift_ppm(), 100, 0.1);
  clock.report(at(2h), 0, at(40s));
  EXPECT_EQ(clock.drift_ppm(), std::nullopt);
  EXPECT_EQ(clock.utc(0, at(2h)), std::nullopt);
}

}  // namespace
}  // namespace watchrig::media
