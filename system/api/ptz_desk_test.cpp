#include "system/api/ptz_desk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/platform/in_process_bus.hpp"

namespace watchrig::api {
namespace {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using devices::PtzHead;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Notes what it is told, and fails as often as it is said to.
class NotedHead final : public PtzHead {
 public:
  std::vector<std::string> told;
  int failures = 0;
  ErrorKind failure = ErrorKind::timeout;

  Answer<devices::PtzAbilities> abilities() override { co_return devices::PtzAbilities{}; }
  Answer<devices::PtzStatus> status() override { co_return devices::PtzStatus{}; }
  Answer<> move(devices::PtzVector, base::Duration) override { return note("move"); }
  Answer<> stop() override { return note("stop"); }
  Answer<> go(devices::PtzVector, double) override { return note("go"); }
  Answer<> step(devices::PtzVector, double) override { return note("step"); }
  Answer<> centre(devices::PtzView) override { return note("centre"); }
  Answer<std::vector<devices::PtzPreset>> presets() override { co_return std::vector<devices::PtzPreset>{}; }
  Answer<std::string> set_preset(std::string token, std::string) override { co_return token; }
  Answer<> remove_preset(std::string) override { return note("remove preset"); }
  Answer<> go_to_preset(std::string, double) override { return note("go to preset"); }
  Answer<> go_home(double) override { return note("go home"); }
  Answer<> set_home() override { return note("set home"); }
  Answer<std::vector<devices::PtzTour>> tours() override { co_return std::vector<devices::PtzTour>{}; }
  Answer<std::string> set_tour(devices::PtzTour tour) override { co_return tour.token; }
  Answer<> remove_tour(std::string) override { return note("remove tour"); }
  Answer<> run_tour(std::string, bool) override { return note("run tour"); }
  Answer<> switch_auxiliary(std::string, bool) override { return note("auxiliary"); }

