#include "system/storage/playback_course.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Steps = std::vector<PlaybackCourse::Step>;

/// Each picture with its sound.
std::vector<media::AccessUnitPtr> two_seconds_with_sound() {
  std::vector<media::AccessUnitPtr> units;
  for (const auto& picture : make_video(20ms, 50)) {
    units.push_back(picture);
    units.push_back(make_sound(picture->time - test_start));
  }
  return units;
}

/// Twenty seconds of which 4 s to 14 s are missing: 25 pictures a second with a key picture a second.
struct PlaybackCourseTest : testing::Test {
  TestVolume volume;
  std::vector<media::AccessUnitPtr> sent;
  media::RtspReplay replay;

  void SetUp() override {
    volume.open();
    record(0ms, 100);
    record(14s, 150);
    volume.clock.advance(1h);
  }

  void record(base::Duration at, std::size_t pictures) {
    const auto recorder = volume.record("gate");
    const auto units = make_video(at, pictures);
    volume.push(*recorder, units);
    sent.insert(sent.end(), units.begin(), units.end());
    recorder->close();
    ASSERT_TRUE(volume.storage->flush());
  }

  std::unique_ptr<PlaybackCourse> plan() {
    return PlaybackCourse::plan(*volume.storage, volume.clock, {"gate", "main", video_tracks(), replay});
  }

  Steps play(std::size_t bytes = 10'000) {
    const auto course = plan();
    Steps steps;
    for (int rounds = 0; rounds < 10'000; ++rounds) {
      const auto batch = course->read(bytes);
      steps.insert(steps.end(), batch.steps.begin(), batch.steps.end());
      if (batch.ended) return steps;
    }
    ADD_FAILURE() << "it does not end";
    return steps;
  }

  static base::Duration at(const PlaybackCourse::Step& step) { return step.unit->time - test_start; }
};

void expect_units(const Steps& steps, const std::vector<media::AccessUnitPtr>& wanted) {
  std::vector<media::AccessUnitPtr> played;
  for (const auto& step : steps) played.push_back(step.unit);
  expect_same_units(played, wanted);
}

TEST_F(PlaybackCourseTest, GoesFromTheKeyPictureBeforeOverTheHoleToTheEnd) {
  replay.from = test_start + 1500ms;
  const auto steps = play();
  expect_units(steps, {sent.begin() + 25, sent.end()});
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].discontinuity, i == 0 || i == 75) << i;
    EXPECT_EQ(steps[i].section_end, i == 74 || i + 1 == steps.size()) << i;
    EXPECT_EQ(steps[i].last, i + 1 == steps.size()) << i;
    // The hole is not waited for, and yet is in the timestamps.
    EXPECT_EQ(steps[i].played, 40ms * static_cast<int>(i)) << i;
    EXPECT_NEAR(steps[i].rtp_timestamp - steps[0].rtp_timestamp,
                (steps[i].unit->time - steps[0].unit->time) / 1ms * 90, 90)
        << i;
  }
}

TEST_F(PlaybackCourseTest, BeginsBehindTheHoleForWhoAsksForATimeWithinIt) {
  replay.from = test_start + 9s;
  EXPECT_EQ(at(play().front()), 14s);
}

TEST_F(PlaybackCourseTest, EndsBeforeTheEndThatIsAskedFor) {
  replay.from = test_start + 1s;
  replay.to = test_start + 2s;
  expect_units(play(), {sent.begin() + 25, sent.begin() + 50});
}

TEST_F(PlaybackCourseTest, PlaysKeyPicturesOnlyForWhoIsFast) {
  replay.speed = 4;
  EXPECT_EQ(play().size(), sent.size());
  replay.speed = 8;
  const auto steps = play();
  ASSERT_EQ(steps.size(), 10U);
  for (const auto& step : steps) EXPECT_TRUE(step.unit->key);
  EXPECT_EQ(steps[1].played, 1s);
  replay.rate_control = false;
  EXPECT_EQ(play().size(), sent.size());
}

