#include <fstream>

#include "system/central/testing/device_registry_fixture.hpp"

namespace watchrig::central {
namespace {

class DeviceSecretsTest : public DeviceRegistryFixture {
 protected:
  /// In any file of the folder, the write-ahead log too.
  bool is_on_disk(const std::string& text) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

TEST_F(DeviceSecretsTest, APasswordIsNowhereInTheFilesAndComesBack) {
  {
    auto registry = open();
    Device given = device("a");
    given.streams["main"] = "rtsp://user:wHoKnows77@127.0.0.1/main";
    ASSERT_TRUE(registry->add(given));
    EXPECT_FALSE(is_on_disk("wHoKnows77"));
  }
  EXPECT_FALSE(is_on_disk("wHoKnows77"));
  EXPECT_EQ(all(*open())[0]->password, "wHoKnows77");
}

TEST_F(DeviceSecretsTest, ReadablePasswordsOfAnOlderProgramAreSealedAndWiped) {
  {
    auto old = platform::SqliteDatabase::open(
        folder_ / "devices.db",
        {"CREATE TABLE device(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, driver TEXT,"
         " main_url TEXT, sub_url TEXT, username TEXT, password TEXT NOT NULL, transport TEXT);"
         "CREATE TABLE channel(id INTEGER PRIMARY KEY AUTOINCREMENT, device INTEGER REFERENCES device(id) ON"
         " DELETE CASCADE, name TEXT, plan TEXT, recorded_stream TEXT)"});
    ASSERT_TRUE(old);
    ASSERT_TRUE(
        old->execute("INSERT INTO device VALUES(4,'Gate','rtsp','rtsp://h/m','','admin','wHoKnows77','tcp');"
                     "INSERT INTO channel VALUES(9,4,'Gate','continuous','main')"));
  }
  ASSERT_TRUE(is_on_disk("wHoKnows77"));
  const auto registry = open();
  EXPECT_FALSE(is_on_disk("wHoKnows77"));
  const auto gate = registry->find("d4").value();
  EXPECT_EQ(gate->password, "wHoKnows77");
  EXPECT_EQ(gate->channels.front().id, "c9");
  EXPECT_EQ(gate->channels.front().plan, RecordPlan::continuous);
}

TEST_F(DeviceSecretsTest, WithoutItsKeyAPasswordIsLostUntilItIsEnteredAgain) {
  Device given = device("a");
  given.password = "secret";
  ASSERT_TRUE(open()->add(given));
  std::filesystem::rename(folder_ / "secrets.key", folder_ / "kept.key");
  {
    const auto registry = open();
    EXPECT_TRUE(registry->find("d1").value()->password_lost);
    EXPECT_EQ(registry->find("d1").value()->password, "");
    // A change of something else does not throw away what the right key would open.
    ASSERT_TRUE(registry->change("d1", [](Device& d) -> FieldResult<void> {
      d.description = "new";
      return {};
    }));
  }
  std::filesystem::rename(folder_ / "kept.key", folder_ / "secrets.key");
  EXPECT_EQ(open()->find("d1").value()->password, "secret");
}

}  // namespace
}  // namespace watchrig::central