 private:
  Answer<> note(std::string what) {
    told.push_back(std::move(what));
    if (failures == 0) co_return Result<>{};
    --failures;
    co_return Error{failure, "no answer"};
  }
};

class PtzDeskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    notes.follow(bus);
    events = central::EventLog::open(folder / "events.db", clock).value();
    desk.emplace(
        clock,
        [this](const std::string&) -> Result<PtzPlace> {
          if (!place) return place.error();
          return PtzPlace{*place, "d1", [this] { return head; }};
        },
        *events, notes, io.get_executor());
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void wait(base::Duration time) {
    clock.advance(time);
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  Result<> result_of(PtzHead::Answer<> answer) {
    Result<> result = Error{ErrorKind::timeout, "it has not come"};
    asio::co_spawn(io, std::move(answer), [&](const std::exception_ptr&, Result<> value) { result = value; });
    settle();
    return result;
  }
  Result<> move() { return result_of(desk->move({"yard", "move", "r1"}, {1, 0, {}}, seconds(5))); }
  Result<> command(PtzDesk::Work<void> work, PtzMovement movement) {
    return result_of(desk->command<void>({"yard", "go", "r1"}, std::move(work), movement));
  }
  std::vector<std::string> told_of_failed_stops() {
    std::vector<std::string> told;
    for (const auto& event : events->since(0, 100)) {
      if (event.type == "ptz.stop-failed") told.push_back(event.channel);
    }
    return told;
  }

  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "ptz_desk";
  asio::io_context io{1};
  base::ManualClock clock{base::UtcTime(std::chrono::hours(1))};
  std::unique_ptr<central::EventLog> events;
  platform::MessageTrace trace;
  platform::InProcessBus bus{clock, trace};
  central::DeviceNotes notes;
  std::shared_ptr<NotedHead> head = std::make_shared<NotedHead>();
  Result<std::string> place = std::string("camera 1");
  std::optional<PtzDesk> desk;
  const std::vector<std::string> moved_and_stopped{"move", "stop"};
};

TEST_F(PtzDeskTest, AMovementEndsWithItsLife) {
  EXPECT_TRUE(move());
  wait(seconds(5) - milliseconds(1));
  EXPECT_EQ(head->told.size(), 1U);
  wait(milliseconds(1));
  EXPECT_EQ(head->told, moved_and_stopped);
  wait(seconds(60));
  EXPECT_EQ(head->told, moved_and_stopped);
}

TEST_F(PtzDeskTest, ARenewedMovementLivesLonger) {
  EXPECT_TRUE(move());
  wait(seconds(4));
  EXPECT_TRUE(move());
  wait(seconds(4));
  EXPECT_EQ(head->told, (std::vector<std::string>{"move", "move"}));
  wait(seconds(1));
  EXPECT_EQ(head->told, (std::vector<std::string>{"move", "move", "stop"}));
}

TEST_F(PtzDeskTest, AMovementWhoseAnswerIsLostIsEndedToo) {
  head->failures = 1;
  EXPECT_EQ(move().error().kind, ErrorKind::timeout);
  wait(seconds(5));
  EXPECT_EQ(head->told, moved_and_stopped);
}

TEST_F(PtzDeskTest, AStopIsGivenOnce) {
  EXPECT_TRUE(move());
  EXPECT_TRUE(result_of(desk->stop({"yard", "stop", "r1"})));
  wait(seconds(60));
  EXPECT_EQ(head->told, moved_and_stopped);
}

TEST_F(PtzDeskTest, AStopThatFailsIsTriedAgainAtOnce) {
  EXPECT_TRUE(move());
  head->failures = 1;
  EXPECT_EQ(result_of(desk->stop({"yard", "stop", "r1"})).error().kind, ErrorKind::timeout);
  EXPECT_EQ(head->told, (std::vector<std::string>{"move", "stop", "stop"}));
  wait(seconds(60));
  EXPECT_EQ(head->told.size(), 3U);
  EXPECT_TRUE(told_of_failed_stops().empty());
}

TEST_F(PtzDeskTest, AStopThatNeverSucceedsIsToldOf) {
  EXPECT_TRUE(move());
  head->failures = 100;
  EXPECT_FALSE(result_of(desk->stop({"yard", "stop", "r1"})));
  for (int i = 0; i < 60; ++i) wait(seconds(1));
  EXPECT_EQ(head->told, (std::vector<std::string>{"move", "stop", "stop", "stop", "stop"}));
  EXPECT_EQ(told_of_failed_stops(), std::vector<std::string>{"yard"});
}

TEST_F(PtzDeskTest, WhatDoesNotTurnTheHeadLeavesTheMovement) {
  EXPECT_TRUE(move());
  EXPECT_TRUE(command([](PtzHead& ptz) { return ptz.set_home(); }, PtzMovement::stays));
  wait(seconds(5));
  EXPECT_EQ(head->told, (std::vector<std::string>{"move", "set home", "stop"}));
}

TEST_F(PtzDeskTest, AnotherMovementTakesItsPlaceOnceTheHeadAgrees) {
  EXPECT_TRUE(move());
  head->failures = 1;
  EXPECT_FALSE(command([](PtzHead& ptz) { return ptz.go_home(1); }, PtzMovement::replaced));
  wait(seconds(5));
  EXPECT_EQ(head->told, (std::vector<std::string>{"move", "go home", "stop"}));
  EXPECT_TRUE(move());
  EXPECT_TRUE(command([](PtzHead& ptz) { return ptz.go_home(1); }, PtzMovement::replaced));
  wait(seconds(60));
  EXPECT_EQ(head->told, (std::vector<std::string>{"move", "go home", "stop", "move", "go home"}));
}

TEST_F(PtzDeskTest, AHeadThatIsReplacedIsToldToRest) {
  EXPECT_TRUE(move());
  const auto before = std::exchange(head, std::make_shared<NotedHead>());
  place = std::string("camera 2");
  EXPECT_TRUE(result_of(desk->stop({"yard", "stop", "r1"})));
  EXPECT_EQ(before->told, moved_and_stopped);
  EXPECT_EQ(head->told, std::vector<std::string>{"stop"});
}

TEST_F(PtzDeskTest, WhatTheHeadCannotDoLeavesTheMovement) {
  EXPECT_TRUE(move());
  head->failures = 1;
  head->failure = ErrorKind::unsupported;
  EXPECT_EQ(move().error().kind, ErrorKind::unsupported);
  wait(seconds(5));
  EXPECT_EQ(head->told, (std::vector<std::string>{"move", "move", "stop"}));
}

TEST_F(PtzDeskTest, AChannelWithoutAHeadIsRefused) {
  place = Error{ErrorKind::unsupported, "no head"};
  EXPECT_EQ(move().error().kind, ErrorKind::unsupported);
  EXPECT_EQ(result_of(desk->stop({"yard", "stop", "r1"})).error().kind, ErrorKind::unsupported);
  wait(seconds(60));
  EXPECT_TRUE(head->told.empty());
}

TEST_F(PtzDeskTest, TheTraceHasEachCommandWithWhatBecameOfIt) {
  const auto told = [this] {
    std::vector<std::string> lines;
    for (const auto& [message, outcome] : trace.find({.correlation = "r1"})) {
      const auto* command = message.body.if_contains("command");
      lines.push_back(message.name + " " + message.from + " " + message.to + " " +
                      (command ? std::string(command->as_string()) : outcome));
    }
    return lines;
  };
  EXPECT_TRUE(move());
  wait(seconds(5));
  EXPECT_EQ(told(),
            (std::vector<std::string>{"ptz_control central d1 move", "ptz_control_result d1 central sent",
                                      "ptz_control central d1 stop", "ptz_control_result d1 central sent"}));
  head->failures = 1;
  const PtzDesk::Work<void> work = [](PtzHead& one) { return one.go({}, 1); };
  EXPECT_FALSE(command(work, PtzMovement::replaced));
  EXPECT_EQ(told()[4], "ptz_control central d1 go");
  EXPECT_EQ(told()[5], "ptz_control_result d1 central failed: no answer");
}

}  // namespace
}  // namespace watchrig::api
