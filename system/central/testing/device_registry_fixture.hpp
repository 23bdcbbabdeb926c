#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "system/central/devices/device_registry.hpp"

namespace watchrig::central {

/// A registry in a folder of its own, opened as often as a test likes.
class DeviceRegistryFixture : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("devices" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<DeviceRegistry> open() {
    const auto vault = platform::SecretVault::open(folder_ / "secrets.key").value();
    return DeviceRegistry::open(folder_ / "devices.db", vault).value();
  }
  static std::vector<DevicePtr> all(const DeviceRegistry& registry) {
    return registry.list(DeviceQuery{}).items;
  }

  static Device device(const std::string& name) {
    Device made;
    made.name = name;
    made.streams["main"] = "rtsp://127.0.0.1:554/main";
    return made;
  }
  static auto as(RecordPlan plan, const std::string& stream) {
    return [plan, stream](Channel& channel) -> FieldResult<void> {
      channel.plan = plan;
      channel.recorded_stream = stream;
      return {};
    };
  }
  std::filesystem::path folder_;
};

}  // namespace watchrig::central
