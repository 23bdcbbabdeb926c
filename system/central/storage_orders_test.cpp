#include "system/central/storage_orders.hpp"

#include <filesystem>
#include <future>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/central/central_inbox.hpp"
#include "system/platform/in_process_bus.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using base::Error;
using base::ErrorKind;

base::Result<DevicePtr> the_gate(const std::string& id) {
  auto device = std::make_shared<Device>();
  device->id = id;
  device->streams = {{"main", "rtsp://10.0.0.1/{channel}/a"}, {"sub", "rtsp://10.0.0.1/{channel}/b"}};
  device->username = "eye";
  device->password = "secret";
  device->transport = Transport::udp;
  device->cache_strategy = "fluent";
  device->channels.push_back({"c1", "Gate", RecordPlan::continuous, "sub", 1, {}});
  device->channels.push_back({"c2", "Yard", RecordPlan::none, "main", 4, {{"main", "rtsp://10.0.0.9/own"}}});
  return DevicePtr(device);
}

base::Result<ChannelOfDevice> channel_of_the_gate(const std::string& id) {
  const auto gate = the_gate("d1").value();
  for (const auto& channel : gate->channels) {
    if (channel.id == id) return ChannelOfDevice{gate, &channel};
  }
  return Error{ErrorKind::not_found, fmt::format("there is no channel \"{}\"", id)};
}

RecordOrder recorded_of(const Channel& channel) {
  if (channel.plan == RecordPlan::none) return {};
  return {channel.recorded_stream, platform::regular_recording | platform::input_recording};
}

StorageOrders::Knowledge knowledge(
    std::function<base::Result<DevicePtr>(const std::string&)> device = the_gate) {
  return {std::move(device), channel_of_the_gate, recorded_of};
}

struct RoleMessagesTest : testing::Test {
  base::ManualClock clock{base::UtcTime(1h)};
  platform::MessageTrace trace;
  platform::InProcessBus bus{clock, trace};
};

TEST_F(RoleMessagesTest, OrdersArriveAsTheyWereGivenAndARefusalComesBack) {
  std::vector<std::string> got;
  ASSERT_TRUE(
      bus.serve("storage", [&](const platform::Message& message) -> base::Result<boost::json::object> {
        got.push_back(message.name + boost::json::serialize(message.body));
        if (message.body.contains("stream")) return Error{ErrorKind::unavailable, "no volume"};
        return boost::json::object();
      }));
  StorageOrders orders(bus, knowledge());
  EXPECT_TRUE(orders.bind("d1", true));
  EXPECT_TRUE(orders.unbind("d1", {"c1", "c2"}));
  EXPECT_TRUE(orders.record_soon("c2"));
  EXPECT_EQ(orders.record("c1").error().kind, ErrorKind::unavailable);
  EXPECT_EQ(orders.record("c9").error().kind, ErrorKind::not_found);
  EXPECT_EQ(orders.record_soon("c9").error().kind, ErrorKind::not_found);
  EXPECT_EQ(
      got,
      (std::vector<std::string>{
          R"(link_nvr_pu{"device":"d1","continued":true,"onvif":false,"transport":"udp",)"
          R"("cache_strategy":"fluent","username":"eye","password":"secret","channels":[)"
          R"({"channel":"c1","name":"Gate","number":1,"recorded":"sub","types":["regular","input"],"streams":[)"
          R"({"name":"main","address":"rtsp://10.0.0.1/1/a"},{"name":"sub","address":"rtsp://10.0.0.1/1/b"}],"ahead_ms":0,"disk_group":1},)"
          R"({"channel":"c2","name":"Yard","number":4,"recorded":"","types":[],"streams":[)"
          R"({"name":"main","address":"rtsp://10.0.0.9/own"}],"ahead_ms":0,"disk_group":1}]})",
          R"(unlink_nvr_pu{"device":"d1","channels":["c1","c2"]})",
          R"(set_nvr_record_strategy{"channel":"c2","stream":"","types":[],"ahead_ms":0,"disk_group":1})",
          R"(set_nvr_record_strategy{"channel":"c1","stream":"sub","types":["regular","input"],"ahead_ms":0,"disk_group":1})"}));
  EXPECT_EQ(trace.find({.name = "unlink_nvr_pu_result"}).size(), 1U);
}

