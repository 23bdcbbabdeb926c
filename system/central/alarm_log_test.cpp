#include "system/central/alarm_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class AlarmLogTest : public FolderTest {
 protected:
  void SetUp() override { log = EventLog::open(folder / "events.db", clock).value(); }

  /// A minute passes after it.
  void happen(std::string type, std::string channel = {}, boost::json::object data = {}) {
    Event event;
    event.type = std::move(type);
    event.channel = channel;
    event.channel_name = channel.empty() ? "" : "Camera " + channel;
    event.message = event.type + " at " + channel;
    event.data = std::move(data);
    log->append(std::move(event));
    clock.advance(1min);
  }
  AlarmQuery all() const {
    AlarmQuery query;
    query.to = clock.now();
    query.descending = false;
    return query;
  }
  std::vector<Alarm> found(const AlarmQuery& query) const { return find_alarms(*log, query).value().alarms; }
  /// "motion c1 0-2": type, channel, and the minutes of its start and end.
  std::vector<std::string> shown(const AlarmQuery& query) const {
    std::vector<std::string> lines;
    for (const auto& alarm : found(query)) {
      auto line = alarm.type + " " + alarm.channel + " " + minute(alarm.began) + "-";
      if (alarm.ended) line += minute(*alarm.ended);
      lines.push_back(std::move(line));
    }
    return lines;
  }
  std::string minute(base::UtcTime time) const { return std::to_string((time - began) / 1min); }

  const base::UtcTime began{1h};
  base::ManualClock clock{began};
  std::unique_ptr<EventLog> log;
};

TEST_F(AlarmLogTest, BeginningsAndEndsOfOneSubjectArePairs) {
  happen("motion.started", "c1", {{"device", "d1"}});
  happen("motion.started", "c2", {{"device", "d2"}});
  happen("channel.offline", "c1");
  happen("motion.ended", "c1", {{"device", "d1"}});
  happen("channel.online", "c1");
  happen("channel.online", "c3");  // has not been away
  happen("recording.failed", "c2");
  happen("recording.resumed", "c2");
  EXPECT_THAT(shown(all()),
              ElementsAre("motion c1 0-3", "motion c2 1-", "video-loss c1 2-4", "recording-failure c2 6-7"));
  const auto alarm = found(all()).front();
  EXPECT_EQ(alarm.source, "Camera c1");
  EXPECT_EQ(alarm.device, "d1");
  EXPECT_EQ(alarm.message, "motion.started at c1");
  EXPECT_EQ(alarm.ended_by, "motion.ended");
}

TEST_F(AlarmLogTest, InputsOfADeviceAreApart) {
  happen("input.started", "c1", {{"device", "d1"}, {"source", "in1"}, {"input", 1}});
  happen("input.started", "c1", {{"device", "d1"}, {"source", "in2"}, {"input", 2}});
  happen("input.ended", "c1", {{"device", "d1"}, {"source", "in1"}, {"input", 1}});
  EXPECT_THAT(shown(all()), ElementsAre("input c1 0-2", "input c1 1-"));
  EXPECT_EQ(found(all()).back().source, "Camera c1 input 2");
}

TEST_F(AlarmLogTest, WhatBeginsTwiceIsOneAlarm) {
  happen("tampering.started", "c1");
  happen("tampering.started", "c1");
  happen("tampering.ended", "c1");
  EXPECT_THAT(shown(all()), ElementsAre("tampering c1 0-2"));
}

TEST_F(AlarmLogTest, AStartOfTheServerEndsAll) {
  happen("motion.started", "c1");
  happen("system.started");
  happen("motion.started", "c1");
  EXPECT_THAT(shown(all()), ElementsAre("motion c1 0-1", "motion c1 2-"));
  EXPECT_EQ(found(all()).front().ended_by, "system.started");
}

