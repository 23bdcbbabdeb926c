#include "system/central/device_registry.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "system/central/event_log.hpp"

namespace watchrig::central {
namespace {

class CentralTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "central_test";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<DeviceRegistry> open() { return DeviceRegistry::open(folder_ / "devices.db").value(); }

  static Device device(const std::string& name) {
    Device made;
    made.name = name;
    made.streams["main"] = "rtsp://127.0.0.1:554/main";
    return made;
  }
  std::filesystem::path folder_;
};

TEST_F(CentralTest, DevicesAndPlansSurviveARestart) {
  {
    auto registry = open();
    Device gate = device("Gate \"1\"; é");
    gate.streams["sub"] = "rtsp://127.0.0.1:554/sub";
    gate.username = "admin";
    gate.password = "secret";
    gate.transport = Transport::udp;
    const auto added = registry->add(gate);
    ASSERT_TRUE(added);
    EXPECT_EQ(added->id, "d1");
    EXPECT_EQ(added->channels.front().id, "c1");
    ASSERT_TRUE(registry->set_plan("c1", RecordPlan::continuous, "sub"));
  }
  const auto devices = open()->devices();
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].name, "Gate \"1\"; é");
  EXPECT_EQ(devices[0].password, "secret");
  EXPECT_EQ(devices[0].transport, Transport::udp);
  EXPECT_EQ(devices[0].channels[0].plan, RecordPlan::continuous);
  EXPECT_EQ(devices[0].channels[0].recorded_stream, "sub");
}

TEST_F(CentralTest, IdsAreNeverUsedTwice) {
  auto registry = open();
  ASSERT_TRUE(registry->add(device("a")));
  ASSERT_TRUE(registry->remove("d1"));
  EXPECT_EQ(registry->add(device("a"))->id, "d2");
  EXPECT_EQ(registry->find("d1").error().kind, base::ErrorKind::not_found);
  EXPECT_EQ(registry->remove("d1").error().kind, base::ErrorKind::not_found);
}

TEST_F(CentralTest, ATakenNameIsAConflict) {
  auto registry = open();
  ASSERT_TRUE(registry->add(device("a")));
  const auto again = registry->add(device("a"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().field, "name");
  EXPECT_EQ(again.error().error.kind, base::ErrorKind::conflict);
  EXPECT_EQ(registry->devices().size(), 1U);
}

TEST_F(CentralTest, EachWrongFieldIsNamedAndNothingIsAdded) {
  auto registry = open();
  const auto refused_field = [&](auto change) {
    Device wrong = device("wrong");
    change(wrong);
    const auto added = registry->add(wrong);
    return added ? std::string("accepted") : added.error().field;
  };
  EXPECT_EQ(refused_field([](Device& d) { d.name = ""; }), "name");
  EXPECT_EQ(refused_field([](Device& d) { d.name = std::string(64, 'x'); }), "name");
  EXPECT_EQ(refused_field([](Device& d) { d.name = "a\nb"; }), "name");
  EXPECT_EQ(refused_field([](Device& d) { d.driver = "onvif"; }), "driver");
  EXPECT_EQ(refused_field([](Device& d) { d.streams.clear(); }), "streams.main");
  EXPECT_EQ(refused_field([](Device& d) { d.streams["third"] = "rtsp://h/x"; }), "streams.third");
  EXPECT_EQ(refused_field([](Device& d) { d.username = std::string(256, 'x'); }), "username");
  EXPECT_EQ(refused_field([](Device& d) { d.password = std::string(256, 'x'); }), "password");
  for (const char* address : {"", "http://host/x", "rtsp://", "rtsp:///path", "not a url", "rtsp://a b/"}) {
    EXPECT_EQ(refused_field([&](Device& d) { d.streams["main"] = address; }), "streams.main") << address;
  }
  EXPECT_EQ(refused_field([](Device& d) { d.name = std::string(63, 'x'); }), "accepted");
  EXPECT_EQ(registry->devices().size(), 1U);
}

TEST_F(CentralTest, CredentialsLeaveTheAddress) {
  Device given = device("a");
  given.streams["main"] = "rtsp://user:p%40ss@127.0.0.1/main";
  const auto added = open()->add(given);
  ASSERT_TRUE(added);
  EXPECT_EQ(added->streams.at("main"), "rtsp://127.0.0.1/main");
  EXPECT_EQ(added->username, "user");
  EXPECT_EQ(added->password, "p@ss");
}

TEST_F(CentralTest, APlanNeedsItsStreamAndChannel) {
  auto registry = open();
  ASSERT_TRUE(registry->add(device("a")));
  EXPECT_EQ(registry->set_plan("c1", RecordPlan::continuous, "sub").error().kind, base::ErrorKind::invalid);
  EXPECT_EQ(registry->set_plan("c2", RecordPlan::continuous, "main").error().kind,
            base::ErrorKind::not_found);
}

TEST_F(CentralTest, EventsAreNumberedOverRestartsAndHeard) {
  const base::ManualClock clock(base::UtcTime(std::chrono::hours(1)));
  std::vector<std::int64_t> heard;
  {
    const auto log = EventLog::open(folder_ / "events.db", clock).value();
    const auto handle = log->listen([&](const Event& event) { heard.push_back(event.sequence); });
    log->append({0, {}, "channel.online", "c1", "Gate", {}, "one", {{"lost", 3}}});
    log->append({0, {}, "channel.offline", "c1", "Gate", "cut", "two", {}});
  }
  const auto log = EventLog::open(folder_ / "events.db", clock).value();
  log->append({0, {}, "system.started", {}, {}, {}, "three", {}});
  EXPECT_EQ(heard, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(log->last(), 3);
  const auto events = log->since(0, 2);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].data.at("lost").as_int64(), 3);
  EXPECT_EQ(events[1].cause, "cut");
  EXPECT_EQ(events[1].time, clock.now());
  EXPECT_EQ(log->since(2, 10).front().message, "three");
}

}  // namespace
}  // namespace watchrig::central
