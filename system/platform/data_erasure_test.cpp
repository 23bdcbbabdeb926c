#include "system/platform/data_erasure.hpp"

#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>

namespace watchrig::platform {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;

class DataErasureTest : public testing::Test {
 protected:
  DataErasureTest() : folder_(fs::temp_directory_path() / ("erasure." + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "backups" / "20261121T181000Z");
    fs::create_directories(folder_ / "recordings");
    for (const char* file : {"accounts.db", "accounts.db-wal", "secrets.key", "recordings/0.seg",
                             "backups/20261121T181000Z/accounts.db"})
      std::ofstream(folder_ / file) << file;
  }
  ~DataErasureTest() override { fs::remove_all(folder_); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path().filename());
    return found;
  }
  const fs::path folder_;
  const std::vector<std::string> kept_{"recordings"};
};

TEST_F(DataErasureTest, WithoutAnOrderNothingGoes) {
  const auto before = names().size();
  const auto erased = erase_if_ordered(folder_, kept_);
  ASSERT_TRUE(erased);
  EXPECT_FALSE(*erased);
  EXPECT_EQ(names().size(), before);
}

TEST_F(DataErasureTest, EverythingGoesButWhatIsKeptAndOnce) {
  ASSERT_TRUE(order_erasure(folder_, "by admin"));
  const auto erased = erase_if_ordered(folder_, kept_);
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_EQ(*erased, "by admin");
  EXPECT_THAT(names(), UnorderedElementsAre("recordings"));
  EXPECT_TRUE(fs::exists(folder_ / "recordings" / "0.seg"));
  EXPECT_FALSE(*erase_if_ordered(folder_, kept_));
}

TEST_F(DataErasureTest, LinksGoAndWhatTheyPointToStays) {
  const fs::path foreign = folder_.string() + ".foreign";
  fs::create_directories(foreign);
  std::ofstream(foreign / "kept") << "x";
  fs::create_directory_symlink(foreign, folder_ / "linked");
  ASSERT_TRUE(order_erasure(folder_, ""));
  ASSERT_TRUE(erase_if_ordered(folder_, kept_));
  EXPECT_THAT(names(), UnorderedElementsAre("recordings"));
  EXPECT_TRUE(fs::exists(foreign / "kept"));
  fs::remove_all(foreign);
}

TEST_F(DataErasureTest, APowerCutOnTheWayLeavesTheOrder) {
  ASSERT_TRUE(order_erasure(folder_, "by admin"));
  fs::remove(folder_ / "accounts.db");  // so far it came
  const auto erased = erase_if_ordered(folder_, kept_);
  ASSERT_TRUE(erased);
  EXPECT_EQ(*erased, "by admin");
  EXPECT_THAT(names(), UnorderedElementsAre("recordings"));
}

}  // namespace
}  // namespace watchrig::platform
