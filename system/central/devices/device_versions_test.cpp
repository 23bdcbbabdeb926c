#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "system/central/devices/device_registry.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;

/// devices.db as programs have made it that people still have: these never change.
const std::vector<std::string_view> released{
    "CREATE TABLE device(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, driver TEXT NOT "
    "NULL,"
    " main_url TEXT NOT NULL, sub_url TEXT NOT NULL, username TEXT NOT NULL, password TEXT NOT NULL,"
    " transport TEXT NOT NULL);"
    "CREATE TABLE channel(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " device INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE, name TEXT NOT NULL, plan TEXT NOT "
    "NULL,"
    " recorded_stream TEXT NOT NULL)",
    "ALTER TABLE device RENAME COLUMN password TO readable_password;"
    "ALTER TABLE device ADD COLUMN sealed_password TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE device ADD COLUMN area INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE device ADD COLUMN description TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE device ADD COLUMN type TEXT NOT NULL DEFAULT 'ipc';"
    "ALTER TABLE device ADD COLUMN manufacturer TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE device ADD COLUMN channel_count INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE device ADD COLUMN inputs INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE device ADD COLUMN outputs INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE device ADD COLUMN heads INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE device ADD COLUMN connected INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE device ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE channel ADD COLUMN number INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE channel ADD COLUMN main_url TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE channel ADD COLUMN sub_url TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX channel_device ON channel(device);"
    "CREATE TABLE area(id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER NOT NULL, name TEXT NOT NULL,"
    " version INTEGER NOT NULL, UNIQUE(parent, name))",
    "ALTER TABLE device ADD COLUMN storage_server TEXT NOT NULL DEFAULT 'local'",
    "ALTER TABLE device ADD COLUMN information TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device ADD COLUMN certificate TEXT NOT NULL DEFAULT 'pin'",
    "ALTER TABLE device ADD COLUMN certificate_pin TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE device ADD COLUMN cache_strategy TEXT NOT NULL DEFAULT 'adaptive'"};

class DeviceVersionsTest : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    make_old(GetParam());
  }
  void TearDown() override { fs::remove_all(folder_); }
  platform::SecretVault vault() const { return platform::SecretVault::open(folder_ / "secrets.key").value(); }
  void make_old(std::size_t version) {
    const std::vector steps(released.begin(), released.begin() + static_cast<std::ptrdiff_t>(version));
    auto old = platform::SqliteDatabase::open(folder_ / "devices.db", steps).value();
    // The first kept passwords readable.
    const bool sealed = version >= 2;
    const std::string password =
        sealed ? vault().seal("wHoKnows77", "password of device d4").value() : "wHoKnows77";
    auto gate =
        old.prepare(std::string("INSERT INTO device(id, name, driver, main_url, sub_url, username, ") +
                    (sealed ? "sealed_password, readable_password" : "password") +
                    ", transport) VALUES(4, 'Gate', 'rtsp', 'rtsp://h/m', 'rtsp://h/s', 'admin', ?" +
                    (sealed ? ", ''" : "") + ", 'udp')");
    ASSERT_TRUE(gate) << gate.error().message;
    ASSERT_TRUE(gate->bind(password).run());
    ASSERT_TRUE(
        old.execute("INSERT INTO channel(id, device, name, plan, recorded_stream)"
                    " VALUES(9, 4, 'Gate', 'continuous', 'sub')"));
    if (version >= 2) {
      ASSERT_TRUE(
          old.execute("INSERT INTO area VALUES(3, 0, 'North', 2);"
                      "UPDATE device SET area=3, description='by the road', type='dvr', manufacturer='Acme',"
                      " channel_count=16, inputs=2, outputs=1, heads=1, connected=0, version=7;"
                      "INSERT INTO channel VALUES(11, 4, 'Yard', 'none', 'main', 16, 'rtsp://h/16', '')"));
    }
    if (version < 3) return;
    ASSERT_TRUE(old.execute("UPDATE device SET storage_server='', connected=1"));
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("device_versions" + std::to_string(::getpid()));
};

TEST_P(DeviceVersionsTest, old_devices_are_whole) {
  for (const char* start : {"first", "second"}) {
    const auto registry = DeviceRegistry::open(folder_ / "devices.db", vault()).value();
    const auto found = registry->find("d4");
    ASSERT_TRUE(found) << start;
    const Device& gate = **found;
    EXPECT_EQ(gate.name, "Gate");
    EXPECT_EQ(gate.driver, "rtsp");
    EXPECT_EQ(gate.streams, (Streams{{"main", "rtsp://h/m"}, {"sub", "rtsp://h/s"}}));
    EXPECT_EQ(gate.username, "admin");
    EXPECT_EQ(gate.password, "wHoKnows77");
    EXPECT_FALSE(gate.password_lost);
    EXPECT_EQ(gate.transport, Transport::udp);
    ASSERT_EQ(gate.channels.size(), GetParam() < 2 ? 1U : 2U);
    EXPECT_EQ(gate.channels[0].id, "c9");
    EXPECT_EQ(gate.channels[0].name, "Gate");
    EXPECT_EQ(gate.channels[0].plan, RecordPlan::continuous);
    EXPECT_EQ(gate.channels[0].recorded_stream, "sub");
    EXPECT_EQ(gate.channels[0].number, 1U);
    EXPECT_EQ(gate.storage_server, GetParam() < 3 ? "local" : "") << "what was recorded goes on";
    EXPECT_EQ(gate.connected, GetParam() != 2);
    EXPECT_EQ(gate.certificate, "pin");
    EXPECT_EQ(gate.cache_strategy, "adaptive");
    EXPECT_EQ(registry->certificate_pin("d4").value(), start == std::string("first") ? "" : "ab");
    EXPECT_TRUE(registry->set_certificate_pin("d4", "ab"));
    if (GetParam() < 2) {
      EXPECT_EQ(gate.area, "a0");
      EXPECT_EQ(gate.channel_count, 1U);
      continue;
    }
    EXPECT_EQ(registry->find_area(3)->area.name, "North");
    EXPECT_EQ(gate.area, "a3");
    EXPECT_EQ(gate.description, "by the road");
    EXPECT_EQ(gate.type, "dvr");
    EXPECT_EQ(gate.manufacturer, "Acme");
    EXPECT_EQ(gate.channel_count, 16U);
    EXPECT_EQ(gate.inputs, 2U);
    EXPECT_EQ(gate.outputs, 1U);
    EXPECT_EQ(gate.heads, 1U);
    EXPECT_EQ(gate.version, 7);
    EXPECT_EQ(gate.channels[1].id, "c11");
    EXPECT_EQ(gate.channels[1].number, 16U);
    EXPECT_EQ(gate.channels[0].streams, Streams());
    EXPECT_EQ(gate.channels[1].streams, (Streams{{"main", "rtsp://h/16"}}));
  }
}

TEST_P(DeviceVersionsTest, ids_go_on_where_they_were) {
  const auto registry = DeviceRegistry::open(folder_ / "devices.db", vault()).value();
  Device more;
  more.name = "More";
  more.streams["main"] = "rtsp://h/more";
  const auto added = registry->add(more).value();
  EXPECT_EQ(added->id, "d5");
  EXPECT_EQ(added->channels[0].id, GetParam() < 2 ? "c10" : "c12");
}

INSTANTIATE_TEST_SUITE_P(Of, DeviceVersionsTest, testing::Range(std::size_t{1}, released.size() + 1));

}  // namespace
}  // namespace watchrig::central
