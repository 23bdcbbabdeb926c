#include "system/central/devices/device_table.hpp"

#include <gmock/gmock.h>

#include "system/central/devices/device_backup.hpp"

namespace watchrig::central {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal_of(std::string_view text) {
  const auto rows = read_device_table(text);
  return rows ? "accepted" : rows.error().message;
}

TEST(DeviceTable, ItsTemplateIsATableWithOneIncompleteRow) {
  const auto rows = read_device_table(device_table_template()).value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].device.name, "Example");
  EXPECT_THAT(rows[0].missing, ElementsAre("password"));
}

TEST(DeviceTable, ColumnsComeInAnyOrderAndCase) {
  const auto rows = read_device_table("channel number;ip;NAME;port\n4; 10.0.0.7 ;Hall;8554\n;;;\n").value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(rows[0].error);
  EXPECT_TRUE(rows[0].missing.empty());
  EXPECT_EQ(rows[0].device.channel_count, 4U);
  EXPECT_EQ(rows[0].device.streams.at("main"),
            "rtsp://10.0.0.7:8554/cam/realmonitor?channel={channel}&subtype=0");
}

TEST(DeviceTable, EachRowSaysWhatIsMissingOrWrong) {
  const auto rows = read_device_table(
                        "Name,IP,Port,User,Password,Main address\n"
                        ",10.0.0.1,,,,\n"
                        "a,,,,,\n"
                        "b,10.0.0.1,,ann,,\n"
                        "c,10.0.0.1,70000,,,\n"
                        "d,10 0 0 1,,,,\n"
                        "e,,,,,rtsp://10.0.0.1/x\n"
                        "f,10.0.0.1\n")
                        .value();
  ASSERT_EQ(rows.size(), 7U);
  EXPECT_THAT(rows[0].missing, ElementsAre("name"));
  EXPECT_THAT(rows[1].missing, ElementsAre("address"));
  EXPECT_THAT(rows[2].missing, ElementsAre("password"));
  EXPECT_EQ(rows[3].error->field, "Port");
  EXPECT_EQ(rows[4].error->field, "address");
  EXPECT_FALSE(rows[5].error || !rows[5].missing.empty());
  EXPECT_FALSE(rows[6].error || !rows[6].missing.empty());
}

TEST(DeviceTable, EachStreamHasItsAddress) {
  const auto rows = read_device_table(
                        "Name,Sub 2 address,Main address,Sub address\n"
                        "a,rtsp://h/2,rtsp://h/0,rtsp://h/1\n"
                        "b,rtsp://h/2,rtsp://h/0,\n")
                        .value();
  EXPECT_EQ(rows.at(0).device.streams,
            (Streams{{"main", "rtsp://h/0"}, {"sub", "rtsp://h/1"}, {"sub2", "rtsp://h/2"}}));
  EXPECT_EQ(rows.at(1).device.streams, (Streams{{"main", "rtsp://h/0"}, {"sub2", "rtsp://h/2"}}));
}

TEST(DeviceTable, AHeaderThatCannotBeIsRefused) {
  EXPECT_THAT(refusal_of(""), HasSubstr("empty"));
  EXPECT_THAT(refusal_of("Name,Port\n"), HasSubstr("at least Name and IP"));
  EXPECT_THAT(refusal_of("Name,IP,Colour\n"), HasSubstr("column \"Colour\" is not known"));
  EXPECT_THAT(refusal_of("Name,IP,ip\n"), HasSubstr("column \"IP\" comes twice"));
}

TEST(DeviceTable, FormulasLeaveAsTextAndComeBack) {
  Device device;
  device.name = "=cmd|'/c calc'!A0";
  device.streams = usual_streams("rtsp", {"10.0.0.1", 554});
  device.password = "secret";
  const auto text = write_device_table({std::make_shared<const Device>(device)});
  EXPECT_THAT(text, HasSubstr(",'=cmd|"));
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(read_device_table(text).value().at(0).device.name, device.name);
}

TEST(DeviceBackup, IsReadByItsOwnServerOnly) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("backup" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto vault = platform::SecretVault::open(folder / "a.key").value();
  const auto other = platform::SecretVault::open(folder / "b.key").value();
  Device device;
  device.name = "Gate";
  device.password = "secret";
  device.area = "a1";
  device.channels = {{"c9", "x", RecordPlan::continuous, "sub", 3, {{"main", "rtsp://h/m"}}}};
  device.channels[0].disk_group = most_disk_groups + 1;
  const auto text = write_backup({{{1, 0, "North", 1}}, {device}}, vault).value();
  EXPECT_TRUE(is_backup(text));
  EXPECT_EQ(read_backup(text, other).error().kind, base::ErrorKind::denied);
  const auto read = read_backup(text + "\n", vault).value();
  ASSERT_EQ(read.devices.size(), 1U);
  EXPECT_EQ(read.areas.at(0).name, "North");
  EXPECT_EQ(read.devices[0].password, "secret");
  EXPECT_EQ(read.devices[0].channels[0].plan, RecordPlan::continuous);
  EXPECT_EQ(read.devices[0].channels[0].id, "");
  EXPECT_EQ(read.devices[0].channels[0].disk_group, most_disk_groups) << "as a newer server may have had it";
  EXPECT_EQ(read.devices[0].channels[0].streams.at("main"), "rtsp://h/m");
  EXPECT_FALSE(read_backup(vault.seal("{}", "backup of devices").value(), vault));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace watchrig::central