TEST_F(AlarmLogTest, ADeviceThatGoesEndsThoseOfItsChannels) {
  happen("motion.started", "c1", {{"device", "d1"}});
  happen("channel.offline", "c2");
  happen("channel.offline", "c3");
  happen("device.changed", "c1", {{"device", "d1"}});
  happen("device.changed", "c1", {{"device", "d1"}, {"channels_gone", {"c2"}}});
  happen("device.disconnected", "c1", {{"device", "d1"}, {"channels_gone", {"c1"}}});
  EXPECT_THAT(shown(all()), ElementsAre("motion c1 0-5", "video-loss c2 1-4", "video-loss c3 2-"));
}

TEST_F(AlarmLogTest, APeriodHasWhatWasOnInIt) {
  happen("motion.started", "c1");  // 0-1
  happen("motion.ended", "c1");
  happen("motion.started", "c2");  // 2-5
  happen("motion.started", "c3");  // 3-
  happen("motion.started", "c4");  // 4-
  happen("motion.ended", "c2");
  auto query = all();
  query.from = began + 2min;
  query.to = began + 4min;
  EXPECT_THAT(shown(query), ElementsAre("motion c2 2-5", "motion c3 3-"));
  query.from = began + 1min;
  query.to = query.from + 1ns;
  EXPECT_THAT(shown(query), ElementsAre("motion c1 0-1"));
}

TEST_F(AlarmLogTest, ConditionsAreMetAllOfThem) {
  happen("motion.started", "c1", {{"device", "d1"}});
  happen("channel.offline", "c1");
  happen("channel.offline", "c2");
  happen("channel.online", "c2");
  auto query = all();
  query.type = "video-loss";
  EXPECT_THAT(shown(query), ElementsAre("video-loss c1 1-", "video-loss c2 2-3"));
  query.active = true;
  EXPECT_THAT(shown(query), ElementsAre("video-loss c1 1-"));
  query.active = false;
  EXPECT_THAT(shown(query), ElementsAre("video-loss c2 2-3"));
  query.channel = "c1";
  EXPECT_THAT(shown(query), IsEmpty());
  query = all();
  query.device = "d1";
  EXPECT_THAT(shown(query), ElementsAre("motion c1 0-"));
  query.device_channels = {"c1", "c7"};
  EXPECT_THAT(shown(query), ElementsAre("motion c1 0-", "video-loss c1 1-"));
  query.device = "d7";
  EXPECT_THAT(shown(query), ElementsAre("video-loss c1 1-")) << "motion names another device";
  query = all();
  query.text = "camera C2";
  EXPECT_THAT(shown(query), ElementsAre("video-loss c2 2-3"));
  query.text = "MOTION";
  EXPECT_THAT(shown(query), ElementsAre("motion c1 0-"));
}

TEST_F(AlarmLogTest, EachColumnSortsBothWaysAndWhatGoesOnIsLastByItsEnd) {
  happen("motion.started", "c2");   // 0-4
  happen("channel.offline", "c3");  // 1-
  happen("input.started", "c1");    // 2-3
  happen("input.ended", "c1");
  happen("motion.ended", "c2");
  const auto channels = [&](std::string column, bool descending) {
    auto query = all();
    query.sort = std::move(column);
    query.descending = descending;
    std::string order;
    for (const auto& alarm : found(query)) order += alarm.channel.back();
    return order;
  };
  EXPECT_EQ(channels("source", false), "123");
  EXPECT_EQ(channels("source", true), "321");
  EXPECT_EQ(channels("type", false), "123");
  EXPECT_EQ(channels("type", true), "321");
  EXPECT_EQ(channels("start", false), "231");
  EXPECT_EQ(channels("start", true), "132");
  EXPECT_EQ(channels("end", false), "123");
  EXPECT_EQ(channels("end", true), "213");
}

TEST_F(AlarmLogTest, PagesCountEverything) {
  for (const char* channel : {"c1", "c2", "c3"}) happen("motion.started", channel);
  auto query = all();
  query.offset = 1;
  query.limit = 1;
  const auto page = find_alarms(*log, query).value();
  EXPECT_EQ(page.total, 3U);
  ASSERT_EQ(page.alarms.size(), 1U);
  EXPECT_EQ(page.alarms.front().channel, "c2");
  query.offset = 9;
  EXPECT_THAT(shown(query), IsEmpty());
}

}  // namespace
}  // namespace watchrig::central
