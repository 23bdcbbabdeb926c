#include <algorithm>

#include <gtest/gtest.h>

#include "system/storage/testing/three_volumes.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Units = std::vector<media::AccessUnitPtr>;
using StorageVolumes = ThreeVolumes;

TEST_F(StorageVolumes, ChannelsAreSpreadOverThemAndAllIsFoundAgain) {
  volume.open();
  std::vector<std::shared_ptr<ChannelRecorder>> recorders;
  const Units sent = make_video(0ms, 50);
  for (int i = 0; i < 60; ++i) {
    recorders.push_back(volume.record("c" + std::to_string(i)));
    volume.push(*recorders.back(), sent);
  }
  ASSERT_TRUE(volume.storage->flush());
  std::vector<int> held(3);
  for (int i = 0; i < 60; ++i) {
    const auto channel = "c" + std::to_string(i);
    int on = 0;
    for (std::size_t number = 0; number < 3; ++number) {
      if (!holds(number, channel)) continue;
      ++held[number];
      ++on;
    }
    EXPECT_EQ(on, 1) << channel;
    expect_same_units(volume.read(channel), sent);
  }
  for (const int count : held) EXPECT_GT(count, 8) << "of 60 on three volumes of the same size";
  EXPECT_GE(volume.storage->stats().segments, 3u);
}

TEST_F(StorageVolumes, ALargerOneHasMoreChannels) {
  files[2]->report_capacity(8ull << 30);
  volume.open();
  std::vector<std::shared_ptr<ChannelRecorder>> recorders;
  for (int i = 0; i < 60; ++i) {
    recorders.push_back(volume.record("c" + std::to_string(i)));
    volume.push(*recorders.back(), make_video(0ms, 2));
  }
  ASSERT_TRUE(volume.storage->flush());
  int held = 0;
  for (int i = 0; i < 60; ++i) held += holds(2, "c" + std::to_string(i));
  EXPECT_GT(held, 36) << "of 60, where it has eight tenths of the capacity";
  EXPECT_LT(held, 60);
}

TEST_F(StorageVolumes, WhenOneFailsTheOthersTakeItsChannelsAndNothingIsLostOrTwice) {
  volume.open();
  const auto channel = channel_on(1);
  const auto recorder = volume.record(channel);
  const Units sent = make_video(10s, 250);
  volume.push(*recorder, Units(sent.begin(), sent.begin() + 110));
  ASSERT_TRUE(volume.storage->flush());
  files[1]->refuse_write(base::ErrorKind::io);
  files[1]->refuse_create(base::ErrorKind::io);
  volume.push(*recorder, Units(sent.begin() + 110, sent.begin() + 190));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("storage.failed"), 1u);
  EXPECT_EQ(volume.count("recording.failed"), 0u) << "it is recorded";
  EXPECT_EQ(recorder->stats().committed_units, 190u);
  expect_same_units(volume.read(channel, 10s), Units(sent.begin(), sent.begin() + 190));

  files[1]->refuse_write(std::nullopt);
  files[1]->refuse_create(std::nullopt);
  volume.clock.advance(1s);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("storage.resumed"), 1u);
  volume.push(*recorder, Units(sent.begin() + 190, sent.end()));
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read(channel, 10s), sent);
  const auto spans = volume.spans(channel, 10s);
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans.front().frames, 250u);
  // From within the group of pictures that is in parts: its begin is on the volume that failed.
  const auto from_within = volume.read(channel, 10s + 4600ms, 10s + 5s);
  ASSERT_FALSE(from_within.empty());
  EXPECT_EQ(from_within.front()->time, test_start + 14s);
  EXPECT_EQ(from_within.size(), 25u);
  recorder->close();

  // What comes later is where it belongs again.
  volume.close();
  files[0]->refuse_read(true);
  files[2]->refuse_read(true);
  volume.options.volumes.erase(volume.options.volumes.begin() + 2);
  volume.options.volumes.erase(volume.options.volumes.begin());
  volume.open();
  const auto own = volume.read(channel, 18s);
  expect_same_units(own, Units(sent.begin() + 200, sent.end()));
}

TEST_F(StorageVolumes, WithoutAnotherThatWorksItIsToldAndGoesOnWhereOneWorksFirst) {
  volume.open();
  const auto channel = channel_on(0);
  const auto recorder = volume.record(channel);
  for (const auto& own : files) {
    own->refuse_write(base::ErrorKind::io);
    own->refuse_create(base::ErrorKind::io);
  }
  const Units sent = make_video(10s, 100);
  // Each of them is found to fail when it is to be written.
  for (int i = 0; i < 4; ++i) {
    volume.push(*recorder, Units(sent.begin() + i * 25, sent.begin() + (i + 1) * 25));
    EXPECT_FALSE(volume.storage->flush());
  }
  EXPECT_EQ(volume.count("storage.failed"), 3u);
  EXPECT_EQ(volume.count("recording.failed", channel), 1u);
  files[2]->refuse_write(std::nullopt);
  files[2]->refuse_create(std::nullopt);
  volume.clock.advance(5s);
  static_cast<void>(volume.storage->flush());
  static_cast<void>(volume.storage->flush());
  EXPECT_EQ(volume.count("recording.resumed", channel), 1u);
  expect_same_units(volume.read(channel, 10s), sent);
}

