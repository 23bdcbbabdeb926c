#include <gtest/gtest.h>

#include "system/storage/testing/three_volumes.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Units = std::vector<media::AccessUnitPtr>;
namespace fs = std::filesystem;

constexpr auto time_to_notice = 11s;  ///< of the clock

/// Volumes whose disks are pulled and put back while they are used.
struct StorageGone : ThreeVolumes {
  fs::path place(std::size_t number) const { return volume.options.volumes[number].directory; }
  fs::path pulled(std::size_t number) const { return place(number).native() + ".pulled"; }
  std::string state(std::size_t number) const { return volume.storage->volumes()[number].state; }
  void SetUp() override {
    ThreeVolumes::SetUp();
    for (auto& place : volume.options.volumes) {
      fs::create_directories(place.directory);
      place.must_exist = true;
    }
  }
  void pull(std::size_t number) {
    fs::rename(place(number), pulled(number));
    volume.clock.advance(time_to_notice);
    // The second time it is between the first batch and the next.
    for (int i = 0; i < 2; ++i) static_cast<void>(volume.storage->flush());
    ASSERT_TRUE(volume.wait_for("storage.failed", "missing"));
    EXPECT_EQ(state(number), "missing");
  }
  void put_back(std::size_t number) {
    fs::rename(pulled(number), place(number));
    ASSERT_TRUE(volume.wait_for("storage.resumed"));
    EXPECT_EQ(state(number), "working");
  }
};

TEST_F(StorageGone, AVolumeIsClosedAndUsedAgainOnceItIsBack) {
  volume.open();
  const auto channel = channel_on(1);
  const auto recorder = volume.record(channel);
  const Units sent = make_video(10s, 300);
  const auto push = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    volume.push(*recorder, Units(sent.begin() + from, sent.begin() + to));
    ASSERT_TRUE(volume.storage->flush());
  };
  push(0, 110);
  pull(1);
  EXPECT_EQ(volume.count("storage.failed"), 2u) << "that it fails, and that it was closed";
  push(110, 220);
  EXPECT_EQ(volume.storage->volumes()[1].recorders, 0u);
  put_back(1);
  push(220, 300);
  EXPECT_EQ(volume.storage->volumes()[1].recorders, 1u);
  EXPECT_EQ(volume.count("recording.failed"), 0u);
  expect_same_units(volume.read(channel, 10s), sent);
}

TEST_F(StorageGone, WhatWaitsForTheOnlyOneIsWrittenWhenItIsBack) {
  volume.options.volumes.resize(1);
  volume.open();
  const auto recorder = volume.record("gate");
  const Units sent = make_video(10s, 200);
  volume.push(*recorder, Units(sent.begin(), sent.begin() + 60));
  ASSERT_TRUE(volume.storage->flush());
  pull(0);
  volume.push(*recorder, Units(sent.begin() + 60, sent.begin() + 120));
  EXPECT_EQ(volume.storage->flush().error().kind, base::ErrorKind::unavailable);
  SpanLock evidence;
  evidence.channel = "gate";
  evidence.from = volume.clock.now() - 1h;
  evidence.to = volume.clock.now();
  EXPECT_EQ(volume.storage->lock(evidence).error().kind, base::ErrorKind::unavailable);
  EXPECT_TRUE(volume.spans("gate").empty());
  volume.clock.advance(4s);
  volume.push(*recorder, Units(sent.begin() + 120, sent.end()));
  EXPECT_TRUE(volume.wait_for("recording.failed"));
  put_back(0);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(recorder->stats().committed_units, sent.size());
  EXPECT_EQ(volume.count("recording.resumed"), 1u);
  expect_same_units(volume.read("gate", 10s), sent);
}

TEST_F(StorageGone, AnotherFolderInItsPlaceIsAnotherVolume) {
  volume.open();
  const auto channel = channel_on(1);
  const auto recorder = volume.record(channel);
  const Units sent = make_video(10s, 200);
  volume.push(*recorder, Units(sent.begin(), sent.begin() + 100));
  ASSERT_TRUE(volume.storage->flush());
  fs::rename(place(1), pulled(1));
  fs::create_directory(place(1));
  volume.clock.advance(time_to_notice);
  for (int i = 0; i < 2; ++i) static_cast<void>(volume.storage->flush());
  ASSERT_TRUE(volume.wait_for("storage.resumed"));
  volume.push(*recorder, Units(sent.begin() + 100, sent.end()));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.storage->volumes()[1].recorders, 1u);
  expect_same_units(volume.read(channel, 10s), Units(sent.begin() + 100, sent.end()));
}

TEST_F(StorageGone, WhatWaitsAtTheEndIsCountedAsLost) {
  volume.options.volumes.resize(1);
  volume.open();
  const auto recorder = volume.record("gate");
  const Units sent = make_video(10s, 100);
  volume.push(*recorder, Units(sent.begin(), sent.begin() + 50));
  ASSERT_TRUE(volume.storage->flush());
  pull(0);
  volume.push(*recorder, Units(sent.begin() + 50, sent.end()));
  volume.storage->stop();
  EXPECT_EQ(recorder->stats().dropped_disk, 50u);
  EXPECT_EQ(volume.storage->stats().queued_bytes, 0u);
}

}  // namespace
}  // namespace watchrig::storage