TEST_F(PlaybackCourseTest, GoesBackwardsByGroupsOfPictures) {
  replay.backwards = true;
  replay.from = test_start + 15500ms;
  replay.to = test_start + 1500ms;
  const auto steps = play();
  // To 15.5 s, from 14 s, then over the hole from 3 s, 2 s and 1 s.
  std::vector<media::AccessUnitPtr> wanted;
  for (const auto& [begin, end] : {std::pair{125, 138}, {100, 125}, {75, 100}, {50, 75}, {25, 50}})
    wanted.insert(wanted.end(), sent.begin() + begin, sent.begin() + end);
  expect_units(steps, wanted);
  ASSERT_EQ(steps.size(), 113U);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].discontinuity, steps[i].unit->key) << i;
    EXPECT_EQ(steps[i].section_end, i == 62) << i;
    EXPECT_EQ(steps[i].last, i == 112) << i;
    EXPECT_GE(steps[i].played, steps[std::max<std::size_t>(i, 1) - 1].played) << i;
  }
  EXPECT_LT(steps.back().played, 5s) << "the hole was waited for";
}

TEST_F(PlaybackCourseTest, GoesBackwardsFromTheLatestToTheEarliest) {
  replay.backwards = true;
  replay.from = base::UtcTime::max();
  replay.key_pictures_only = true;
  const auto steps = play(1);
  ASSERT_EQ(steps.size(), 10U);
  EXPECT_EQ(at(steps.front()), 19s);
  EXPECT_EQ(at(steps.back()), 0s);
  EXPECT_EQ(steps.back().played, 9s);
}

TEST_F(PlaybackCourseTest, ReadsLittleAtATime) {
  const auto course = plan();
  const auto batch = course->read(10'000);
  EXPECT_GE(batch.steps.size(), 1U);
  EXPECT_LE(batch.steps.size(), 10U);
  EXPECT_FALSE(batch.ended);
}

TEST_F(PlaybackCourseTest, FollowsWhatIsBeingRecordedAndEndsOnceNothingComes) {
  const auto recorder = volume.record("gate");
  const auto units = make_video(1h, 50);
  volume.push(*recorder, {units.begin(), units.begin() + 25});
  ASSERT_TRUE(volume.storage->flush());
  volume.clock.advance(1s);
  replay.from = test_start + 1h;
  const auto course = plan();
  auto batch = course->read(1'000'000);
  EXPECT_EQ(batch.steps.size(), 25U);
  EXPECT_FALSE(batch.ended || batch.steps.back().last);
  EXPECT_TRUE(course->read(1'000'000).steps.empty());
  volume.push(*recorder, {units.begin() + 25, units.end()});
  ASSERT_TRUE(volume.storage->flush());
  batch = course->read(1'000'000);
  ASSERT_EQ(batch.steps.size(), 25U);
  EXPECT_FALSE(batch.steps.front().discontinuity);
  EXPECT_EQ(batch.steps.front().played, 1s);
  volume.clock.advance(recording_patience + 2s);
  EXPECT_TRUE(course->read(1'000'000).ended);
}

TEST_F(PlaybackCourseTest, PassesOverWhatIsCodedOtherwise) {
  auto tracks = video_tracks();
  tracks[0].codec = media::Codec::h265;
  const auto other = PlaybackCourse::plan(*volume.storage, volume.clock, {"gate", "main", tracks, replay});
  const auto batch = other->read(1'000'000);
  EXPECT_TRUE(batch.steps.empty() && batch.ended);
  const auto bit_by_bit =
      PlaybackCourse::plan(*volume.storage, volume.clock, {"gate", "main", tracks, replay});
  const auto bit = bit_by_bit->read(1);
  EXPECT_TRUE(bit.steps.empty() && !bit.ended && !bit.waits);
  bit_by_bit->stop();
  EXPECT_TRUE(bit_by_bit->read(1).ended);
}

TEST_F(PlaybackCourseTest, FollowsAKeyPictureThatIsOlderThanSoundThatCameBefore) {
  const auto recorder = volume.record("yard", "main", video_and_audio_tracks());
  const auto units = make_video(1h, 50);
  volume.push(*recorder, {units.begin(), units.begin() + 25});
  volume.push(*recorder, {make_sound(1h + 1100ms)});
  ASSERT_TRUE(volume.storage->flush());
  volume.clock.advance(2s);
  replay.from = test_start + 1h;
  const auto course =
      PlaybackCourse::plan(*volume.storage, volume.clock, {"yard", "main", video_and_audio_tracks(), replay});
  EXPECT_EQ(course->read(1'000'000).steps.size(), 26U);
  volume.push(*recorder, {units.begin() + 25, units.end()});
  ASSERT_TRUE(volume.storage->flush());
  const auto steps = course->read(1'000'000).steps;
  expect_units(steps, {units.begin() + 25, units.end()});
  ASSERT_EQ(steps.size(), 25U);
  EXPECT_FALSE(steps.front().discontinuity);
  EXPECT_EQ(steps.front().played, 1s);
}

TEST_F(PlaybackCourseTest, MarksTheFirstAndTheLastUnitOfEachTrack) {
  const auto recorder = volume.record("yard", "main", video_and_audio_tracks());
  const auto units = two_seconds_with_sound();
  volume.push(*recorder, units);
  ASSERT_TRUE(volume.storage->flush());
  const auto course =
      PlaybackCourse::plan(*volume.storage, volume.clock, {"yard", "main", video_and_audio_tracks(), replay});
  const auto steps = course->read(1'000'000).steps;
  ASSERT_EQ(steps.size(), 100U);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].discontinuity, i < 2) << i;
    EXPECT_EQ(steps[i].section_end, i >= 98) << i;
    EXPECT_EQ(steps[i].last, i >= 98) << i;
  }
}

