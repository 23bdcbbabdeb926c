#include "system/central/event_log.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;

class EventLogTest : public FolderTest {
 protected:
  void SetUp() override { open(); }
  void open() {
    log.reset();
    log = EventLog::open(folder / "events.db", clock).value();
  }
  void happen(std::string type, std::string message, std::string account = {}, std::string source = {}) {
    Event event;
    event.type = std::move(type);
    event.message = std::move(message);
    event.account = std::move(account);
    event.source = std::move(source);
    log->append(std::move(event));
    clock.advance(1min);
  }
  EventLog::Query all(LogKind kind) const {
    EventLog::Query query;
    query.log = kind;
    query.to = clock.now();
    return query;
  }
  /// The first word of each message, in the order found.
  std::string found(const EventLog::Query& query) const {
    std::string words;
    for (const auto& event : log->search(query).value().events) words += event.message.substr(0, 1);
    return words;
  }

  base::ManualClock clock{base::UtcTime(1h)};
  std::unique_ptr<EventLog> log;
};

TEST_F(EventLogTest, EventsAreNumberedOverRestartsAndHeard) {
  std::vector<std::int64_t> heard;
  const auto handle = log->listen([&](const Event& event) { heard.push_back(event.sequence); });
  log->append({0, {}, "channel.online", "c1", "Gate", {}, "one", {{"lost", 3}}});
  log->append({0, {}, "channel.offline", "c1", "Gate", "cut", "two", {}});
  open();
  happen("system.started", "three");
  EXPECT_EQ(heard, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(log->last(), 3);
  const auto events = log->since(0, 2);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].data.at("lost").as_int64(), 3);
  EXPECT_EQ(events[1].cause, "cut");
  EXPECT_EQ(log->since(2, 10).front().message, "three");
}

TEST_F(EventLogTest, WhatIsShownIsTheSameFromMemoryAndFromTheDatabase) {
  const auto count = static_cast<std::int64_t>(EventLog::recent) + 3;
  for (std::int64_t n = 1; n <= count; ++n) happen("system.started", std::to_string(n));
  for (const std::int64_t after :
       {std::int64_t{0}, std::int64_t{2}, std::int64_t{3}, std::int64_t{4}, count - 1}) {
    const auto shown = log->shown_since(after, 2);
    ASSERT_FALSE(shown.empty()) << after;
    EXPECT_EQ(shown.size(), std::min<std::size_t>(2, static_cast<std::size_t>(count - after))) << after;
    EXPECT_EQ(shown.front()->event.sequence, after + 1);
    EXPECT_EQ(shown.front()->event.message, std::to_string(after + 1));
    EXPECT_NE(shown.front()->json.find("\"seq\":" + std::to_string(after + 1) + ","), std::string::npos);
  }
  EXPECT_TRUE(log->shown_since(count, 2).empty());
  ASSERT_TRUE(log->clear(LogKind::system, std::nullopt, count));
  EXPECT_TRUE(log->shown_since(count - 1, 2).empty()) << "what is cleared is not shown from memory either";
  happen("system.started", "later");
  EXPECT_EQ(log->shown_since(count - 1, 2).front()->event.message, "later");
}

TEST_F(EventLogTest, WhatIsRefusedAgainAndAgainPushesOutNothingElse) {
  happen("operation.done", "by somebody", "ann");
  log.reset();
  sqlite3* rows = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "events.db").c_str(), &rows), SQLITE_OK);
  const auto filled = sqlite3_exec(
      rows,
      "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 101998) INSERT INTO event "
      "SELECT i, 0, 'operation.refused', '', '', '', '', '{}', 'eve', '', 'denied', 'operation', 'warning', "
      "'' "
      "FROM n",
      nullptr, nullptr, nullptr);
  sqlite3_close(rows);
  ASSERT_EQ(filled, SQLITE_OK);
  open();
  happen("operation.refused", "before", "eve");
  happen("operation.refused", "the one that cleans up", "eve");
  const auto first = log->since(0, 2);
  EXPECT_EQ(first[0].message, "by somebody");
  EXPECT_EQ(first[1].sequence, 102'000 - EventLog::keep_refused + 1);
}

TEST_F(EventLogTest, EachEntryIsInOneLog) {
  happen("system.started", "a");
  happen("storage.damaged", "b");
  happen("settings.changed", "c", "ann", "10.0.0.7");
  happen("account.signed-in", "d", "ann", "10.0.0.7");
  happen("channel.offline", "e");
  happen("recording.failed", "f");
  happen("device.removed", "g", "bob", "10.0.0.8");
  EXPECT_EQ(found(all(LogKind::system)), "ba");
  EXPECT_EQ(found(all(LogKind::operation)), "gc");
  EXPECT_EQ(found(all(LogKind::link)), "ed");
  EXPECT_EQ(found(all(LogKind::event)), "f");
}

