#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {

/// Three volumes, each with faults of its own.
struct ThreeVolumes : testing::Test {
  TestVolume volume;  ///< with all of them
  std::vector<std::shared_ptr<FaultFiles>> files;

  void SetUp() override {
    volume.options.volumes.clear();
    for (int i = 0; i < 3; ++i) {
      files.push_back(std::make_shared<FaultFiles>());
      files.back()->report_capacity(1u << 30);
      volume.options.volumes.push_back(
          {volume.directory.path() / ("disk" + std::to_string(i)), files.back()});
    }
    volume.options.reopen_interval = std::chrono::milliseconds(10);
  }
  void TearDown() override {
    for (const auto& own : files) own->stall(false);
  }
  std::size_t recorded_on(std::size_t number) const {
    std::size_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(volume.options.volumes[number].directory))
      if (entry.path().extension() == ".wrs") ++bytes;
    return bytes;
  }
  /// A channel that is recorded on that volume.
  std::string channel_on(std::size_t number) {
    for (int i = 0; i < 100; ++i) {
      const auto channel = "c" + std::to_string(++channels_);
      const auto recorder = volume.record(channel);
      volume.push(*recorder, make_video(base::Duration(0), 2));
      EXPECT_TRUE(volume.storage->flush());
      recorder->close();
      if (holds(number, channel)) return channel;
    }
    ADD_FAILURE() << "no channel is recorded on volume " << number;
    return {};
  }
  /// Whether the volume alone would know the channel.
  bool holds(std::size_t number, const std::string& channel) const {
    const auto index = ChunkIndex::open(volume.options.volumes[number].directory / "index.sqlite");
    EXPECT_TRUE(index);
    const auto streams = (*index)->streams(channel);
    return streams && !streams->empty();
  }

 private:
  int channels_ = 0;
};

}  // namespace watchrig::storage
