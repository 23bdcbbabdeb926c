#include <gtest/gtest.h>

#include "system/storage/testing/three_volumes.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;
using Units = std::vector<media::AccessUnitPtr>;

struct StorageGroups : ThreeVolumes {
  void SetUp() override {
    ThreeVolumes::SetUp();
    volume.open();
  }
  std::string name(std::size_t number) const { return volume.options.volumes[number].directory.native(); }
  /// Streams that are recorded on each.
  std::vector<std::uint64_t> recorders() const {
    std::vector<std::uint64_t> counts;
    for (const auto& state : volume.storage->volumes()) counts.push_back(state.recorders);
    return counts;
  }
  void expect_group(std::size_t number, std::int64_t group) const {
    EXPECT_EQ(volume.storage->volumes()[number].disk_group, group) << name(number);
  }
};

TEST_F(StorageGroups, AllAreOfTheFirstUntilTheyAreMoved) {
  for (std::size_t number = 0; number < 3; ++number) expect_group(number, 1);
  volume.storage->group({{name(1), 2}, {name(2), 64}, {"elsewhere", 3}});
  expect_group(0, 1);
  expect_group(1, 2);
  expect_group(2, 64);
  volume.storage->group({{name(2), 5}});
  expect_group(1, 1);
  expect_group(2, 5);
}

TEST_F(StorageGroups, ChannelsAreRecordedOnTheVolumesOfTheirGroup) {
  volume.storage->group({{name(1), 2}, {name(2), 2}});
  for (int i = 0; i < 40; ++i) volume.storage->assign("c" + std::to_string(i), i < 30 ? 2 : 1);
  std::vector<std::shared_ptr<ChannelRecorder>> kept;
  for (int i = 0; i < 40; ++i) kept.push_back(volume.record("c" + std::to_string(i)));
  const auto counts = recorders();
  EXPECT_EQ(counts[0], 10u);
  EXPECT_EQ(counts[1] + counts[2], 30u);
  EXPECT_GT(counts[1], 5u) << "of 30 on two volumes of the same size";
  EXPECT_GT(counts[2], 5u);
}

TEST_F(StorageGroups, WhatIsRecordedMovesWithTheChannelAndWithTheVolumeAndNothingIsLostOrTwice) {
  volume.storage->group({{name(1), 2}, {name(2), 3}});
  const auto recorder = volume.record("gate");
  const Units sent = make_video(10s, 300);
  const auto push = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    volume.push(*recorder, Units(sent.begin() + from, sent.begin() + to));
    ASSERT_TRUE(volume.storage->flush());
  };
  push(0, 110);
  EXPECT_EQ(recorders(), (std::vector<std::uint64_t>{1, 0, 0}));
  volume.storage->assign("gate", 2);
  push(110, 120);
  EXPECT_FALSE(holds(1, "gate")) << "it is a group of pictures that another volume has the begin of";
  push(120, 180);
  EXPECT_EQ(recorders(), (std::vector<std::uint64_t>{0, 1, 0}));
  EXPECT_TRUE(holds(1, "gate"));
  volume.storage->group({{name(1), 3}, {name(2), 2}});
  push(180, 240);
  EXPECT_EQ(recorders(), (std::vector<std::uint64_t>{0, 0, 1}));
  volume.storage->assign("gate", 1);
  push(240, 300);
  EXPECT_EQ(recorders(), (std::vector<std::uint64_t>{1, 0, 0}));
  expect_same_units(volume.read("gate", 10s), sent);
}

TEST_F(StorageGroups, WhatIsForOneThatFailsGoesToOthersOfTheGroupFirst) {
  volume.storage->group({{name(1), 2}, {name(2), 2}});
  volume.storage->assign("gate", 2);
  const auto recorder = volume.record("gate");
  const Units sent = make_video(10s, 300);
  volume.push(*recorder, Units(sent.begin(), sent.begin() + 100));
  ASSERT_TRUE(volume.storage->flush());
  const std::size_t first = recorders()[1] == 1 ? 1 : 2, second = 3 - first;
  ASSERT_EQ(recorders()[first], 1u);
  const auto fail = [&](std::size_t number) {
    files[number]->refuse_write(base::ErrorKind::io);
    files[number]->refuse_create(base::ErrorKind::io);
  };
  fail(first);
  volume.push(*recorder, Units(sent.begin() + 100, sent.begin() + 200));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(recorders()[second], 1u);
  fail(second);
  volume.push(*recorder, Units(sent.begin() + 200, sent.end()));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(recorders()[0], 1u) << "of another group, since none of its own works";
  EXPECT_EQ(volume.count("recording.failed"), 0u);
  expect_same_units(volume.read("gate", 10s), sent);
}

TEST_F(StorageGroups, AGroupWithoutVolumesIsRecordedOnOthers) {
  volume.storage->assign("gate", 7);
  const auto recorder = volume.record("gate");
  const Units sent = make_video(10s, 50);
  volume.push(*recorder, sent);
  ASSERT_TRUE(volume.storage->flush());
  expect_same_units(volume.read("gate", 10s), sent);
}

}  // namespace
}  // namespace watchrig::storage