TEST_F(EventLogTest, EachOfSomeTypesIsToldWhileOthersSearchAndAppend) {
  happen("channel.offline", "a");
  happen("settings.changed", "b", "ann");
  happen("channel.online", "c");
  std::string told;
  const auto read = log->each_of({"channel.online", "channel.offline"}, [&](const Event& event) {
    told += event.message;
    EXPECT_EQ(found(all(LogKind::operation)), "b");
    happen("channel.online", "d");
  });
  EXPECT_TRUE(read);
  EXPECT_EQ(told, "ac") << "as it was when it began";
}

TEST_F(EventLogTest, ConditionsAreMetTogether) {
  happen("settings.changed", "a mail", "ann", "10.0.0.7");
  happen("settings.changed", "b Mail", "bob", "10.0.0.7");
  happen("device.removed", "c", "ann", "10.0.0.8");
  happen("operation.refused", "d 100% _mail_", "ann", "10.0.0.7");
  auto query = all(LogKind::operation);
  query.account = "ann";
  EXPECT_EQ(found(query), "dca");
  query.source = "10.0.0.7";
  EXPECT_EQ(found(query), "da");
  query.text = "MAIL";
  EXPECT_EQ(found(query), "da");
  query.text = "%";
  EXPECT_EQ(found(query), "d");
  query.text = "' OR 1=1 --";
  EXPECT_EQ(found(query), "");
  query = all(LogKind::operation);
  query.type = "settings";
  EXPECT_EQ(found(query), "ba");
  query.type = "setting";
  EXPECT_EQ(found(query), "");
  query.type.clear();
  query.severity = Severity::warning;
  EXPECT_EQ(found(query), "d");
}

TEST_F(EventLogTest, APeriodHoldsItsBeginAndNotItsEnd) {
  const auto begin = clock.now();
  for (const char* name : {"a", "b", "c"}) happen("system.started", name);
  auto query = all(LogKind::system);
  query.from = begin + 1min;
  query.to = begin + 2min;
  EXPECT_EQ(found(query), "b");
}

TEST_F(EventLogTest, EveryColumnSortsBothWays) {
  happen("settings.changed", "b", "ann", "10.0.0.9");
  happen("device.removed", "a", "cid", "10.0.0.8");
  happen("operation.refused", "c", "bob", "10.0.0.7");
  const std::vector<std::pair<std::string, std::string>> expected{
      {"time", "bac"},   {"type", "acb"},   {"severity", "bac"}, {"account", "bca"},
      {"source", "cab"}, {"result", "bac"}, {"channel", "bac"},  {"message", "abc"}};
  ASSERT_EQ(expected.size(), EventLog::sort_columns().size());
  for (const auto& [column, order] : expected) {
    auto query = all(LogKind::operation);
    query.sort = column;
    query.descending = false;
    EXPECT_EQ(found(query), order) << column;
    query.descending = true;
    EXPECT_EQ(found(query), std::string(order.rbegin(), order.rend())) << column;
  }
  auto query = all(LogKind::operation);
  query.sort = "sequence; DROP TABLE event";
  EXPECT_EQ(log->search(query).error().kind, base::ErrorKind::invalid);
}

TEST_F(EventLogTest, PagesAndTheirTotal) {
  for (const char* name : {"a", "b", "c", "d", "e"}) happen("system.started", name);
  auto query = all(LogKind::system);
  query.limit = 2;
  EXPECT_EQ(found(query), "ed");
  query.offset = 4;
  EXPECT_EQ(found(query), "a");
  EXPECT_EQ(log->search(query)->total, 5);
}

TEST_F(EventLogTest, ClearingTakesWhatIsMeantAndNoNumberTwice) {
  happen("storage.damaged", "a");
  happen("system.started", "b");
  happen("storage.index-rebuilt", "c");
  happen("settings.changed", "d", "ann");
  EXPECT_EQ(log->clear(LogKind::system, Severity::error, std::nullopt).value(), 1);
  EXPECT_EQ(found(all(LogKind::system)), "cb");
  EXPECT_EQ(log->clear(LogKind::system, std::nullopt, 4).value(), 0) << "4 is in the operation log";
  EXPECT_EQ(log->clear(LogKind::system, std::nullopt, 3).value(), 1);
  EXPECT_EQ(log->clear(LogKind::system, std::nullopt, std::nullopt).value(), 1);
  EXPECT_EQ(found(all(LogKind::operation)), "d");
  EXPECT_EQ(log->clear(LogKind::operation, std::nullopt, std::nullopt).value(), 1);
  open();
  happen("system.started", "e");
  EXPECT_EQ(log->last(), 5);
}

TEST_F(EventLogTest, WhoAndFromWhereStayOverARestart) {
  happen("settings.changed", "a", "ann", "10.0.0.7");
  open();
  const auto events = log->since(0, 10);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].account, "ann");
  EXPECT_EQ(events[0].source, "10.0.0.7");
  EXPECT_EQ(events[0].result, "ok");
}

}  // namespace
}  // namespace watchrig::central
