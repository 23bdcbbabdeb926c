#include "system/central/recording/record_desk.hpp"

#include <algorithm>

#include <gmock/gmock.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

base::UtcTime at(const char* text) { return base::parse_utc(text).value(); }

/// A device with three channels, in the zone of Berlin.
class RecordDeskTest : public FolderTest {
 protected:
  void SetUp() override {
    open();
    Device device;
    device.name = "Recorder";
    device.channel_count = 3;
    device.streams = {{"main", "rtsp://127.0.0.1/{channel}/a"}, {"sub", "rtsp://127.0.0.1/{channel}/b"}};
    for (std::uint32_t number = 1; number <= 3; ++number) {
      Channel channel;
      channel.number = number;
      device.channels.push_back(channel);
    }
    ASSERT_TRUE(registry->add(device));
    ASSERT_TRUE(settings->change("time", {{"zone", "Europe/Berlin"}}));
  }
  void open() {
    desk.reset();
    vault =
        std::make_unique<platform::SecretVault>(platform::SecretVault::open(folder / "secrets.key").value());
    settings = Settings::open(folder / "settings.db", *vault).value();
    schedules = Schedules::open(folder / "schedules.db").value();
    registry = DeviceRegistry::open(folder / "devices.db", *vault).value();
    events = EventLog::open(folder / "events.db", now).value();
    desk = std::make_unique<RecordDesk>(RecordDesk::Parts{*registry, *schedules, *settings, *events, now});
  }
  Channel channel(const std::string& id) const { return *registry->find_channel(id)->channel; }
  FieldResult<Channel> set_plan(const std::string& id, RecordPlan plan, const std::string& stream,
                                const std::string& schedule) {
    return desk->change_plan(id, {plan, stream, schedule, true});
  }
  Recorded recorded(const std::string& id) const { return desk->recorded(channel(id), desk->now()); }
  /// As storage is told.
  void order() {
    for (const auto* id : {"c1", "c2", "c3"}) desk->order(channel(id));
  }
  std::string office_hours() {
    Schedule schedule;
    schedule.name = "office";
    schedule.always = false;
    for (unsigned day = 0; day < 5; ++day) schedule.periods.push_back({day, 8 * 60, 18 * 60});
    return schedules->add(schedule)->id;
  }
  void tell(const std::string& type, const std::string& id, const std::string& source = "sensor") {
    Event event;
    event.type = type;
    event.channel = id;
    event.data = {{"source", source}};
    events->append(event);
  }
  std::string settings_refuse(const boost::json::object& patch) {
    const auto changed = settings->change("recording", patch);
    return changed ? std::string() : changed.error().field;
  }

  base::ManualClock now{at("2026-03-02T06:59:59Z")};  // a Monday
  std::unique_ptr<platform::SecretVault> vault;
  std::unique_ptr<Settings> settings;
  std::unique_ptr<Schedules> schedules;
  std::unique_ptr<DeviceRegistry> registry;
  std::unique_ptr<EventLog> events;
  std::unique_ptr<RecordDesk> desk;
};

TEST_F(RecordDeskTest, NothingIsRecordedUnlessSomebodySaysSo) {
  EXPECT_EQ(channel("c1").plan, RecordPlan::none);
  ASSERT_TRUE(set_plan("c1", RecordPlan::inherited, "sub", ""));
  EXPECT_THAT(recorded("c1").because, IsEmpty());
  EXPECT_THAT(desk->changed(), IsEmpty());
}

TEST_F(RecordDeskTest, WhatWasOrderedIsEndedOnceAndAskedForAgainWhereItWasLost) {
  ASSERT_TRUE(set_plan("c1", RecordPlan::continuous, "main", ""));
  order();
  desk->forget("c1");
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  ASSERT_TRUE(set_plan("c1", RecordPlan::none, "main", ""));
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  EXPECT_TRUE(desk->has_changed("c1"));
  order();
  EXPECT_THAT(desk->changed(), IsEmpty());
  ASSERT_TRUE(set_plan("c2", RecordPlan::continuous, "main", ""));
  order();
  ASSERT_TRUE(registry->remove("d1"));
  EXPECT_THAT(desk->changed(), IsEmpty());
  EXPECT_FALSE(desk->has_changed("c2"));
}

