#include <gtest/gtest.h>

#include "system/storage/chunk_index.hpp"
#include "system/storage/recovery.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Units = std::vector<media::AccessUnitPtr>;

constexpr base::Duration day = 24h;

/// Pictures of 0 s to 20 s, of which those from 7.4 s up to before 15 s are missing.
struct HoleTest : ::testing::Test {
  HoleTest() {
    volume.open();
    all = make_video(0ms, 500);
    const auto in = [this](base::Duration from, base::Duration to) {
      Units found;
      for (const auto& unit : all) {
        if (unit->time - test_start >= from && unit->time - test_start < to) found.push_back(unit);
      }
      return found;
    };
    before = in(0s, 7400ms);
    missing = in(7400ms, 15s);
    after = in(15s, 20s);
  }
  std::vector<Hole> holes() const {
    return *volume.storage->holes("c1", "main", test_start, test_start + day);
  }
  void record(const Units& units) { volume.push(*recorder, units); }

  TestVolume volume;
  Units all, before, missing, after;
  std::shared_ptr<ChannelRecorder> recorder;
};

TEST_F(HoleTest, IsFilledAsIfItHadNeverBeen) {
  recorder = volume.record("c1");
  recorder->mark(platform::motion_recording);
  record(before);
  recorder->mark(platform::manual_recording);
  record(after);
  ASSERT_TRUE(volume.storage->flush());
  const auto found = holes();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].from, before.back()->time);
  EXPECT_EQ(found[0].to, after.front()->time);
  const auto filler = volume.storage->fill("c1", "main", video_tracks(), found[0]);
  ASSERT_TRUE(filler) << filler.error().message;
  record(make_video(20s, 25));  // the stream goes on beside it
  volume.push(**filler, missing);
  (*filler)->close();
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_TRUE(holes().empty());
  auto expected = all;
  for (const auto& unit : make_video(20s, 25)) expected.push_back(unit);
  expect_same_units(volume.read("c1"), expected);
  ASSERT_EQ(volume.spans("c1").size(), 1U);
  EXPECT_EQ(volume.spans("c1")[0].frames, expected.size());
  const auto motion =
      *volume.storage->spans("c1", "main", test_start, test_start + day, platform::motion_recording);
  ASSERT_EQ(motion.size(), 1U);
  EXPECT_EQ(motion[0].to, after.front()->time) << "what is filled in is of the types before it";
  volume.close();
  ChunkIndex::erase(volume.path() / index_name);
  volume.open();
  expect_same_units(volume.read("c1"), expected);
}

TEST_F(HoleTest, IsFilledAfterARestartAndInTwoParts) {
  recorder = volume.record("c1");
  record(before);
  recorder.reset();
  volume.close();
  volume.open();
  recorder = volume.record("c1");
  record(after);
  for (const auto& part :
       {Units(missing.begin(), missing.begin() + 60), Units(missing.begin() + 60, missing.end())}) {
    ASSERT_TRUE(volume.storage->flush());
    ASSERT_EQ(holes().size(), 1U);
    const auto filler = *volume.storage->fill("c1", "main", video_tracks(), holes()[0]);
    volume.push(*filler, part);
    filler->close();
  }
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read("c1"), all);
  EXPECT_EQ(volume.spans("c1").size(), 1U);
}

TEST_F(HoleTest, ASecondWithoutPicturesIsNone) {
  recorder = volume.record("c1");
  record(before);
  const auto last = before.back()->time - test_start;
  record(make_video(last + 1s, 25));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_TRUE(holes().empty());
  record(make_video(last + 1s + 960ms + 1001ms, 25));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(holes().size(), 1U);
}

TEST_F(HoleTest, EndsAtTheKeyPictureBehindWhatShowsNothing) {
  recorder = volume.record("c1", "main", video_and_audio_tracks());
  record(before);
  recorder->push(make_sound(14200ms));  // the stream comes back in the middle of a group, sound first
  for (const auto& unit : missing) {
    if (unit->time - test_start >= 14240ms) recorder->push(unit);
  }
  record(after);
  ASSERT_TRUE(volume.storage->flush());
  ASSERT_EQ(holes().size(), 1U);
  EXPECT_EQ(holes()[0].from, before.back()->time);
  EXPECT_EQ(holes()[0].to, after.front()->time);
  EXPECT_EQ(recorder->stats().skipped, 20U);
}

TEST_F(HoleTest, IsNoneWhereAnotherRunHasThatTime) {
  recorder = volume.record("c1");
  record(make_video(0s, 1000));
  record(make_video(5s, 50));   // the clock was set back,
  record(make_video(30s, 50));  // and forward again
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_TRUE(holes().empty());
}

TEST_F(HoleTest, TakesNothingThatIsOlderThanWhatItHad) {
  recorder = volume.record("c1");
  record(before);
  record(after);
  ASSERT_TRUE(volume.storage->flush());
  const auto filler = *volume.storage->fill("c1", "main", video_tracks(), holes()[0]);
  EXPECT_TRUE(filler->push(missing[1]));
  EXPECT_FALSE(filler->push(missing[0]));
  EXPECT_FALSE(filler->push(missing[1]));
  EXPECT_TRUE(filler->push(missing[2]));
  EXPECT_FALSE(volume.storage->fill("c1", "main", video_tracks(), holes()[0]));  // one at a time
}

TEST_F(HoleTest, WaitsWhileTooMuchIsQueued) {
  volume.close();
  volume.options.queue_bytes = 1u << 20;
  volume.open();
  recorder = volume.record("c1");
  record(Units(before.begin(), before.begin() + 10));
  ASSERT_TRUE(volume.storage->flush());
  record(make_video(15s, 10));
  ASSERT_TRUE(volume.storage->flush());
  const auto filler = *volume.storage->fill("c1", "main", video_tracks(), holes()[0]);
  const auto large = make_video(1s, 190, 10'000);
  std::size_t taken = 0;
  while (taken < large.size() && filler->push(large[taken])) ++taken;
  EXPECT_LE(taken, 52U);
  EXPECT_GT(taken, 40U);
  EXPECT_EQ(volume.count("recording.failed"), 0U);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_TRUE(filler->push(large[taken]));
}

}  // namespace
}  // namespace watchrig::storage
