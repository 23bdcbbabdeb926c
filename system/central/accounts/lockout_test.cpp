#include "system/central/accounts/lockout.hpp"

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;

class LockoutTest : public testing::Test {
 protected:
  void fail(const std::string& name, int times) {
    for (int i = 0; i < times; ++i) lockout.failed(name);
  }

  base::ManualClock clock{base::UtcTime(1h)};
  Lockout lockout{clock, {5, 30min}};
};

TEST_F(LockoutTest, locks_at_the_threshold_for_the_period) {
  fail("gate", 4);
  EXPECT_FALSE(lockout.locked_until("gate"));
  EXPECT_TRUE(lockout.failed("gate"));
  EXPECT_EQ(lockout.locked_until("gate"), clock.now() + 30min);
  EXPECT_FALSE(lockout.locked_until("yard")) << "only who failed";
  clock.advance(30min - 1ns);
  EXPECT_TRUE(lockout.locked_until("gate"));
  clock.advance(1ns);
  EXPECT_FALSE(lockout.locked_until("gate"));
}

TEST_F(LockoutTest, failing_while_locked_does_not_prolong_it) {
  fail("gate", 5);
  const auto until = lockout.locked_until("gate");
  clock.advance(10min);
  EXPECT_FALSE(lockout.failed("gate"));
  EXPECT_EQ(lockout.locked_until("gate"), until);
}

TEST_F(LockoutTest, starts_anew_after_the_lock_a_success_or_a_quiet_period) {
  fail("gate", 5);
  clock.advance(30min);
  fail("gate", 4);
  EXPECT_FALSE(lockout.locked_until("gate"));
  lockout.succeeded("gate");
  fail("gate", 4);
  EXPECT_FALSE(lockout.locked_until("gate"));
  clock.advance(30min);
  fail("gate", 4);
  EXPECT_FALSE(lockout.locked_until("gate"));
  EXPECT_TRUE(lockout.failed("gate"));
}

TEST_F(LockoutTest, right_password_while_locked_unlocks_nothing) {
  fail("gate", 5);
  lockout.succeeded("gate");
  EXPECT_TRUE(lockout.locked_until("gate"));
}

TEST_F(LockoutTest, locked_names_are_listed_and_unlocked_singly) {
  fail("gate", 5);
  fail("yard", 5);
  fail("hall", 4);
  ASSERT_EQ(lockout.locked().size(), 2U);
  EXPECT_EQ(lockout.locked()[0].name, "gate");
  EXPECT_TRUE(lockout.unlock("gate"));
  EXPECT_FALSE(lockout.unlock("gate"));
  EXPECT_FALSE(lockout.unlock("hall"));
  EXPECT_FALSE(lockout.locked_until("gate"));
  EXPECT_TRUE(lockout.locked_until("yard"));
  fail("gate", 4);
  EXPECT_FALSE(lockout.locked_until("gate"));
}

TEST_F(LockoutTest, never_locks_when_it_is_switched_off) {
  Lockout off(clock, {0, 30min});
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(off.failed("gate"));
  EXPECT_FALSE(off.locked_until("gate"));
}

TEST_F(LockoutTest, many_names_cost_bounded_memory_and_free_no_locked_one) {
  fail("gate", 5);
  for (std::size_t i = 0; i < Lockout::most_names + 100; ++i) {
    clock.advance(1us);
    lockout.failed(fmt::format("guess{}", i));
  }
  EXPECT_TRUE(lockout.locked_until("gate"));
  fail("guess0", 4);
  EXPECT_FALSE(lockout.locked_until("guess0")) << "the oldest was forgotten";
}

TEST_F(LockoutTest, locks_are_over_with_their_time_and_not_with_the_server) {
  const std::filesystem::path file = testing::TempDir() + "lockout_test.db";
  std::filesystem::remove(file);
  const auto of = [&](const char* kind) {
    auto made = std::make_unique<Lockout>(clock, Lockout::Rules{5, 30min});
    made->remember_in(file, kind);
    return made;
  };
  {
    const auto accounts = of("account"), sources = of("source");
    accounts->lock("bob", 24h);
    accounts->lock("eve", 1h);
    accounts->unlock("eve");
    for (int i = 0; i < 5; ++i) accounts->failed("ann");
    sources->lock("192.0.2.1", 1h);
  }
  clock.advance(29min);
  EXPECT_EQ(of("account")->locked().size(), 2U);
  EXPECT_EQ(of("account")->locked_until("bob"), base::UtcTime(25h));
  EXPECT_TRUE(of("account")->locked_until("ann"));
  EXPECT_FALSE(of("account")->locked_until("192.0.2.1"));
  EXPECT_TRUE(of("source")->locked_until("192.0.2.1"));
  clock.advance(1min);
  EXPECT_FALSE(of("account")->locked_until("ann"));
  clock.advance(24h);
  EXPECT_FALSE(of("account")->locked_until("bob"));
  std::ofstream(file) << std::string(5000, 'x');
  EXPECT_TRUE(of("account")->locked().empty()) << "a broken file is begun anew";
  of("account")->lock("bob", 1h);
  EXPECT_TRUE(of("account")->locked_until("bob"));
}

}  // namespace
}  // namespace watchrig::central