TEST_F(RoleMessagesTest, OfADisconnectedDeviceNothingIsRelayedAndOneThatIsGoneIsNotLinked) {
  std::vector<std::size_t> linked;
  ASSERT_TRUE(bus.serve("storage", [&](const platform::Message& message) -> platform::MessageBus::Answer {
    const auto link = platform::from_message<platform::LinkNvrPu>(message);
    if (!link) return link.error();
    linked.push_back(link->channels.size());
    return boost::json::object();
  }));
  StorageOrders orders(bus, knowledge([](const std::string& id) -> base::Result<DevicePtr> {
                         auto device = std::make_shared<Device>(**the_gate("d1"));
                         device->connected = false;
                         if (id == "d1") return DevicePtr(device);
                         return Error{ErrorKind::not_found, "there is no device"};
                       }));
  EXPECT_TRUE(orders.bind("d1", true));
  EXPECT_EQ(orders.bind("d2", true).error().kind, ErrorKind::not_found);
  EXPECT_EQ(orders.reconnect("d2").error().kind, ErrorKind::not_found);
  EXPECT_EQ(linked, std::vector<std::size_t>{0});
}

TEST_F(RoleMessagesTest, AnOlderPlanDoesNotFollowANewerOne) {
  std::vector<std::string> got;
  ASSERT_TRUE(bus.serve("storage", [&](const platform::Message& message) -> platform::MessageBus::Answer {
    got.push_back(message.name);
    return boost::json::object();
  }));
  // Somebody sets a plan while another one, who has seen the device without it, links the device.
  std::future<base::Result<>> other;
  std::optional<StorageOrders> orders;
  orders.emplace(bus, knowledge([&](const std::string& id) {
                   auto seen = the_gate(id);
                   other = std::async(std::launch::async, [&] { return orders->record("c1"); });
                   EXPECT_EQ(other.wait_for(50ms), std::future_status::timeout);
                   return seen;
                 }));
  EXPECT_TRUE(orders->bind("d1", true));
  EXPECT_TRUE(other.get());
  EXPECT_EQ(got, (std::vector<std::string>{"link_nvr_pu", "set_nvr_record_strategy"}));
}

TEST_F(RoleMessagesTest, WithoutStorageAnOrderSaysSo) {
  StorageOrders orders(bus, knowledge());
  for (const auto& told : {orders.bind("d1", false), orders.reconnect("d1")}) {
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().kind, ErrorKind::unavailable);
  }
}

TEST_F(RoleMessagesTest, ReportsOfRolesAreInTheLogInTheirOrderAndOthersAreRefused) {
  const std::filesystem::path file = testing::TempDir() + "role_messages_test.db";
  std::filesystem::remove(file);
  const auto events = EventLog::open(file, clock);
  ASSERT_TRUE(events) << events.error().message;
  ChannelStates channels;
  ASSERT_TRUE(serve_central(bus, {**events, channels}));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(bus.send(platform::to_message(
        "storage", "central",
        platform::AlarmNotify{"channel.offline", "c1", "Gate", "401", "wrong password", {{"number", i}}})));
  }
  const auto refused = bus.ask({"alarm_notify", "storage", "central", {}, {{"type", 1}}, 0, {}}, 10s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_FALSE(bus.ask({"link_nvr_pu", "storage", "central", {}, {}, 0, {}}, 10s));
  const auto logged = (*events)->since(0, 1000);
  ASSERT_EQ(logged.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(logged[static_cast<std::size_t>(i)].data.at("number"), i);
  ASSERT_TRUE(bus.ask(
      platform::to_message("storage", "central", platform::ChannelState{"c1", 1, "online", {}}), 10s));
  EXPECT_EQ(channels.of("c1").state, "online");
  EXPECT_EQ(logged[0].channel_name, "Gate");
  EXPECT_EQ(logged[0].cause, "401");
  EXPECT_EQ(logged[0].log(), LogKind::link);
}

}  // namespace
}  // namespace watchrig::central
