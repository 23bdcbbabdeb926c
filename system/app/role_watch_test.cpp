#include "system/app/role_watch.hpp"

#include <filesystem>
#include <future>

#include <gtest/gtest.h>

#include "system/platform/in_process_bus.hpp"

namespace watchrig::app {
namespace {

using namespace std::chrono_literals;

TEST(RoleWatchTest, TellsOnceWhenARoleFallsSilentAndWhenItAnswersAgain) {
  const std::filesystem::path file = testing::TempDir() + "role_watch_test.db";
  std::filesystem::remove(file);
  base::ManualClock clock{base::UtcTime(1h)};
  platform::MessageTrace trace;
  std::promise<void> go;
  const auto may_go = go.get_future().share();
  std::atomic<bool> hangs = false;
  const auto events = central::EventLog::open(file, clock);
  ASSERT_TRUE(events) << events.error().message;
  platform::InProcessBus bus(clock, trace);
  const auto answer = [](const platform::Message&) -> base::Result<boost::json::object> {
    return boost::json::object();
  };
  ASSERT_TRUE(bus.serve(platform::central_role, answer));
  ASSERT_TRUE(
      bus.serve(platform::storage_role, [&](const platform::Message&) -> base::Result<boost::json::object> {
        if (hangs) may_go.wait();
        return boost::json::object();
      }));
  RoleWatch patient(bus, **events);
  patient.ask_all();
  EXPECT_EQ((*events)->last(), 0);

  hangs = true;
  RoleWatch watch(bus, **events, 20ms);
  watch.ask_all();
  watch.ask_all();
  ASSERT_EQ((*events)->last(), 1) << "told once";
  EXPECT_EQ((*events)->since(0, 10)[0].type, "system.role-silent");
  EXPECT_EQ((*events)->since(0, 10)[0].cause, "timeout");
  EXPECT_EQ((*events)->since(0, 10)[0].severity(), central::Severity::error);

  hangs = false;
  go.set_value();
  patient.ask_all();  // until storage has answered what it was asked before
  watch.ask_all();
  ASSERT_EQ((*events)->last(), 2);
  EXPECT_EQ((*events)->since(1, 10)[0].type, "system.role-answers");
  EXPECT_EQ((*events)->since(1, 10)[0].log(), central::LogKind::system);
}

}  // namespace
}  // namespace watchrig::app
