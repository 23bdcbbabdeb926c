#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "system/central/event_log.hpp"

namespace watchrig::central {
namespace {

namespace fs = std::filesystem;

/// events.db as programs have made it that people still have: these never change.
const std::vector<std::string_view> released{
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, type TEXT NOT NULL,"
    " channel TEXT NOT NULL, channel_name TEXT NOT NULL, cause TEXT NOT NULL, message TEXT NOT NULL,"
    " data TEXT NOT NULL)",
    "ALTER TABLE event ADD COLUMN account TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE event ADD COLUMN source TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE event ADD COLUMN result TEXT NOT NULL DEFAULT 'ok';"
    "ALTER TABLE event ADD COLUMN log TEXT NOT NULL DEFAULT 'event';"
    "ALTER TABLE event ADD COLUMN severity TEXT NOT NULL DEFAULT 'notification';"
    "CREATE TABLE given(last INTEGER NOT NULL);"
    "INSERT INTO given VALUES(0);"
    "CREATE INDEX event_by_log ON event(log, time_ns)",
    "CREATE INDEX event_by_number ON event(log, sequence)",
    "CREATE INDEX refused_event ON event(sequence) WHERE type IN ('operation.refused', 'account.refused')"};

/// What each of them could keep, beside what those before it could.
const std::vector<std::string_view> rows{
    "INSERT INTO event(sequence, time_ns, type, channel, channel_name, cause, message, data) VALUES"
    "(41, 1000, 'channel.offline', 'c1', 'Gate', 'cut', 'one', '{\"lost\":3}'),"
    "(42, 2000, 'recording.gap', 'c2', 'Yard', '', 'two', '{}')",
    "INSERT INTO event VALUES(43, 3000, 'device.changed', '', '', '', 'three', '{}', 'ann', '192.0.2.7', "
    "'denied', 'operation', 'warning');"
    "UPDATE given SET last=50",
    "", ""};

class EventVersionsTest : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    const std::vector steps(released.begin(), released.begin() + static_cast<std::ptrdiff_t>(GetParam()));
    auto old = platform::SqliteDatabase::open(folder_ / "events.db", steps).value();
    for (std::size_t i = 0; i < GetParam(); ++i) ASSERT_TRUE(old.execute(rows[i]));
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::unique_ptr<EventLog> open() { return EventLog::open(folder_ / "events.db", clock_).value(); }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("event_versions" + std::to_string(::getpid()));
  base::ManualClock clock_{base::UtcTime(std::chrono::hours(1))};
};

TEST_P(EventVersionsTest, old_entries_are_whole) {
  for (const char* start : {"first", "second"}) {
    const auto log = open();
    const auto events = log->since(0, 10);
    ASSERT_EQ(events.size(), std::min<std::size_t>(GetParam(), 2) + 1) << start;
    EXPECT_EQ(events[0].sequence, 41);
    EXPECT_EQ(events[0].time, base::UtcTime(base::Duration(1000)));
    EXPECT_EQ(events[0].type, "channel.offline");
    EXPECT_EQ(events[0].channel, "c1");
    EXPECT_EQ(events[0].channel_name, "Gate");
    EXPECT_EQ(events[0].cause, "cut");
    EXPECT_EQ(events[0].message, "one");
    EXPECT_EQ(events[0].data.at("lost"), 3);
    EXPECT_EQ(events[0].account, "");
    EXPECT_EQ(events[0].result, "ok");
    EXPECT_EQ(events[1].message, "two");
    EventLog::Query query;
    query.to = clock_.now();
    query.log = LogKind::operation;
    const auto operations = log->search(query).value();
    EXPECT_EQ(operations.total, GetParam() < 2 ? 0 : 1);
    if (GetParam() >= 2) {
      EXPECT_EQ(operations.events[0].account, "ann");
      EXPECT_EQ(operations.events[0].source, "192.0.2.7");
      EXPECT_EQ(operations.events[0].result, "denied");
      query.severity = Severity::warning;
      EXPECT_EQ(log->search(query)->total, 1);
    }
  }
}

TEST_P(EventVersionsTest, numbers_go_on_where_they_were) {
  const std::int64_t given = GetParam() < 2 ? 42 : 50;
  auto log = open();
  EXPECT_EQ(log->last(), given);
  Event event;
  event.type = "system.started";
  log->append(event);
  log = open();
  EXPECT_EQ(log->last(), given + 1);
  EXPECT_EQ(log->since(given, 10).front().type, "system.started");
}

INSTANTIATE_TEST_SUITE_P(Of, EventVersionsTest, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace watchrig::central
