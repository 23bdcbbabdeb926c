#include "system/storage/relay/hole_join.hpp"

#include <gtest/gtest.h>

#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Units = std::vector<media::AccessUnitPtr>;

/// A minute of pictures, of which 10 s to 50 s were not recorded. The device's clock is 3 s ahead before the
/// hole and drifts by 400 ms in it.
struct HoleJoinTest : ::testing::Test {
  HoleJoinTest() {
    for (const auto& unit : make_video(0s, 1500)) all.push_back(stamped(*unit));
  }
  static base::Duration offset(base::UtcTime time) {
    const auto since = std::clamp<base::Duration>(time - test_start - 10s, 0s, 40s);
    return 3s + since / 100;
  }
  static media::AccessUnitPtr stamped(media::AccessUnit unit) {
    unit.sender_time = unit.time + offset(unit.time);
    return std::make_shared<media::AccessUnit>(std::move(unit));
  }
  Units between(base::Duration from, base::Duration to) const {
    Units found;
    for (const auto& unit : all) {
      if (unit->time - test_start >= from && unit->time - test_start < to) found.push_back(unit);
    }
    return found;
  }
  HoleJoin join(media::Presentation tracks = video_tracks()) const {
    const auto before = between(9s, 10s), after = between(50s, 52s);
    HoleJoin made({before.back()->time, after.front()->time, 1, 1, {}}, tracks, before, after);
    EXPECT_TRUE(made.present(tracks));
    return made;
  }
  /// What the device plays: its own time, and none of ours.
  static Units fitted(HoleJoin& join, const Units& played) {
    Units found;
    for (const auto& unit : played) {
      auto told = *unit;
      told.time = {};
      for (auto& one : join.take(told, test_start + 1h)) found.push_back(std::move(one));
    }
    return found;
  }
  void expect_missing(const Units& found, const Units& missing) {
    ASSERT_EQ(found.size(), missing.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i]->payload, missing[i]->payload) << i;
      EXPECT_LT(std::chrono::abs(found[i]->time - missing[i]->time), 1ms) << i;
    }
  }

  Units all;
};

TEST_F(HoleJoinTest, TakesWhatIsMissingAndNothingElse) {
  auto gap = join();
  EXPECT_EQ(gap.from(), between(9s, 10s).back()->time + 3s - 2s);
  EXPECT_EQ(gap.to(), test_start + 50s + 3400ms + 2s);
  expect_missing(fitted(gap, between(8s, 53s)), between(10s, 50s));
  EXPECT_TRUE(gap.done() && gap.exact());
}

TEST_F(HoleJoinTest, IsNotDoneWhereTheDeviceHasAPartOnly) {
  auto gap = join();
  expect_missing(fitted(gap, between(8s, 30s)), between(10s, 30s));
  EXPECT_FALSE(gap.done());
}

TEST_F(HoleJoinTest, BeginsAtAKeyPictureWhereTheJointIsNotFound) {
  auto gap = join();
  expect_missing(fitted(gap, between(20500ms, 53s)), between(21s, 50s));
  EXPECT_TRUE(gap.done());
  EXPECT_FALSE(gap.exact());
}

TEST_F(HoleJoinTest, EqualPicturesAreToldApartByTheirTime) {
  for (auto& unit : all) {  // a still picture in MJPEG
    auto still = *unit;
    still.payload = {1, 2, 3};
    still.key = true;
    unit = std::make_shared<media::AccessUnit>(std::move(still));
  }
  auto gap = join();
  expect_missing(fitted(gap, between(8s, 53s)), between(10s, 50s));
  EXPECT_TRUE(gap.done());
}

TEST_F(HoleJoinTest, TakesTheSoundOfTheHole) {
  Units both;
  for (const auto& unit : all) {
    both.push_back(unit);
    both.push_back(stamped(*make_sound(unit->time - test_start + 5ms)));
    both.push_back(stamped(*make_sound(unit->time - test_start + 25ms)));
  }
  all = both;
  auto gap = join(video_and_audio_tracks());
  const auto found = fitted(gap, between(8s, 53s)), missing = between(10s, 50s);
  EXPECT_GE(found.size() + 1, missing.size());  // the last sound comes behind the picture that ends it
  EXPECT_LE(found.size(), missing.size());
  EXPECT_TRUE(gap.done());
}

TEST_F(HoleJoinTest, RefusesARecordingThatIsCodedOtherwise) {
  auto gap = join();
  auto other = video_tracks();
  other[0].codec = media::Codec::h265;
  EXPECT_FALSE(gap.present(other));
  EXPECT_TRUE(fitted(gap, between(8s, 53s)).empty());
  auto stored = video_tracks();
  stored[0].config = {1, 2, 3};
  auto coded = join(stored);
  other = stored;
  other[0].config = {1, 2, 4};
  EXPECT_FALSE(coded.present(other));
}

TEST_F(HoleJoinTest, RefusesThePicturesOfAnotherCamera) {
  auto gap = join();
  Units foreign;
  for (const auto& unit : between(8s, 53s)) {
    auto other = *unit;
    other.payload.push_back(7);
    foreign.push_back(std::make_shared<media::AccessUnit>(std::move(other)));
  }
  EXPECT_TRUE(fitted(gap, foreign).empty());
  EXPECT_TRUE(gap.foreign());
}

TEST_F(HoleJoinTest, TakesOverTheTimesOfARecordingThatTellsThemOtherwise) {
  Units played;
  for (const auto& unit : between(8s, 53s)) {
    auto late = *unit;
    late.sender_time = *late.sender_time + 150ms;  // what coding takes
    played.push_back(std::make_shared<media::AccessUnit>(std::move(late)));
  }
  auto gap = join();
  expect_missing(fitted(gap, played), between(10s, 50s));
  EXPECT_TRUE(gap.done() && gap.exact());
}

TEST_F(HoleJoinTest, SoundThatCameBackWithTheStreamIsNoTrackOfTheHole) {
  auto after = between(50s, 52s);
  after.insert(after.begin(), stamped(*make_sound(50s)));
  const auto before = between(9s, 10s);
  HoleJoin gap({before.back()->time, after.back()->time, 1, 1, {}}, video_tracks(), before, after);
  EXPECT_TRUE(gap.present(video_tracks()));
  EXPECT_FALSE(fitted(gap, between(8s, 53s)).empty());
}

TEST_F(HoleJoinTest, UnitsWithoutATimeAreLeftOut) {
  auto gap = join();
  auto unit = *between(20s, 21s).front();
  unit.sender_time.reset();
  EXPECT_TRUE(gap.take(unit, test_start).empty());
}

}  // namespace
}  // namespace watchrig::storage
