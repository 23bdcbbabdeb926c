#include <algorithm>
#include <fstream>
#include <regex>

#include <gtest/gtest.h>

#include "system/central/event_log.hpp"
#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;

Event of_type(std::string type, std::string account = {}) {
  Event event;
  event.type = std::move(type);
  event.account = std::move(account);
  return event;
}

/// The types in the table of EVENTS.md: `area.added`, `.changed` names two, `storage.…` any of that word.
std::vector<std::string> types_of_the_table() {
  std::ifstream file("system/central/EVENTS.md");
  const std::regex name("`([a-z0-9]*)\\.([a-z-]+|…)`");
  std::vector<std::string> types;
  std::string line;
  std::string word;
  while (std::getline(file, line)) {
    if (!line.starts_with("| `")) continue;
    const auto first_column = line.substr(0, line.find('|', 1));
    for (std::sregex_iterator it(first_column.begin(), first_column.end(), name), end; it != end; ++it) {
      if (it->length(1) > 0) word = it->str(1);
      types.push_back(word + '.' + (it->str(2) == "…" ? "some-other" : it->str(2)));
    }
  }
  return types;
}

constexpr LogKind logs[] = {LogKind::system, LogKind::operation, LogKind::event, LogKind::link};

TEST(EventClasses, EachTypeOfTheTableIsInAClassOfItsLog) {
  const auto types = types_of_the_table();
  ASSERT_GT(types.size(), 100U) << "the table was not understood";
  ASSERT_NE(std::ranges::find(types, "layout.removed"), types.end());
  for (const auto& type : types) {
    for (const char* account : {"", "ann"}) {
      const auto event = of_type(type, account);
      const auto classes = log_classes(event.log());
      EXPECT_NE(std::ranges::find(classes, event.log_class()), classes.end())
          << type << " is in no class of the " << to_string(event.log()) << " log: see event_classes.cpp";
    }
  }
}

TEST(EventClasses, TheSameTypeIsOfAnotherClassWhenSomebodyDidIt) {
  EXPECT_EQ(of_type("system.started").log_class(), "running-status");
  EXPECT_EQ(of_type("system.scheduled-restart").log_class(), "scheduled-task");
  EXPECT_EQ(of_type("storage.full").log_class(), "file-management");
  EXPECT_EQ(of_type("time.changed").log_class(), "running-status");
  EXPECT_EQ(of_type("time.changed", "ann").log_class(), "configuration");
  EXPECT_EQ(of_type("system.restart", "ann").log_class(), "operation");
  EXPECT_EQ(of_type("session.blast").log_class(), "session-blast");
  EXPECT_EQ(of_type("something.new").log_class(), "");
  EXPECT_EQ(of_type("something.new", "ann").log_class(), "operation");
}

class EventClassesInTheLog : public FolderTest {};

TEST_F(EventClassesInTheLog, ASearchFindsOfEachClassWhatItsEntriesSayThatTheyAre) {
  base::ManualClock clock{base::UtcTime(1h)};
  const auto log = EventLog::open(folder / "events.db", clock).value();
  auto types = types_of_the_table();
  types.emplace_back("something.new");
  for (const auto& type : types) {
    log->append(of_type(type));
    log->append(of_type(type, "ann"));
  }
  clock.advance(1min);
  for (const auto kind : logs) {
    EventLog::Query query;
    query.log = kind;
    query.to = clock.now();
    query.limit = 1000;
    std::map<std::string, std::int64_t, std::less<>> expected;
    const auto all = log->search(query).value();
    for (const auto& event : all.events) ++expected[std::string(event.log_class())];
    for (const auto name : log_classes(kind)) {
      query.log_class = name;
      const auto found = log->search(query).value();
      EXPECT_EQ(found.total, expected[query.log_class]) << to_string(kind) << ' ' << name;
      for (const auto& event : found.events) EXPECT_EQ(event.log_class(), name) << event.type;
      EXPECT_EQ(log->clear(kind, std::nullopt, std::nullopt, name).value(), expected[query.log_class]);
      EXPECT_EQ(log->search(query)->total, 0);
    }
    query.log_class.clear();
    EXPECT_EQ(log->search(query)->total, expected[""]) << "only what is in no class is left";
    query.log_class = "' OR 1 OR '";
    EXPECT_EQ(log->search(query)->total, 0) << "a class that there is not";
  }
}

}  // namespace
}  // namespace watchrig::central
