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

TEST_F(SpansTest, ThousandsOfChunks) {
  record(0s, 2000s, 500ms);
  const auto found = spans();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].frames, 4000u);
}

}  // namespace
}  // namespace watchrig::storage
