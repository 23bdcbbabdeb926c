#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "scenarios/engine/event_feed.hpp"
#include "scenarios/engine/rig_process.hpp"
#include "scenarios/engine/vms_process.hpp"

// What rig and server say must be read with care: the judge goes on whatever they send.
namespace watchrig::scenarios {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

TEST(ReadyLine, TellsWhereTheRigAndItsDevicesAre) {
  std::string control;
  const auto devices = parse_rig_ready(
      R"({"ready":"rig","control":"http://127.0.0.1:9","devices":[{"id":"gate","kind":"camera","virtual":true,
          "username":"admin","password":"secret","streams":{"main":{"url":"rtsp://127.0.0.1:5/main",
          "profile":"h264 640x360@25"},"sub":{"url":"rtsp://127.0.0.1:5/sub"}}}]})",
      control);
  ASSERT_TRUE(devices) << devices.error().message;
  EXPECT_EQ(control, "http://127.0.0.1:9");
  const auto& gate = devices->at("gate");
  EXPECT_FALSE(gate.real);
  EXPECT_EQ(gate.password, "secret");
  EXPECT_EQ(gate.streams.at("sub"), "rtsp://127.0.0.1:5/sub");
  EXPECT_EQ(gate.detail, "h264 640x360@25");
  for (const auto* bad :
       {"", "ready", "[]", "{}", R"({"ready":"rig"})", R"({"ready":"vmsd","control":"x","devices":[]})",
        R"({"ready":"rig","control":"x","devices":[1]})"}) {
    EXPECT_FALSE(parse_rig_ready(bad, control)) << bad;
  }
}

TEST(ReadyLine, TellsWhereTheServerListens) {
  const auto ready =
      parse_vms_ready(R"({"ready":"vmsd","pid":1,"http":"http://127.0.0.1:1","rtsp":"rtsp://127.0.0.1:2"})");
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->rtsp, "rtsp://127.0.0.1:2");
  const auto encrypted =
      parse_vms_ready(R"({"ready":"vmsd","http":"http://127.0.0.1:1","rtsps":"rtsps://127.0.0.1:3"})");
  ASSERT_TRUE(encrypted);
  EXPECT_EQ(encrypted->rtsp, "");
  EXPECT_EQ(encrypted->rtsps, "rtsps://127.0.0.1:3");
  for (const auto* bad :
       {"", "[]", R"({"ready":"vmsd","http":1,"rtsp":2})", R"({"ready":"rig","http":"a","rtsp":"b"})"}) {
    EXPECT_FALSE(parse_vms_ready(bad)) << bad;
  }
}

TEST(Ledger, ReadsUnits) {
  const auto units = parse_ledger(json::parse(
      R"({"stream":"main","units":[{"index":7,"time":"2026-01-01T00:00:01.000000002Z","key":true,"digest":"ab",
          "sent":1,"harmed":2,"size":5}]})"));
  ASSERT_TRUE(units) << units.error().message;
  EXPECT_EQ(units->front().index, 7U);
  EXPECT_EQ(units->front().harmed, 2U);
  EXPECT_TRUE(units->front().key);
  EXPECT_EQ(base::format_utc(units->front().time, 9), "2026-01-01T00:00:01.000000002Z");
  for (const auto* bad : {"[]", "{}", R"({"units":[1]})", R"({"units":[{"time":"noon"}]})"}) {
    EXPECT_FALSE(parse_ledger(json::parse(bad))) << bad;
  }
}

TEST(RigStatus, TellsHowLateItsLatestStreamIs) {
  EXPECT_EQ(lateness_of(json::parse(
                R"({"streams":{"main":{"lateness_us":{"p99":700}},"sub":{"lateness_us":{"p99":900}}}})")),
            900us);
  for (const auto* none :
       {"1", "{}", R"({"streams":[]})", R"({"streams":{"main":{"lateness_us":{"p99":"x"}}}})"}) {
    EXPECT_EQ(lateness_of(json::parse(none)), 0s) << none;
  }
}

TEST(Event, NeedsTypeNumberAndTime) {
  const auto event = parse_event(json::parse(
      R"({"seq":3,"time":"2026-01-01T00:00:01.000Z","type":"channel.offline","channel":"c1","channel_name":"Gate",
          "cause":"reset","message":"m","data":{"lost":2}})"));
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->channel, "Gate");
  EXPECT_EQ(event->data, R"({"lost":2})");
  for (const auto* bad : {"1", "{}", R"({"seq":1,"time":"noon","type":"a"})",
                          R"({"seq":0,"time":"2026-01-01T00:00:01.000Z","type":"a"})",
                          R"({"seq":"x","time":"2026-01-01T00:00:01.000Z","type":"a"})",
                          R"({"seq":1,"time":"2026-01-01T00:00:01.000Z"})"}) {
    EXPECT_FALSE(parse_event(json::parse(bad))) << bad;
  }
}

TEST(VmsSession, NeedsEveryPart) {
  const auto session =
      parse_vms_session(json::parse(R"({"id":"s1","token":"t","stream_key":"k","account":"admin"})"));
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->stream_key, "k");
  for (const auto* bad :
       {"1", "{}", R"({"id":"s1","token":"t"})", R"({"id":1,"token":"t","stream_key":"k"})"}) {
    EXPECT_FALSE(parse_vms_session(json::parse(bad))) << bad;
  }
}

TEST(VmsProcess, SaysWhyItDidNotBecomeReady) {
  VmsProcess missing({{"/nowhere/vmsd"}, {}, {}});
  EXPECT_EQ(missing.start().error().kind, base::ErrorKind::not_found);
  VmsProcess quitting({{"/bin/sh", "-c", "exit 4"}, {}, {}});
  EXPECT_EQ(quitting.start().error().kind, base::ErrorKind::unavailable);
  VmsProcess babbling({{"/bin/sh", "-c", "echo hello; exec tail -f /dev/null"}, {}, {}, false});
  EXPECT_EQ(babbling.start().error().kind, base::ErrorKind::invalid);
  EXPECT_EQ(VmsProcess({{"x"}, {}, {}}).kill().error().kind, base::ErrorKind::conflict);
}

TEST(VmsProcess, TellsACrashFromAnEndOnPurpose) {
  constexpr auto ready =
      R"(echo '{"ready":"vmsd","http":"http://127.0.0.1:1","rtsp":"rtsp://127.0.0.1:1"}';)";
  std::atomic<int> crashes = 0;
  const auto count = [&](ExitStatus) { ++crashes; };
  VmsProcess steady({{"/bin/sh", "-c", std::string(ready) + "exec tail -f /dev/null"}, {}, count, false});
  ASSERT_TRUE(steady.start());
  EXPECT_EQ(steady.start().error().kind, base::ErrorKind::conflict);
  ASSERT_TRUE(steady.kill());
  EXPECT_FALSE(steady.running());
  ASSERT_TRUE(steady.start());
  EXPECT_EQ(steady.lives(), 2U);
  // tail does not catch SIGTERM, so it does not end as a server should.
  EXPECT_FALSE(steady.stop());
  EXPECT_EQ(crashes, 0);
  {
    VmsProcess crashing({{"/bin/sh", "-c", std::string(ready) + "kill -SEGV $$"}, {}, count, false});
    ASSERT_TRUE(crashing.start());
  }
  EXPECT_EQ(crashes, 1);
}

}  // namespace
}  // namespace watchrig::scenarios
