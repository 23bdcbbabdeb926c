#include "system/central/storage_orders.hpp"

#include <filesystem>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "system/central/central_inbox.hpp"
#include "system/platform/in_process_bus.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using base::Error;
using base::ErrorKind;

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
        if (message.body.contains("stream")) return Error{ErrorKind::not_found, "there is no channel \"c9\""};
        return boost::json::object();
      }));
  StorageOrders orders(bus);
  EXPECT_TRUE(orders.bind("d1", true));
  EXPECT_TRUE(orders.unbind("d1", {"c1", "c2"}));
  const auto refused = orders.record("c9", "main");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::not_found);
  EXPECT_EQ(got, (std::vector<std::string>{R"(bind_device{"device":"d1","continued":true})",
                                           R"(unbind_device{"device":"d1","channels":["c1","c2"]})",
                                           R"(set_nvr_record_strategy{"channel":"c9","stream":"main"})"}));
  EXPECT_EQ(trace.find({.name = "unbind_device_result"}).size(), 1U);
}

TEST_F(RoleMessagesTest, WithoutStorageAnOrderSaysSo) {
  const auto told = StorageOrders(bus).bind("d1", false);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::unavailable);
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
  EXPECT_FALSE(bus.ask({"bind_device", "storage", "central", {}, {}, 0, {}}, 10s));
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