TEST_F(PlaybackCourseTest, HasSoundAtItsOwnSpeedOnly) {
  const auto recorder = volume.record("yard", "main", video_and_audio_tracks());
  const auto units = two_seconds_with_sound();
  volume.push(*recorder, units);
  ASSERT_TRUE(volume.storage->flush());
  const auto played = [&] {
    const auto course = PlaybackCourse::plan(*volume.storage, volume.clock,
                                             {"yard", "main", video_and_audio_tracks(), replay});
    return course->read(1'000'000).steps.size();
  };
  EXPECT_EQ(played(), 100U);
  replay.speed = 2;
  EXPECT_EQ(played(), 50U);
}

TEST(PlaybackReverse, GoesOnBeforeAChunkThatIsDamaged) {
  TestVolume volume;
  volume.open();
  const auto recorder = volume.record("gate");
  volume.push(*recorder, make_video(0ms, 250));
  ASSERT_TRUE(volume.storage->flush());
  recorder->close();
  const auto file = volume.segment_files().front();
  auto bytes = read_bytes(file);
  // A payload in the midst; 250 pictures of 2000 bytes.
  bytes.at(262'144) ^= 0xff;
  write_bytes(file, bytes);
  media::RtspReplay replay;
  replay.backwards = replay.key_pictures_only = true;
  replay.from = base::UtcTime::max();
  volume.clock.advance(1h);
  const auto course =
      PlaybackCourse::plan(*volume.storage, volume.clock, {"gate", "main", video_tracks(), replay});
  const auto steps = course->read(10'000'000).steps;
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.back().unit->time, test_start);
  EXPECT_GE(steps.size(), 9U);
  EXPECT_LE(steps.size(), 10U);
  EXPECT_EQ(volume.count("storage.damaged") > 0, true);
}

}  // namespace
}  // namespace watchrig::storage
