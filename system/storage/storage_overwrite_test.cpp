#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/storage/segment_log.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Units = std::vector<media::AccessUnitPtr>;

constexpr std::uint64_t mebi = 1u << 20;
constexpr std::uint64_t giga = 1'000'000'000;

TEST(FullRule, TheLargestOfItsPartsStaysFree) {
  const FullRule usual{64 * mebi, 50 * giga, 1, true};
  EXPECT_EQ(usual.kept_free(10'000 * giga), 100 * giga);
  EXPECT_EQ(usual.kept_free(5'000 * giga), 50 * giga);
  EXPECT_EQ(usual.kept_free(1'000 * giga), 50 * giga);
  EXPECT_EQ(usual.kept_free(100 * giga), 5 * giga) << "50 GB would be half of it";
  EXPECT_EQ(usual.kept_free(giga), 64 * mebi);
  EXPECT_EQ(FullRule{}.kept_free(10'000 * giga), 64 * mebi);
}

/// Six segments fit, and one of them stays free.
struct OverwriteTest : testing::Test {
  OverwriteTest() {
    volume.options.full = {mebi, 0, 0, true};
    volume.files->report_capacity(6 * mebi);
    volume.open();
    recorder = volume.record("gate");
  }
  /// So many MiB of pictures, each second of them on the disk before the next.
  base::Result<> record(int amount) {
    for (int second = 0; second < amount * 4; ++second) {
      const auto units = make_video(at, 25, 10000);
      volume.push(*recorder, units);
      sent.insert(sent.end(), units.begin(), units.end());
      at += 1s;
      if (auto flushed = volume.storage->flush(); !flushed) return flushed;
    }
    return {};
  }
  /// Nothing but the end of what was sent, without a hole.
  Units expect_newest() {
    auto found = volume.read("gate");
    EXPECT_LE(found.size(), sent.size());
    EXPECT_FALSE(found.empty());
    const auto first = sent.end() - static_cast<std::ptrdiff_t>(found.size());
    expect_same_units(found, Units(first, sent.end()));
    return found;
  }

  TestVolume volume;
  std::shared_ptr<ChannelRecorder> recorder;
  Units sent;
  base::Duration at{};
};

TEST_F(OverwriteTest, TheOldestMakesRoomForTheNewest) {
  ASSERT_TRUE(record(4));
  EXPECT_EQ(expect_newest().size(), sent.size()) << "there is room for all";
  EXPECT_EQ(volume.count("storage.overwriting"), 0U);
  ASSERT_TRUE(record(20));
  const auto kept = expect_newest();
  EXPECT_GT(kept.size() * 10000, 3 * mebi);
  EXPECT_LE(volume.segment_files().size(), 5U);
  EXPECT_GT(*segment_number(volume.segment_files().front()), 10U);
  const auto spans = volume.spans("gate");
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].from, kept.front()->time);
  EXPECT_EQ(volume.count("storage.overwriting"), 1U);
  EXPECT_EQ(volume.count("storage.full"), 0U);
  EXPECT_EQ(volume.count("recording.failed"), 0U);
  EXPECT_NE(volume.metrics.text().find("watchrig_storage_overwritten_segments_total"), std::string::npos);
  recorder.reset();
  volume.close();
  volume.open();
  EXPECT_EQ(expect_newest().size(), kept.size());
  EXPECT_EQ(volume.count("storage.damaged"), 0U);
  EXPECT_EQ(volume.count("storage.recovered"), 0U);
}

TEST_F(OverwriteTest, AnotherChannelThatWasRecordedFirstGoesFirst) {
  {
    const auto yard = volume.record("yard");
    volume.push(*yard, make_video(0ms, 25));
  }
  ASSERT_TRUE(record(1));
  EXPECT_EQ(volume.read("yard").size(), 25U);
  ASSERT_TRUE(record(8));
  EXPECT_TRUE(volume.spans("yard").empty());
  EXPECT_TRUE(volume.read("yard").empty());
  expect_newest();
}

TEST_F(OverwriteTest, WhoReadsWhatIsOverwrittenGoesOnWithWhatIsThere) {
  ASSERT_TRUE(record(4));
  auto reader = volume.storage->read("gate", "main", test_start, test_start + 24h);
  ASSERT_TRUE(reader);
  const auto first = reader->next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->unit->time, test_start);
  ASSERT_TRUE(record(3));
  auto before = first->unit->time;
  int interruptions = 0;
  while (const auto next = reader->next()) {
    EXPECT_GT(next->unit->time, before);
    before = next->unit->time;
    interruptions += next->discontinuity;
  }
  EXPECT_GE(interruptions, 1);
  EXPECT_GT(before, test_start + 10s);
  EXPECT_EQ(volume.count("storage.damaged"), 0U);
}

TEST_F(OverwriteTest, WhatCannotBeRemovedTakesNothingElseWithIt) {
  ASSERT_TRUE(record(3));
  volume.files->refuse_remove(true);
  const auto refused = record(4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::io);
  for (int again = 0; again < 3; ++again) EXPECT_FALSE(volume.storage->flush());
  const auto spans = volume.spans("gate");
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_LT(spans[0].from, test_start + 5s) << "one segment was given up, and no more";
  volume.files->refuse_remove(false);
  ASSERT_TRUE(volume.storage->flush());
  expect_newest();
  EXPECT_EQ(volume.count("storage.resumed"), 1U);
}

TEST_F(OverwriteTest, WhatSomebodyHasRemovedByHandStopsNothing) {
  ASSERT_TRUE(record(4));
  std::filesystem::remove(volume.segment_files().front());
  std::filesystem::remove(volume.segment_files().front());
  ASSERT_TRUE(record(12));
  expect_newest();
  EXPECT_EQ(volume.count("storage.failed"), 0U);
}

TEST_F(OverwriteTest, WhereSpaceDoesNotBecomeFreeOneGoesAndNoMore) {
  ASSERT_TRUE(record(4));
  const auto segments = volume.segment_files().size();
  // One more than the reserve and the segment that is to be made would do.
  volume.files->report_space(VolumeFiles::Space{6 * mebi, 2 * mebi - 1});
  EXPECT_EQ(record(2).error().kind, base::ErrorKind::full);
  for (int again = 0; again < 5; ++again) EXPECT_FALSE(volume.storage->flush());
  EXPECT_EQ(volume.segment_files().size(), segments - 1);
  EXPECT_EQ(volume.count("storage.full"), 1U);
  volume.clock.advance(1min);
  EXPECT_FALSE(volume.storage->flush());
  EXPECT_EQ(volume.segment_files().size(), segments - 2) << "it is tried again, seldom";
}

TEST_F(OverwriteTest, WhatWouldNotSufficeIsNotTaken) {
  ASSERT_TRUE(record(4));
  const auto segments = volume.segment_files().size();
  volume.options.full.reserve_bytes = 1000 * mebi;
  recorder.reset();
  volume.close();
  volume.open();
  recorder = volume.record("gate");
  EXPECT_EQ(record(2).error().kind, base::ErrorKind::full);
  EXPECT_EQ(volume.segment_files().size(), segments);
  EXPECT_EQ(volume.count("storage.overwriting"), 0U);
}

TEST_F(OverwriteTest, ARuleThatAsksForMuchMoreIsApproachedWhileRecordingGoesOn) {
  volume.files->report_capacity(40 * mebi);
  ASSERT_TRUE(record(30));
  const auto segments = volume.segment_files().size();
  ASSERT_GT(segments, 25U);
  recorder.reset();
  volume.close();
  volume.options.full.full_percent = 80;
  volume.open();
  recorder = volume.record("gate");
  ASSERT_TRUE(record(2));
  EXPECT_LT(volume.segment_files().size(), segments);
  EXPECT_GT(volume.segment_files().size(), segments - 12) << "not at once";
  ASSERT_TRUE(record(20));
  EXPECT_LE(volume.segment_files().size(), 9U);
  expect_newest();
}

TEST_F(OverwriteTest, OfATimeThatWasOverwrittenNothingIsToBeRead) {
  ASSERT_TRUE(record(12));
  ASSERT_GT(volume.spans("gate").front().from, test_start + 10s);
  const auto none = volume.storage->read("gate", "main", test_start, test_start + 1s);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::not_found);
}

TEST_F(OverwriteTest, WhatCannotBeRemovedStopsNothingWhileThereIsSpace) {
  recorder.reset();
  volume.close();
  volume.options.full.full_percent = 50;
  volume.files->report_capacity(20 * mebi);
  volume.open();
  recorder = volume.record("gate");
  volume.files->refuse_remove(true);
  ASSERT_TRUE(record(14));
  EXPECT_GT(volume.segment_files().size(), 12U);
  EXPECT_EQ(volume.count("storage.failed"), 0U);
}

TEST_F(OverwriteTest, WithNothingToTakeTheVolumeIsFull) {
  volume.files->report_space(VolumeFiles::Space{6 * mebi, mebi});
  const auto refused = record(1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::full);
  EXPECT_EQ(volume.count("storage.full"), 1U);
  EXPECT_EQ(volume.count("recording.failed", "gate"), 1U);
  EXPECT_EQ(volume.count("storage.overwriting"), 0U);
}

TEST_F(OverwriteTest, WhoIsToStopLosesNothingThatIsThere) {
  recorder.reset();
  volume.close();
  volume.options.full.overwrite = false;
  volume.open();
  recorder = volume.record("gate");
  EXPECT_EQ(record(20).error().kind, base::ErrorKind::full);
  EXPECT_EQ(volume.count("storage.full"), 1U);
  ASSERT_FALSE(volume.read("gate").empty());
  EXPECT_EQ(volume.read("gate").front()->time, test_start);
}

/// Kept for an hour.
struct ExpiryTest : OverwriteTest {
  ExpiryTest() {
    recorder.reset();
    volume.close();
    volume.options.keep = 1h;
    volume.files->report_capacity(100 * mebi);
    volume.open();
    recorder = volume.record("gate");
  }
  /// Lets the writer look: it does so behind what it serves, so before it serves the next.
  void look_after(base::Duration passed) {
    volume.clock.advance(passed);
    for (int turn = 0; turn < 2; ++turn) EXPECT_TRUE(volume.storage->flush());
  }
};

TEST_F(ExpiryTest, WhatIsOlderGoesASegmentAtATimeAndWithoutAnythingNewToo) {
  ASSERT_TRUE(record(4));
  const auto segments = volume.segment_files().size();
  ASSERT_GE(segments, 4U);
  look_after(59min);
  EXPECT_EQ(volume.segment_files().size(), segments) << "not a minute too early";
  look_after(2min);
  EXPECT_EQ(volume.segment_files().size(), segments - 1) << "no more than one where none is made";
  look_after(9s);
  EXPECT_EQ(volume.segment_files().size(), segments - 1);
  look_after(1s);
  EXPECT_EQ(volume.segment_files().size(), segments - 2);
  expect_newest();
  EXPECT_NE(volume.metrics.text().find(
                fmt::format("expired_segments_total{{volume=\"{}\"}} 2", volume.path().native())),
            std::string::npos);
  EXPECT_EQ(volume.count("storage.overwriting"), 0U);
}

TEST_F(ExpiryTest, HoldsUpNothingThatIsRecorded) {
  volume.files->stall(true);
  volume.push(*recorder, make_video(0ms, 30));
  volume.clock.advance(700ms);
  volume.push(*recorder, make_video(1200ms, 1));
  volume.files->await_stalled();  // the write that came long before it looks for what has expired
  volume.files->stall(false);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(recorder->stats().committed_units, 31U);
}

TEST_F(ExpiryTest, WhatIsBeingWrittenStaysHoweverOldItIs) {
  ASSERT_TRUE(record(2));
  for (int look = 1; look <= 10; ++look) look_after(2h);
  EXPECT_EQ(volume.segment_files().size(), 1U);
  ASSERT_FALSE(volume.read("gate").empty());
  EXPECT_EQ(volume.read("gate").back()->time, sent.back()->time);
}

}  // namespace
}  // namespace watchrig::storage