TEST_F(RecordDeskTest, APlanThatIsInheritedIsThatOfTheServerAndTheStreamItsOwn) {
  ASSERT_TRUE(set_plan("c1", RecordPlan::inherited, "sub", ""));
  ASSERT_TRUE(set_plan("c2", RecordPlan::continuous, "main", ""));
  order();
  ASSERT_TRUE(settings->change("recording", {{"plan", "continuous"}}));
  EXPECT_EQ(recorded("c1").order.stream, "sub");
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  order();
  EXPECT_THAT(desk->changed(), IsEmpty());
  ASSERT_TRUE(settings->change("recording", {{"plan", "none"}}));
  EXPECT_THAT(desk->changed(), ElementsAre("c1")) << "the plan of c2 is its own";
  EXPECT_EQ(set_plan("c1", RecordPlan::inherited, "main", "default").error().field, "schedule");
  EXPECT_EQ(set_plan("c1", RecordPlan::inherited, "sub2", "").error().field, "stream");
}

TEST_F(RecordDeskTest, APlanThatIsStoppedIsKept) {
  const auto office = office_hours();
  ASSERT_TRUE(set_plan("c1", RecordPlan::scheduled, "sub", office));
  now.advance(1s);
  order();
  ASSERT_TRUE(desk->change_plan("c1", {.enabled = false}));
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  open();
  EXPECT_FALSE(channel("c1").plan_enabled);
  EXPECT_EQ(channel("c1").plan, RecordPlan::scheduled);
  EXPECT_EQ(channel("c1").schedule, office);
  ASSERT_TRUE(desk->change_plan("c1", {.enabled = true}));
  EXPECT_EQ(recorded("c1").order.stream, "sub");
  ASSERT_TRUE(desk->change_plan("c1", {.plan = RecordPlan::continuous}));
  EXPECT_EQ(channel("c1").schedule, "") << "it was that of the other plan";
  EXPECT_EQ(desk->change_plan("c1", {.plan = RecordPlan::scheduled}).error().field, "schedule");
}

TEST_F(RecordDeskTest, LimitsOfWhatIsKeptAreToldOfChannelsThatHaveSome) {
  EXPECT_THAT(desk->kept(), IsEmpty());
  PlanChange month;
  month.keep_days = most_kept_days;
  ASSERT_TRUE(desk->change_plan("c1", month));
  PlanChange much;
  much.keep_bytes = most_kept_bytes;
  ASSERT_TRUE(desk->change_plan("c3", much));
  const std::vector<platform::KeptChannel> both{{"c1", most_kept_days, 0}, {"c3", 0, most_kept_bytes}};
  EXPECT_EQ(desk->kept(), both);
  open();
  EXPECT_EQ(desk->kept(), both) << "after a restart";
  ASSERT_TRUE(desk->change_plan("c1", {RecordPlan::continuous}));
  EXPECT_EQ(channel("c1").keep_days, most_kept_days) << "what is not named stays";
  for (const auto odd : {std::int64_t{-1}, most_kept_days + 1}) {
    month.keep_days = odd;
    EXPECT_EQ(desk->change_plan("c1", month).error().field, "keep_days");
  }
  for (const auto odd : {std::int64_t{-1}, most_kept_bytes + 1}) {
    much.keep_bytes = odd;
    EXPECT_EQ(desk->change_plan("c3", much).error().field, "keep_bytes");
  }
  month.keep_days = 0;
  ASSERT_TRUE(desk->change_plan("c1", month));
  EXPECT_EQ(desk->kept().size(), 1U);
}

TEST_F(RecordDeskTest, AChannelIsOrderedOnItsDiskGroup) {
  ASSERT_TRUE(desk->change_plan("c1", {.plan = RecordPlan::continuous}));
  EXPECT_EQ(desk->order(channel("c1")).disk_group, 1);
  EXPECT_FALSE(desk->has_changed("c1"));
  PlanChange last;
  last.disk_group = most_disk_groups;
  ASSERT_TRUE(desk->change_plan("c1", last));
  EXPECT_TRUE(desk->has_changed("c1"));
  open();
  EXPECT_EQ(desk->order(channel("c1")).disk_group, most_disk_groups) << "after a restart";
  ASSERT_TRUE(desk->change_plan("c1", {.enabled = true}));
  EXPECT_EQ(channel("c1").disk_group, most_disk_groups) << "what is not named stays";
  for (const auto odd : {std::int64_t{0}, most_disk_groups + 1}) {
    last.disk_group = odd;
    EXPECT_EQ(desk->change_plan("c1", last).error().field, "disk_group");
  }
}

