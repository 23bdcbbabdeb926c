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

}  // namespace
}  // namespace watchrig::storage
