#include "system/storage/recorded_spans.hpp"

#include <gtest/gtest.h>

#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;

/// Records pictures at these times, all in one run, and gives the spans.
struct SpansTest : testing::Test {
  TestVolume volume;
  std::shared_ptr<ChannelRecorder> recorder;
  void SetUp() override {
    volume.open();
    recorder = volume.record("c1");
  }
  void record(base::Duration from, base::Duration to, base::Duration interval) {
    for (auto at = from; at < to; at += interval) recorder->push(make_picture(at, at == from, 100));
  }
  std::vector<Span> spans(base::Duration from = 0s, base::Duration to = 24h) {
    EXPECT_TRUE(volume.storage->flush());
    return volume.spans("c1", from, to);
  }
};

TEST_F(SpansTest, NothingRecordedHasNone) { EXPECT_TRUE(spans().empty()); }

TEST_F(SpansTest, ReachesFromTheFirstFrameToOneIntervalBehindTheLast) {
  record(1s, 5s, 40ms);
  const auto found = spans();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].from, test_start + 1s);
  EXPECT_EQ(found[0].to, test_start + 5s);
  EXPECT_EQ(found[0].frames, 100u);
  EXPECT_EQ(found[0].bytes, 10000u);
}

TEST_F(SpansTest, AHoleOf200MillisecondsSplitsAndOneFrameLessDoesNot) {
  record(0s, 2s, 40ms);
  record(2s + 120ms, 4s, 40ms);
  EXPECT_EQ(spans().size(), 1u) << "last at 1960 ms, next at 2120 ms";
  record(4s + 200ms, 6s, 40ms);
  EXPECT_EQ(spans().size(), 2u);
}

TEST_F(SpansTest, ASlowStreamIsNotFullOfHoles) {
  record(0s, 60s, 2s);
  ASSERT_EQ(spans().size(), 1u);
  record(63s, 80s, 2s);
  EXPECT_EQ(spans().size(), 2u) << "58 s to 63 s is more than 1.5 intervals";
}

TEST_F(SpansTest, AreCutToWhatWasAsked) {
  record(0s, 10s, 40ms);
  const auto found = spans(2s, 3s);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].from, test_start + 2s);
  EXPECT_EQ(found[0].to, test_start + 3s);
  EXPECT_TRUE(spans(10s, 20s).empty());
}

TEST_F(SpansTest, ARestartWithoutALossIsNoHole) {
  record(0s, 2s, 40ms);
  recorder->close();
  volume.clock.advance(2s);
  recorder = volume.record("c1");
  record(2s, 4s, 40ms);
  EXPECT_EQ(spans().size(), 1u);
}

TEST_F(SpansTest, OfATypeAreWhatHasItAmongOthers) {
  using namespace platform;
  record(0s, 10s, 40ms);
  recorder->mark(regular_recording | motion_recording);
  record(10s, 12s, 40ms);
  recorder->mark(manual_recording);
  record(12s, 14s, 40ms);
  const auto all = spans();
  ASSERT_EQ(all.size(), 1U) << "another type is no hole";
  EXPECT_EQ(all[0].types, regular_recording | motion_recording | manual_recording);
  const auto of = [&](RecordingTypes types) {
    return volume.storage->spans("c1", "main", test_start, test_start + 24h, types).value();
  };
  const auto regular = of(regular_recording);
  ASSERT_EQ(regular.size(), 1U);
  EXPECT_EQ(regular[0].to, test_start + 12s);
  EXPECT_EQ(regular[0].types, regular_recording | motion_recording);
  const auto motion = of(motion_recording);
  ASSERT_EQ(motion.size(), 1U);
  EXPECT_EQ(motion[0].from, test_start + 10s);
  EXPECT_EQ(motion[0].to, test_start + 12s);
  EXPECT_EQ(motion[0].frames, 50U);
  const auto two = of(motion_recording | manual_recording);
  ASSERT_EQ(two.size(), 1U);
  EXPECT_EQ(two[0].to, test_start + 14s);
  EXPECT_TRUE(of(input_recording).empty());
  volume.close();
  ChunkIndex::erase(volume.directory.path() / "index.sqlite");
  volume.open();
  EXPECT_EQ(of(motion_recording).size(), 1U) << "it stands in the chunks themselves";
}

TEST_F(SpansTest, DaysAreThoseWithSomethingOfTheType) {
  using namespace platform;
  record(24h - 10s, 24h + 100ms, 40ms);
  recorder->mark(manual_recording);
  record(75h, 75h + 10s, 40ms);
  ASSERT_TRUE(volume.storage->flush());
  std::vector<base::UtcTime> bounds;
  for (int day = 0; day <= 5; ++day) bounds.push_back(test_start + day * 24h);
  const auto days = [&](RecordingTypes types) {
    return volume.storage->recorded_days("c1", "main", bounds, types).value();
  };
  const auto day = [](int number) { return test_start + number * 24h; };
  EXPECT_EQ(days(any_recording), (std::vector<base::UtcTime>{day(0), day(1), day(3)}));
  EXPECT_EQ(days(regular_recording), (std::vector<base::UtcTime>{day(0), day(1)}));
  EXPECT_EQ(days(manual_recording), std::vector<base::UtcTime>{day(3)});
  EXPECT_TRUE(days(input_recording).empty());
  EXPECT_TRUE(volume.storage->recorded_days("c2", "main", bounds)->empty());
  EXPECT_TRUE(volume.storage->recorded_days("c1", "main", {})->empty());
  bounds = {test_start + 24h, test_start + 24h + 1ms};
  EXPECT_EQ(days(any_recording), std::vector<base::UtcTime>{day(1)})
      << "by a chunk that began the day before";
}

TEST_F(SpansTest, ThousandsOfChunks) {
  record(0s, 2000s, 500ms);
  const auto found = spans();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].frames, 4000u);
}

}  // namespace
}  // namespace watchrig::storage