TEST_F(RecordDeskTest, AScheduleBeginsAndEndsByTheWallClockToTheSecond) {
  const auto office = office_hours();
  ASSERT_TRUE(set_plan("c1", RecordPlan::scheduled, "main", office));
  const auto recorded = [&](const char* time) {
    now.advance(at(time) - now.now());
    return RecordDeskTest::recorded("c1").order.stream == "main";
  };
  EXPECT_FALSE(recorded("2026-03-02T06:59:59Z"));
  EXPECT_TRUE(recorded("2026-03-02T07:00:00Z"));
  EXPECT_TRUE(recorded("2026-03-02T16:59:59Z"));
  EXPECT_FALSE(recorded("2026-03-02T17:00:00Z"));
  EXPECT_FALSE(recorded("2026-03-07T10:00:00Z")) << "a Saturday";
  EXPECT_FALSE(recorded("2026-03-30T05:59:59Z")) << "the Monday after daylight saving has begun";
  EXPECT_TRUE(recorded("2026-03-30T06:00:00Z"));
  EXPECT_FALSE(recorded("2026-03-30T16:00:00Z"));
  EXPECT_FALSE(recorded("2026-10-26T06:59:59Z")) << "the Monday after it has ended";
  EXPECT_TRUE(recorded("2026-10-26T07:00:00Z"));
}

TEST_F(RecordDeskTest, AScheduleThatIsUsedStaysAndOneThatIsGoneCountsAsInEffect) {
  const auto office = office_hours();
  EXPECT_EQ(set_plan("c1", RecordPlan::scheduled, "main", "s99").error().field, "schedule");
  EXPECT_EQ(set_plan("c1", RecordPlan::scheduled, "main", "").error().field, "schedule");
  ASSERT_TRUE(set_plan("c1", RecordPlan::scheduled, "main", office));
  EXPECT_THAT(schedules->remove(office).error().message,
              HasSubstr("the record plan of channel \"Recorder 1\""));
  EXPECT_EQ(settings_refuse({{"schedule", "s99"}}), "schedule");
  ASSERT_TRUE(settings->change("recording", {{"schedule", office}}));
  EXPECT_THAT(schedules->remove(office).error().message, HasSubstr("the settings \"recording\""));
  ASSERT_TRUE(registry->set_recording("c1", [](Channel& changed) -> FieldResult<void> {
    changed.schedule = "s98";  // as from the file of another server
    return {};
  }));
  EXPECT_EQ(recorded("c1").order.stream, "main");
}

TEST_F(RecordDeskTest, WhatIsToldOfAChannelIsRecordedUntilAWhileAfterTheLastOfIt) {
  ASSERT_TRUE(set_plan("c1", RecordPlan::event, "main", ""));
  std::vector<std::string> woken;
  desk->on_event([&](const std::string& id) { woken.push_back(id); });
  const auto recorded = [&] { return RecordDeskTest::recorded("c1").order.types != 0; };
  tell("motion.started", "c2");
  tell("channel.online", "c1");
  EXPECT_FALSE(recorded());
  tell("motion.started", "c1");
  EXPECT_TRUE(recorded());
  EXPECT_TRUE(desk->has_changed("c1"));
  order();
  EXPECT_FALSE(desk->has_changed("c1"));
  tell("input.started", "c1", "door");
  tell("motion.ended", "c1");
  now.advance(1h);
  EXPECT_TRUE(recorded()) << "the input is on";
  tell("input.ended", "c1", "door");
  EXPECT_THAT(woken, ElementsAre("c2", "c1", "c1", "c1", "c1"));
  now.advance(10s - 1ns);
  EXPECT_TRUE(recorded());
  now.advance(1ns);
  EXPECT_FALSE(recorded());
  ASSERT_TRUE(settings->change("recording", {{"after_event_seconds", 0}}));
  tell("tampering.started", "c1");
  EXPECT_TRUE(recorded());
  tell("tampering.ended", "c1");
  EXPECT_FALSE(recorded());
}

