#include "system/central/event_log.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

class EventLogTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("events" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(EventLogTest, EventsAreNumberedOverRestartsAndHeard) {
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
