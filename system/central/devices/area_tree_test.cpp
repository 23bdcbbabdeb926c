#include "system/central/devices/area_tree.hpp"

#include <gtest/gtest.h>

#include "system/central/devices/device_registry.hpp"

namespace watchrig::central {
namespace {

using base::ErrorKind;

ErrorKind kind_of(const FieldResult<void>& result) {
  return result ? ErrorKind::io : result.error().error.kind;
}

TEST(AreaTree, BeginsWithTheFixedRoot) {
  AreaTree tree;
  ASSERT_EQ(tree.all().size(), 1U);
  EXPECT_EQ(tree.all()[0].name, "cms=0");
  EXPECT_EQ(kind_of(tree.check({0, 0, "other", 1}, false)), ErrorKind::denied);
  EXPECT_EQ(tree.check_removal(0).error().kind, ErrorKind::denied);
}

TEST(AreaTree, NamesAreUniqueAmongNeighboursOnly) {
  AreaTree tree;
  tree.put({1, 0, "North", 1});
  EXPECT_EQ(tree.check({-1, 0, "North", 1}, true).error().field, "name");
  EXPECT_TRUE(tree.check({-1, 1, "North", 1}, true));
  EXPECT_TRUE(tree.check({1, 0, "North", 1}, false));
  EXPECT_EQ(tree.check({-1, 0, "", 1}, true).error().field, "name");
  EXPECT_TRUE(tree.check({-1, 0, std::string(63, 'x'), 1}, true));
  EXPECT_EQ(tree.check({-1, 0, std::string(64, 'x'), 1}, true).error().field, "name");
  EXPECT_EQ(tree.check({-1, 7, "x", 1}, true).error().field, "parent");
}

TEST(AreaTree, IsAtMostSixteenDeepAlsoAfterAMove) {
  AreaTree tree;
  for (std::int64_t id = 1; id <= 16; ++id) {
    ASSERT_TRUE(tree.check({-1, id - 1, "x", 1}, true)) << id;
    tree.put({id, id - 1, "x", 1});
  }
  EXPECT_EQ(kind_of(tree.check({-1, 16, "x", 1}, true)), ErrorKind::full);
  tree.put({20, 0, "top", 1});
  tree.put({21, 20, "below", 1});
  EXPECT_EQ(kind_of(tree.check({20, 15, "top", 1}, false)), ErrorKind::full);
  EXPECT_TRUE(tree.check({20, 14, "top", 1}, false));
}

TEST(AreaTree, NothingMovesBelowItself) {
  AreaTree tree;
  tree.put({1, 0, "a", 1});
  tree.put({2, 1, "b", 1});
  EXPECT_EQ(kind_of(tree.check({1, 2, "a", 1}, false)), ErrorKind::conflict);
  EXPECT_EQ(kind_of(tree.check({1, 1, "a", 1}, false)), ErrorKind::conflict);
  EXPECT_EQ(tree.check_removal(1).error().kind, ErrorKind::conflict);
  tree.erase(2);
  EXPECT_TRUE(tree.check_removal(1));
}

TEST(AreaTree, HasTenThousandAreasBesideTheRootAndNoMore) {
  AreaTree tree;
  const auto most = static_cast<std::int64_t>(AreaTree::most);
  for (std::int64_t id = 1; id < most; ++id) tree.put({id, 0, std::to_string(id), 1});
  ASSERT_TRUE(tree.check({-1, 0, "last", 1}, true));
  tree.put({most, 0, "last", 1});
  const auto more = tree.check({-1, 0, "more", 1}, true);
  EXPECT_EQ(kind_of(more), ErrorKind::full);
  EXPECT_NE(more.error().error.message.find("10000 areas"), std::string::npos) << more.error().error.message;
  EXPECT_TRUE(tree.check({7, 0, "renamed", 1}, false)) << "those that there are can be changed";
  tree.erase(7);
  EXPECT_TRUE(tree.check({-1, 0, "more", 1}, true));
}

TEST(RegistryAreas, SurviveARestartAndKeepTheirDevices) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("areas" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto vault = platform::SecretVault::open(folder / "secrets.key").value();
  const auto open = [&] { return DeviceRegistry::open(folder / "devices.db", vault).value(); };
  {
    const auto registry = open();
    ASSERT_EQ(registry->add_area({0, 0, "North", 1})->area.id, 1);
    ASSERT_EQ(registry->add_area({0, 1, "Gate", 1})->area.id, 2);
    Device device;
    device.name = "a";
    device.area = "a2";
    device.streams["main"] = "rtsp://127.0.0.1/m";
    ASSERT_TRUE(registry->add(device));
  }
  {
    const auto registry = open();
    EXPECT_EQ(registry->area_path_of_channel("c1"), (std::vector<std::int64_t>{2, 1, 0}));
    EXPECT_EQ(registry->find_area(2)->devices, 1U);
    EXPECT_EQ(registry->remove_area(2).error().error.kind, ErrorKind::conflict);
    ASSERT_TRUE(registry->remove("d1"));
    ASSERT_TRUE(registry->remove_area(2));
    EXPECT_EQ(registry->add_area({0, 0, "New", 1})->area.id, 3);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace watchrig::central