TEST_F(StorageVolumes, WhatWaitsForOneThatHangsIsRecordedOnOthers) {
  volume.open();
  const auto channel = channel_on(2);
  const auto recorder = volume.record(channel);
  const Units sent = make_video(10s, 200);
  files[2]->stall(true);
  volume.push(*recorder, Units(sent.begin(), sent.begin() + 26));
  volume.clock.advance(1s);
  static_cast<void>(volume.storage->flush(200ms));
  files[2]->await_stalled();
  volume.push(*recorder, Units(sent.begin() + 26, sent.begin() + 60));
  volume.clock.advance(3s);
  volume.push(*recorder, Units(sent.begin() + 60, sent.end()));
  EXPECT_EQ(volume.count("storage.failed"), 1u);
  EXPECT_EQ(volume.find("storage.failed")->cause, "stalled");
  EXPECT_EQ(volume.count("recording.failed"), 0u);
  static_cast<void>(volume.storage->flush(500ms));
  EXPECT_EQ(recorder->stats().committed_units, 200u - 26u) << "but what the volume has in hand";
  files[2]->stall(false);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.count("storage.resumed"), 1u);
  expect_same_units(volume.read(channel, 10s), sent);
}

TEST_F(StorageVolumes, OneThatIsMissingIsToldAndUsedOnceItIsThere) {
  const auto missing = volume.options.volumes[0].directory;
  write_bytes(missing, base::Bytes{1});
  volume.open();
  ASSERT_EQ(volume.count("storage.failed"), 1u);
  EXPECT_EQ(volume.find("storage.failed")->cause, "missing");
  EXPECT_NE(volume.find("storage.failed")->message.find(missing.native()), std::string::npos);
  const auto recorder = volume.record("gate");
  const Units sent = make_video(0ms, 50);
  volume.push(*recorder, sent);
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read("gate"), sent);

  std::filesystem::remove(missing);
  ASSERT_TRUE(volume.wait_for("storage.resumed"));
  EXPECT_FALSE(channel_on(0).empty());
}

TEST_F(StorageVolumes, WithoutAnyTheStorageCannotBeOpened) {
  for (const auto& place : volume.options.volumes) write_bytes(place.directory, base::Bytes{1});
  const auto opened = volume.try_open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("disk0"), std::string::npos);
}

TEST_F(StorageVolumes, OneFolderIsNoTwoVolumes) {
  volume.options.volumes[1].directory = volume.options.volumes[0].directory / ".";
  EXPECT_FALSE(volume.try_open());
  volume.options.volumes.clear();
  EXPECT_FALSE(volume.try_open());
}

/// A channel that has recordings on two volumes, since one of them failed in between.
struct OnTwoVolumes : StorageVolumes {
  std::string channel;
  Units sent = make_video(10s, 250);
  void SetUp() override {
    StorageVolumes::SetUp();
    volume.open();
    channel = channel_on(1);
    const auto recorder = volume.record(channel);
    volume.push(*recorder, Units(sent.begin(), sent.begin() + 100));
    ASSERT_TRUE(volume.storage->flush());
    fail(1, true);
    volume.push(*recorder, Units(sent.begin() + 100, sent.end()));
    ASSERT_TRUE(volume.storage->flush());
    fail(1, false);
    volume.clock.advance(1s);
    ASSERT_TRUE(volume.storage->flush());
  }
  void fail(std::size_t number, bool now) {
    const auto error = now ? std::optional(base::ErrorKind::io) : std::nullopt;
    files[number]->refuse_write(error);
    files[number]->refuse_create(error);
  }
};