TEST_F(RecordDeskTest, ByThePlanEventWhatWasBeforeIsKeptInMemory) {
  ASSERT_TRUE(set_plan("c1", RecordPlan::event, "sub", ""));
  EXPECT_EQ(recorded("c1").order, (RecordOrder{"sub", 0, 5s}));
  EXPECT_THAT(recorded("c1").because, IsEmpty());
  order();
  EXPECT_THAT(desk->changed(), IsEmpty());
  tell("motion.started", "c1");
  EXPECT_EQ(recorded("c1").order, (RecordOrder{"sub", platform::motion_recording}));
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  order();
  tell("motion.ended", "c1");
  now.advance(11s);
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  ASSERT_TRUE(settings->change("recording", {{"before_event_seconds", 30}}));
  EXPECT_EQ(recorded("c1").order.ahead, 30s);
  EXPECT_EQ(settings_refuse({{"before_event_seconds", 31}}), "before_event_seconds");
  ASSERT_TRUE(settings->change("recording", {{"before_event_seconds", 0}}));
  EXPECT_EQ(recorded("c1").order, RecordOrder());
  ASSERT_TRUE(set_plan("c1", RecordPlan::continuous, "main", ""));
  EXPECT_EQ(recorded("c1").order.ahead, 0s);
}

TEST_F(RecordDeskTest, WhatIsRecordedIsOfTheTypesThatHoldWhateverThePlan) {
  using namespace platform;
  const auto types = [&] { return recorded("c1").order.types; };
  tell("motion.started", "c1");
  EXPECT_EQ(types(), 0U) << "nothing is recorded";
  ASSERT_TRUE(set_plan("c1", RecordPlan::continuous, "main", ""));
  EXPECT_EQ(types(), regular_recording | motion_recording);
  EXPECT_THAT(recorded("c1").because, ElementsAre("continuous")) << "the motion changes nothing of that";
  order();
  tell("input.started", "c1");
  EXPECT_TRUE(desk->has_changed("c1")) << "storage is told of another type";
  EXPECT_EQ(types(), regular_recording | motion_recording | input_recording);
  tell("motion.ended", "c1");
  now.advance(10s - 1ns);
  EXPECT_EQ(types(), regular_recording | motion_recording | input_recording);
  order();
  now.advance(1ns);
  EXPECT_EQ(types(), regular_recording | input_recording);
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  ASSERT_TRUE(set_plan("c1", RecordPlan::event, "main", ""));
  tell("tampering.started", "c1");
  EXPECT_EQ(types(), input_recording | tampering_recording);
  ASSERT_TRUE(desk->start_by_hand("c1"));
  EXPECT_EQ(types(), manual_recording | input_recording | tampering_recording);
  ASSERT_TRUE(set_plan("c1", RecordPlan::scheduled, "main", office_hours()));
  now.advance(at("2026-03-02T12:00:00Z") - now.now());
  EXPECT_EQ(types() & regular_recording, regular_recording);
  now.advance(at("2026-03-07T12:00:00Z") - now.now());
  EXPECT_EQ(types() & regular_recording, 0U) << "a Saturday";
}

TEST_F(RecordDeskTest, ARecordingByHandEndsByItselfAndIsKeptOverARestart) {
  for (const int wrong : {0, 1441})
    EXPECT_EQ(settings_refuse({{"by_hand_minutes", wrong}}), "by_hand_minutes");
  ASSERT_TRUE(settings->change("recording", {{"by_hand_minutes", 1}}));
  const auto started = desk->start_by_hand("c1");
  ASSERT_TRUE(started);
  EXPECT_EQ(started->by_hand_until, now.now() + 1min);
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  open();
  now.advance(1min - 1ns);
  EXPECT_THAT(recorded("c1").because, ElementsAre("by-hand"));
  order();
  now.advance(1ns);
  EXPECT_THAT(desk->changed(), ElementsAre("c1"));
  ASSERT_TRUE(desk->start_by_hand("c1"));
  ASSERT_TRUE(set_plan("c1", RecordPlan::continuous, "sub", ""));
  EXPECT_THAT(recorded("c1").because, ElementsAre("continuous", "by-hand"));
  ASSERT_TRUE(desk->stop_by_hand("c1"));
  EXPECT_THAT(recorded("c1").because, ElementsAre("continuous"));
  now.advance(2min);
  ASSERT_TRUE(set_plan("c1", RecordPlan::none, "main", ""));
  EXPECT_EQ(channel("c1").by_hand_until, base::UtcTime{}) << "it has passed";
  EXPECT_EQ(desk->start_by_hand("c9").error().error.kind, base::ErrorKind::not_found);
}

}  // namespace
}  // namespace watchrig::central
