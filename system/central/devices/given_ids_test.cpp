#include "system/central/devices/given_ids.hpp"

#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "system/central/devices/device_registry.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;

class GivenIdsTest : public testing::Test {
 protected:
  GivenIdsTest() : folder_(fs::path(testing::TempDir()) / ("given_ids." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~GivenIdsTest() override { fs::remove_all(folder_); }
  std::unique_ptr<DeviceRegistry> open(const std::string& name) const {
    const auto vault = platform::SecretVault::open(folder_ / "secrets.key").value();
    return DeviceRegistry::open(folder_ / name, vault).value();
  }
  static std::string add(DeviceRegistry& registry, const std::string& name) {
    Device made;
    made.name = name;
    made.streams["main"] = "rtsp://127.0.0.1:554/main";
    const auto added = *registry.add(made);
    return added->id + " " + added->channels.front().id;
  }
  const fs::path folder_;
};

TEST_F(GivenIdsTest, AFreshRegistryGoesOnAfterThoseOfAnErasedOne) {
  const auto old = open("old.db");
  EXPECT_EQ(*old->given_ids(), GivenIds{});
  EXPECT_EQ(add(*old, "a"), "d1 c1");
  EXPECT_EQ(add(*old, "b"), "d2 c2");
  ASSERT_TRUE(old->remove("d2"));
  ASSERT_TRUE(save_given_ids(folder_ / "given_ids", *old->given_ids()));
  const auto fresh = open("fresh.db");
  ASSERT_TRUE(fresh->skip_ids(*load_given_ids(folder_ / "given_ids")));
  EXPECT_EQ(add(*fresh, "a"), "d3 c3");
}

TEST_F(GivenIdsTest, LowerOnesChangeNothing) {
  const auto registry = open("some.db");
  EXPECT_EQ(add(*registry, "a"), "d1 c1");
  ASSERT_TRUE(registry->skip_ids({7, 0}));
  ASSERT_TRUE(registry->skip_ids({3, 0}));
  EXPECT_EQ(add(*registry, "b"), "d8 c2");
  EXPECT_EQ(*registry->given_ids(), (GivenIds{8, 2}));
}

TEST_F(GivenIdsTest, NoFileIsNoneAndABrokenOneIsRefused) {
  EXPECT_EQ(*load_given_ids(folder_ / "missing"), GivenIds{});
  for (const char* text : {"", "7", "7 x", "-1 2", "1 2 3"}) {
    std::ofstream(folder_ / "broken") << text;
    const auto loaded = load_given_ids(folder_ / "broken");
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().kind, base::ErrorKind::corrupt) << text;
  }
}

}  // namespace
}  // namespace watchrig::central
