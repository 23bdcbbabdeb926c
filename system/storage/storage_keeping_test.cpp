#include <fstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "system/storage/segment_log.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using Units = std::vector<media::AccessUnitPtr>;

constexpr std::uint64_t mebi = 1u << 20;

/// Two channels that are recorded beside each other; a segment holds about two seconds of both.
struct KeepingTest : testing::Test {
  KeepingTest() {
    volume.options.full = {mebi, 0, 0, true};
    volume.files->report_capacity(100 * mebi);
    open();
  }
  void open() {
    volume.open();
    gate = volume.record("gate");
    yard = volume.record("yard");
  }
  void close() {
    gate.reset();
    yard.reset();
    volume.close();
  }
  base::Result<> record(int seconds) {
    for (int second = 0; second < seconds; ++second) {
      for (const auto& recorder : {gate, yard}) volume.push(*recorder, make_video(at, 25, 10000));
      at += 1s;
      volume.clock.advance(1s);
      if (auto flushed = volume.storage->flush(); !flushed) return flushed;
    }
    return {};
  }
  /// Lets the writer look: it does so behind what it serves, so before it serves the next.
  void look(int times = 1) {
    for (int time = 0; time < times; ++time) {
      volume.clock.advance(10s);
      for (int turn = 0; turn < 2; ++turn) EXPECT_TRUE(volume.storage->flush());
    }
  }
  base::Result<SpanLock> lock(const std::string& channel, base::Duration from, base::Duration to) {
    SpanLock wanted;
    wanted.channel = channel;
    wanted.from = test_start + from;
    wanted.to = test_start + to;
    wanted.reason = "theft";
    wanted.by = "admin";
    return volume.storage->lock(std::move(wanted));
  }
  base::UtcTime first(const std::string& channel) { return volume.spans(channel).front().from; }
  /// Every picture of these seconds is there.
  void expect_kept(const std::string& channel, int from, int to) {
    const auto found = volume.read(channel, std::chrono::seconds(from), std::chrono::seconds(to));
    expect_same_units(
        found, make_video(std::chrono::seconds(from), static_cast<std::size_t>(to - from) * 25, 10000));
  }
  std::uint64_t allocated() const {
    std::uint64_t bytes = 0;
    for (const auto& file : volume.segment_files()) {
      struct stat status {};
      if (::stat(file.c_str(), &status) == 0) bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
    return bytes;
  }

  TestVolume volume;
  std::shared_ptr<ChannelRecorder> gate, yard;
  base::Duration at{};
};

TEST_F(KeepingTest, WhatIsLockedStaysWhateverIsOverwritten) {
  ASSERT_TRUE(record(10));
  const auto locked = lock("gate", 2500ms, 5s);
  ASSERT_TRUE(locked) << locked.error().message;
  EXPECT_EQ(locked->kept_from, test_start + 2s) << "where its first picture can be decoded from";
  EXPECT_GT(locked->bytes, 500'000U);
  volume.files->report_capacity(8 * mebi);
  ASSERT_TRUE(record(40));
  expect_kept("gate", 2, 5);
  EXPECT_GT(first("yard"), test_start + 20s) << "what lay between is gone";
  EXPECT_EQ(volume.spans("gate").size(), 2U);
  EXPECT_EQ(volume.count("storage.full"), 0U);
  EXPECT_EQ(volume.count("storage.damaged"), 0U);
  close();
  open();
  ASSERT_TRUE(record(10));
  expect_kept("gate", 2, 5);
  EXPECT_EQ(lock("gate", 2500ms, 5s)->id, locked->id) << "the same again";
  ASSERT_EQ(volume.storage->locks().size(), 1U);
  EXPECT_EQ(volume.storage->locks()[0].reason, "theft");

  ASSERT_TRUE(volume.storage->unlock(locked->id));
  EXPECT_EQ(volume.storage->unlock(locked->id).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(record(10));
  EXPECT_GT(first("gate"), test_start + 20s) << "is the oldest now";
}

TEST_F(KeepingTest, AnIndexThatIsMadeAgainFindsWhatIsLeft) {
  ASSERT_TRUE(record(10));
  ASSERT_TRUE(lock("gate", 2s, 5s));
  volume.files->report_capacity(8 * mebi);
  ASSERT_TRUE(record(40));
  const auto before = volume.read("gate").size();
  close();
  for (const char* name : {"index.sqlite", "index.sqlite-wal", "index.sqlite-shm"})
    std::filesystem::remove(volume.path() / name);
  open();
  EXPECT_EQ(volume.count("storage.damaged"), 0U);
  EXPECT_EQ(volume.count("storage.index-rebuilt"), 1U);
  EXPECT_EQ(volume.read("gate").size(), before);
  ASSERT_TRUE(record(20));
  expect_kept("gate", 2, 5);
  EXPECT_EQ(volume.count("storage.full"), 0U);
}

TEST_F(KeepingTest, WhereFilesAreGivenBackWholeOnlyASegmentWithALockStays) {
  volume.files->refuse_give_back(true);
  ASSERT_TRUE(record(10));
  ASSERT_TRUE(lock("gate", 2s, 5s));
  volume.files->report_capacity(8 * mebi);
  ASSERT_TRUE(record(40));
  expect_kept("gate", 2, 5);
  EXPECT_EQ(volume.count("storage.full"), 0U);
}

TEST_F(KeepingTest, WithNothingButLocksTheVolumeIsFullAndNothingIsLost) {
  volume.options.most_locked_percent = 90;
  close();
  volume.files->report_capacity(12 * mebi);
  open();
  ASSERT_TRUE(record(16));
  ASSERT_TRUE(lock("gate", 0s, 16s));
  ASSERT_TRUE(lock("yard", 0s, 16s));
  volume.files->report_capacity(9 * mebi);
  base::Result<> full;
  for (int second = 0; second < 60 && full; ++second) full = record(1);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::full);
  EXPECT_EQ(volume.count("storage.full"), 1U);
  expect_kept("gate", 0, 16);
  expect_kept("yard", 0, 16);
  ASSERT_TRUE(volume.storage->unlock(volume.storage->locks()[0].id));
  volume.clock.advance(2min);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("storage.resumed"), 1U);
  expect_kept("yard", 0, 16);
}

TEST_F(KeepingTest, WhatCannotBeLockedIsRefusedWithTheReason) {
  ASSERT_TRUE(record(4));
  EXPECT_EQ(lock("gate", 2s, 2s).error().kind, ErrorKind::invalid);
  EXPECT_EQ(lock("gate", 3s, 4s + 1ns).error().kind, ErrorKind::invalid) << "has not passed";
  EXPECT_EQ(lock("", 1s, 2s).error().kind, ErrorKind::invalid);
  EXPECT_EQ(lock("cellar", 1s, 2s).error().kind, ErrorKind::not_found);
  EXPECT_EQ(lock("gate", -5s, 0s).error().kind, ErrorKind::not_found);
  volume.files->report_space(VolumeFiles::Space{mebi, mebi});
  const auto most = lock("gate", 0s, 4s);
  EXPECT_EQ(most.error().kind, ErrorKind::conflict);
  EXPECT_NE(most.error().message.find("524250"), std::string::npos) << most.error().message;
  EXPECT_TRUE(lock("gate", 0s, 1s));
  EXPECT_EQ(lock("yard", 0s, 2s).error().kind, ErrorKind::conflict) << "together";
}

TEST_F(KeepingTest, ADamagedListOfLocksLocksEverything) {
  ASSERT_TRUE(record(4));
  ASSERT_TRUE(lock("gate", 1s, 2s));
  close();
  write_bytes(volume.path() / "locks.sqlite", base::Bytes(10000, 'x'));
  open();
  EXPECT_EQ(volume.find("storage.damaged")->cause, "locks");
  volume.files->report_capacity(10 * mebi);
  const auto locks = volume.storage->locks();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_TRUE(locks[0].channel.empty());
  ASSERT_TRUE(record(30));
  expect_kept("gate", 0, 4);
  expect_kept("yard", 0, 4);
  volume.storage->limit({{"gate", {1s, 1}}});
  look(5);
  expect_kept("gate", 0, 4);
  EXPECT_GT(volume.read("gate", 4s).size(), 0U) << "what is locked is not told from what is not";
  ASSERT_TRUE(volume.storage->unlock(locks[0].id));
  ASSERT_TRUE(record(10));
  EXPECT_GT(first("yard"), test_start + 4s);
}

TEST_F(KeepingTest, WhatAChannelHasForTooLongGoesAndItsSpaceIsFree) {
  ASSERT_TRUE(record(20));
  const auto before = allocated();
  volume.storage->limit({{"gate", {30s, 0}}});
  look();
  EXPECT_EQ(first("gate"), test_start) << "not before";
  look();
  EXPECT_GE(first("gate"), test_start + 9s);
  EXPECT_LE(first("gate"), test_start + 10s);
  EXPECT_EQ(first("yard"), test_start);
  EXPECT_LT(allocated() + 1'800'000, before) << "nine seconds with 250 kB each";
  expect_kept("gate", 11, 20);
  expect_kept("yard", 0, 20);
  EXPECT_NE(volume.metrics.text().find("watchrig_storage_expired_chunks_total"), std::string::npos);
  look(100);
  EXPECT_LE(volume.spans("gate").size(), 1U) << "but what is in the segment that is being written";
  expect_kept("yard", 0, 20);
  volume.storage->limit({});
  look(3);
  expect_kept("yard", 0, 20);
  EXPECT_EQ(volume.count("storage.damaged"), 0U);
}

TEST_F(KeepingTest, OfAChannelWithTooMuchTheOldestGoes) {
  ASSERT_TRUE(record(20));
  volume.storage->limit({{"gate", {0s, 2'600'000}}});
  look();
  const auto bytes = volume.spans("gate").front().bytes;
  EXPECT_LE(bytes, 2'600'000U);
  EXPECT_GT(bytes, 2'300'000U) << "no more than must";
  EXPECT_LT(volume.storage->removed_until("gate"), first("gate"));
  EXPECT_GT(volume.storage->removed_until("gate"), first("gate") - 100ms);
  EXPECT_EQ(volume.storage->removed_until("yard"), base::UtcTime());
  expect_kept("gate", 11, 20);
  expect_kept("yard", 0, 20);
}

TEST_F(KeepingTest, LimitsPassOverWhatIsLocked) {
  ASSERT_TRUE(record(20));
  ASSERT_TRUE(lock("gate", 4s, 8s));
  volume.storage->limit({{"gate", {5s, 0}}});
  look(3);
  expect_kept("gate", 4, 8);
  EXPECT_TRUE(volume.spans("gate", 0s, 4s).empty());
  EXPECT_TRUE(volume.spans("gate", 8s, 16s).empty());
  volume.storage->limit({{"gate", {0s, 300'000}}});
  ASSERT_TRUE(record(6));
  look(3);
  expect_kept("gate", 4, 8);
  EXPECT_FALSE(volume.read("gate", 20s).empty()) << "what is locked does not count";
}

TEST_F(KeepingTest, AListOfLocksThatIsEmptyOrWasPutAsideBeforeLocksEverything) {
  ASSERT_TRUE(record(2));
  close();
  std::filesystem::remove(volume.path() / "locks.sqlite");
  open();
  EXPECT_TRUE(volume.storage->locks().empty()) << "of a volume from before there were locks";
  close();
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(volume.path() / (std::string("locks.sqlite") + suffix));
  write_bytes(volume.path() / "locks.sqlite", {});
  volume.clock.advance(-1h);
  open();
  ASSERT_EQ(volume.storage->locks().size(), 1U);
  EXPECT_EQ(volume.storage->locks()[0].to, test_start + 2s - 40ms) << "whatever the clock says";
  close();
  std::filesystem::rename(volume.path() / "locks.sqlite", volume.path() / "locks.sqlite.damaged");
  open();
  ASSERT_EQ(volume.storage->locks().size(), 1U) << "a start before this one came no further";
  ASSERT_TRUE(volume.storage->unlock(volume.storage->locks()[0].id));
  close();
  open();
  EXPECT_TRUE(volume.storage->locks().empty());
}

TEST_F(KeepingTest, LimitsOnAFileSystemThatGivesBackWholeFilesOnlyDoNotFillIt) {
  close();
  volume.files->refuse_give_back(true);
  open();
  ASSERT_TRUE(record(10));
  volume.storage->limit({{"gate", {10s, 0}}, {"yard", {10s, 0}}});
  look(3);
  EXPECT_GT(first("gate"), test_start + 5s);
  volume.files->report_capacity(8 * mebi);
  ASSERT_TRUE(record(30));
  EXPECT_EQ(volume.count("storage.full"), 0U);
}

TEST_F(KeepingTest, AfterAJumpOfTheClockNothingGoesForItsAgeForAnHour) {
  ASSERT_TRUE(record(20));
  volume.storage->limit({{"gate", {24h, 0}}, {"yard", {0s, 1'000'000}}});
  look();
  volume.clock.advance(24h * 365);
  look(3);
  EXPECT_EQ(first("gate"), test_start);
  EXPECT_GT(first("yard"), test_start + 10s) << "what is too much goes nevertheless";
  volume.clock.advance(-24h * 365);
  look(3);
  EXPECT_EQ(first("gate"), test_start);
  volume.clock.advance(24h * 365);
  look();
  for (int turn = 0; turn < 2; ++turn) {
    volume.clock.advance(59min);
    look();
  }
  EXPECT_GT(first("gate"), test_start + 10s);
}

TEST_F(KeepingTest, BehindWhatWasRemovedNothingIsDecodedFromBeforeIt) {
  ASSERT_TRUE(record(20));
  ASSERT_TRUE(lock("gate", 4s, 6s));
  volume.storage->limit({{"gate", {0s, 2'300'000}}});
  look();
  const auto behind = volume.spans("gate").back().from;
  ASSERT_GT(behind, test_start + 8s);
  const auto read = volume.storage->read("gate", "main", behind + 100ms, behind + 2s)->next();
  ASSERT_TRUE(read);
  EXPECT_GE(read->unit->time, behind);
  EXPECT_EQ(volume.storage->last_before("gate", "main", behind - 1s)->value(), test_start + 6s - 40ms);
  EXPECT_FALSE(*volume.storage->last_before("gate", "main", test_start + 4s));
}

TEST_F(KeepingTest, OfLongGroupsOfPicturesALockKeepsTheKeyPicture) {
  Units units;
  for (int at_second = 0; at_second < 60; ++at_second)
    units.push_back(make_picture(std::chrono::milliseconds(900) * at_second, at_second == 0, 30000));
  volume.push(*gate, units);
  ASSERT_TRUE(volume.storage->flush());
  volume.clock.advance(60s);
  const auto locked = lock("gate", 45s, 46s);
  ASSERT_TRUE(locked) << locked.error().message;
  EXPECT_EQ(locked->kept_from, test_start);
}

TEST_F(KeepingTest, LocksThatOverlapCountOnceAgainstLimits) {
  ASSERT_TRUE(record(20));
  for (const auto to : {7s, 8s, 9s, 10s}) ASSERT_TRUE(lock("gate", 6s, to));
  volume.storage->limit({{"gate", {0s, 1'500'000}}});
  look();
  expect_kept("gate", 6, 10);
  std::uint64_t bytes = 0;
  for (const auto& span : volume.spans("gate")) bytes += span.bytes;
  EXPECT_LT(bytes, 2'900'000U) << "four locked seconds with 250 kB each, and some";
}

TEST_F(KeepingTest, WhoReadsWhatExpiresGoesOnBehindIt) {
  ASSERT_TRUE(record(20));
  auto reader = volume.storage->read("gate", "main", test_start, test_start + 24h);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->next());
  volume.storage->limit({{"gate", {20s, 0}}});
  look();
  base::UtcTime last;
  while (const auto next = reader->next()) last = next->unit->time;
  EXPECT_EQ(last, test_start + 20s - 40ms);
  EXPECT_TRUE(reader->overwritten_until());
  EXPECT_EQ(volume.count("storage.damaged"), 0U);
}

}  // namespace
}  // namespace watchrig::storage
