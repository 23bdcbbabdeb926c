#include "system/base/timer.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/base/spawn.hpp"

namespace watchrig::base {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> wait(Timer& timer, Duration duration, std::optional<bool>& reached) {
  reached = co_await timer.wait_for(duration);
}

class TimerTest : public testing::Test {
 protected:
  void run() {
    context_.restart();
    context_.poll();
  }
  ManualClock clock_{UtcTime(1000s)};
  asio::io_context context_;
  Timer timer_{context_.get_executor(), clock_};
  std::optional<bool> reached_;
};

TEST_F(TimerTest, WakesWhenTheTimeHasComeAndNotBefore) {
  spawn(context_.get_executor(), wait(timer_, 10s, reached_), "test");
  run();
  clock_.advance(9s);
  run();
  EXPECT_FALSE(reached_);
  clock_.advance(1s);
  run();
  EXPECT_EQ(reached_, true);
}

TEST_F(TimerTest, CancelEndsTheWaitUnreached) {
  spawn(context_.get_executor(), wait(timer_, 10s, reached_), "test");
  run();
  timer_.cancel();
  run();
  EXPECT_EQ(reached_, false);
}

TEST_F(TimerTest, ATimeThatHasPassedDoesNotWait) {
  spawn(context_.get_executor(), wait(timer_, -1s, reached_), "test");
  run();
  EXPECT_EQ(reached_, true);
}

TEST_F(TimerTest, DestroyingTheTimerEndsTheWait) {
  auto timer = std::make_unique<Timer>(context_.get_executor(), clock_);
  spawn(context_.get_executor(), wait(*timer, 10s, reached_), "test");
  run();
  timer.reset();
  run();
  EXPECT_EQ(reached_, false);
}

TEST(ScaledTimer, AnHourPassesInMilliseconds) {
  const Clock clock(Clock::Settings{UtcTime(0s), UtcTime(0s), 100000});
  asio::io_context context;
  Timer timer(context.get_executor(), clock);
  std::optional<bool> reached;
  const auto begin = clock.now();
  spawn(context.get_executor(), wait(timer, 1h, reached), "test");
  context.run();
  EXPECT_EQ(reached, true);
  EXPECT_GE(clock.now() - begin, 1h);
}

TEST(Watchdog, ExpiresUnlessDestroyed) {
  asio::io_context context;
  int expired = 0;
  {
    const Watchdog saved(context.get_executor(), 1ms, [&] { ++expired; });
  }
  const Watchdog bites(context.get_executor(), 1ms, [&] { expired += 10; });
  context.run();
  EXPECT_EQ(expired, 10);
  EXPECT_TRUE(bites.expired());
}

TEST(Spawn, AnExceptionIsCountedAndTheRestGoesOn) {
  struct Failing {
    static asio::awaitable<void> run() {
      throw std::runtime_error("broken on purpose");
      co_return;
    }
  };
  asio::io_context context;
  const auto before = failed_coroutines();
  spawn(context.get_executor(), Failing::run(), "failing");
  context.run();
  EXPECT_EQ(failed_coroutines(), before + 1);
}

}  // namespace
}  // namespace watchrig::base