TEST_F(OnTwoVolumes, ALockIsOneWithPartsOnBoth) {
  volume.clock.advance(1h);
  SpanLock wanted;
  wanted.channel = channel;
  wanted.from = test_start + 12s;
  wanted.to = test_start + 18s;
  const auto lock = volume.storage->lock(wanted);
  ASSERT_TRUE(lock) << lock.error().message;
  // 150 pictures of 2000 bytes, with the heads of chunks.
  EXPECT_GT(lock->bytes, 300'000u);
  EXPECT_EQ(lock->kept_from, test_start + 12s);
  ASSERT_EQ(volume.storage->locks().size(), 1u);
  EXPECT_EQ(volume.storage->locks().front().bytes, lock->bytes);
  EXPECT_EQ(volume.storage->lock(wanted)->id, lock->id) << "the same again is that lock";

  volume.close();
  volume.open();
  ASSERT_EQ(volume.storage->locks().size(), 1u);
  EXPECT_EQ(volume.storage->unlock(lock->id)->bytes, lock->bytes);
  EXPECT_TRUE(volume.storage->locks().empty());
  EXPECT_EQ(volume.storage->unlock(lock->id).error().kind, base::ErrorKind::not_found);
}

TEST_F(OnTwoVolumes, ALockThatWasMadeWithoutAVolumeIsItsOwnOnceItIsThere) {
  volume.close();
  const auto aside = volume.directory.path() / "aside";
  const auto missing = volume.options.volumes[1].directory;
  std::filesystem::rename(missing, aside);
  volume.options.volumes[1].must_exist = true;
  volume.open();
  EXPECT_EQ(volume.count("storage.failed"), 2u) << "as it failed before, and is missing now";
  EXPECT_EQ(volume.storage->volumes()[1].state, "missing");
  EXPECT_TRUE(volume.storage->holes(channel, "main", test_start, test_start + 1h)->empty());
  volume.clock.advance(1h);
  SpanLock wanted;
  wanted.channel = channel;
  wanted.from = test_start + 10s;
  wanted.to = test_start + 18s;
  const auto lock = volume.storage->lock(wanted);
  ASSERT_TRUE(lock) << lock.error().message;
  volume.close();
  std::filesystem::rename(aside, missing);
  volume.open();
  const auto all = volume.storage->locks();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all.front().id, lock->id);
  EXPECT_GT(all.front().bytes, lock->bytes + 200'000) << "with its 100 pictures of 2000 bytes";
  const auto own = volume.storage->volumes();
  EXPECT_EQ(own[1].state, "working");
  EXPECT_GT(own[1].locked, 200'000u);
  EXPECT_EQ(own[1].capacity, 1u << 30);
}

TEST_F(OnTwoVolumes, TwoLocksOfOneIdAreToldApart) {
  volume.clock.advance(1h);
  volume.close();
  const auto of_all = volume.options.volumes;
  // As they were made while each was the only one.
  for (std::size_t number = 0; number < 3; ++number) {
    if (!holds(number, channel)) continue;
    volume.options.volumes = {of_all[number]};
    volume.open();
    SpanLock wanted;
    wanted.channel = channel;
    wanted.from = test_start;
    wanted.to = test_start + 20s;
    wanted.reason = "of volume " + std::to_string(number);
    const auto lock = volume.storage->lock(wanted);
    ASSERT_TRUE(lock) << lock.error().message;
    EXPECT_EQ(lock->id, 1);
    volume.close();
    volume.options.volumes = of_all;
  }
  volume.open();
  auto all = volume.storage->locks();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(all[0].id, all[1].id);
  const auto kept = all[1].reason;
  ASSERT_TRUE(volume.storage->unlock(all[0].id));
  all = volume.storage->locks();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].reason, kept);
}

TEST_F(OnTwoVolumes, ALockThatOneOfThemRefusesIsOnNone) {
  volume.close();
  volume.options.most_locked_percent = 1;
  // One hundredth of it is less than its part.
  for (std::size_t number = 0; number < 3; ++number)
    if (number != 1 && holds(number, channel)) files[number]->report_capacity(20u << 20);
  volume.open();
  volume.clock.advance(1h);
  SpanLock wanted;
  wanted.channel = channel;
  wanted.from = test_start + 10s;
  wanted.to = test_start + 20s;
  const auto lock = volume.storage->lock(wanted);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().kind, base::ErrorKind::conflict);
  EXPECT_TRUE(volume.storage->locks().empty());
}

TEST_F(OnTwoVolumes, HolesAndTheNewestAreFoundOverBoth) {
  const auto holes = volume.storage->holes(channel, "main", test_start + 10s, test_start + 30s);
  ASSERT_TRUE(holes);
  EXPECT_TRUE(holes->empty()) << "what is on another volume is not missing";
  const auto last = volume.storage->last_before(channel, "main", test_start + 1h);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ(**last, sent.back()->time);
  const auto before = volume.storage->last_before(channel, "main", test_start + 12s);
  ASSERT_TRUE(before && *before);
  EXPECT_EQ(**before, test_start + 12s - 40ms);
}

TEST_F(OnTwoVolumes, ALimitOfBytesCountsBothAndTakesTheOldestFirst) {
  const auto recorder = volume.record(channel);
  fail(1, true);
  volume.push(*recorder, make_video(30s, 500, 8000));
  ASSERT_TRUE(volume.storage->flush());
  fail(1, false);
  volume.clock.advance(5s);
  ASSERT_TRUE(volume.storage->flush());
  const Units more = make_video(60s, 500, 8000);
  volume.push(*recorder, more);
  ASSERT_TRUE(volume.storage->flush());
  const auto bytes = [&] {
    std::uint64_t all = 0;
    for (const auto& span : volume.spans(channel)) all += span.bytes;
    return all;
  };
  const auto all = bytes();
  // All that is in the segments of both that are not being written, but for half of the older one.
  const auto limit = all - 2'000'000;
  volume.storage->limit({{channel, {{}, limit}}});
  for (int i = 0; i < 20 && bytes() > limit; ++i) {
    volume.clock.advance(11s);
    static_cast<void>(volume.storage->flush());
    static_cast<void>(volume.storage->flush());
  }
  EXPECT_LE(bytes(), limit);
  EXPECT_GT(bytes(), limit - 400'000) << "no more than that and a few chunks";
  expect_same_units(volume.read(channel, 60s), more);
}

}  // namespace
}  // namespace watchrig::storage
