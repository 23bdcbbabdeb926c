#include "system/central/recording/disk_groups.hpp"

#include <gtest/gtest.h>

#include "system/central/devices/device.hpp"
#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;

struct DiskGroupsTest : FolderTest {
  std::unique_ptr<DiskGroups> open(const fs::path& data) const {
    auto opened = DiskGroups::open(folder / "disk_groups.db", data);
    EXPECT_TRUE(opened);
    return *std::move(opened);
  }
};

TEST_F(DiskGroupsTest, AreKeptAlsoWhereTheDataFolderIsMoved) {
  {
    const auto groups = open("/data");
    EXPECT_TRUE(groups->volumes().empty());
    EXPECT_EQ(groups->of("/data/recordings"), 1);
    ASSERT_TRUE(groups->move("/data/recordings", 2));
    ASSERT_TRUE(groups->move("/mnt/disk1/recordings", most_disk_groups));
    ASSERT_TRUE(groups->move("/mnt/disk2/recordings", 3));
    ASSERT_TRUE(groups->move("/mnt/disk2/recordings", 1));
  }
  const auto groups = open("/elsewhere");
  EXPECT_EQ(groups->of("/elsewhere/recordings"), 2);
  EXPECT_EQ(groups->of("/data/recordings"), 1);
  const std::vector<platform::GroupedVolume> kept{{"/mnt/disk1/recordings", most_disk_groups},
                                                  {"/elsewhere/recordings", 2}};
  EXPECT_EQ(groups->volumes(), kept);
}

TEST_F(DiskGroupsTest, ThereIsNoneOutsideOfTheRange) {
  const auto groups = open("/data");
  for (const std::int64_t group : {std::int64_t{0}, std::int64_t{-1}, most_disk_groups + 1}) {
    const auto refused = groups->move("/data/recordings", group);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "disk_group");
  }
  EXPECT_EQ(groups->of("/data/recordings"), 1);
}

}  // namespace
}  // namespace watchrig::central
