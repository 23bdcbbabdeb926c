#include "system/central/accounts/blast_watch.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;

class BlastWatchTest : public testing::Test {
 protected:
  /// How many of these attempts are said to be a blast.
  int attempt(const std::string& source, int times) {
    int told = 0;
    for (int i = 0; i < times; ++i) told += watch.attempted(source) ? 1 : 0;
    return told;
  }

  base::ManualClock clock{base::UtcTime(1h)};
  BlastWatch watch{clock, {5, 10s}};
};

TEST_F(BlastWatchTest, tells_once_at_the_threshold_within_the_period) {
  EXPECT_EQ(attempt("10.0.0.7", 4), 0);
  EXPECT_EQ(attempt("10.0.0.8", 4), 0) << "each source for itself";
  clock.advance(10s - 1ns);
  EXPECT_EQ(attempt("10.0.0.7", 1), 1);
  EXPECT_EQ(attempt("10.0.0.7", 100), 0);
}

TEST_F(BlastWatchTest, a_new_period_counts_from_nothing) {
  EXPECT_EQ(attempt("10.0.0.7", 4), 0);
  clock.advance(10s);
  EXPECT_EQ(attempt("10.0.0.7", 4), 0);
  EXPECT_EQ(attempt("10.0.0.7", 1), 1);
}

TEST_F(BlastWatchTest, a_blast_that_goes_on_is_one_and_a_later_one_another) {
  EXPECT_EQ(attempt("10.0.0.7", 50), 1);
  for (int i = 0; i < 5; ++i) {
    clock.advance(10s);
    EXPECT_EQ(attempt("10.0.0.7", 50), 0);
  }
  clock.advance(10s);
  EXPECT_EQ(attempt("10.0.0.7", 4), 0) << "quieter for a period";
  clock.advance(10s);
  EXPECT_EQ(attempt("10.0.0.7", 50), 1);
  clock.advance(1h);
  EXPECT_EQ(attempt("10.0.0.7", 50), 1);
}

TEST_F(BlastWatchTest, none_is_told_where_it_is_switched_off) {
  watch.set_rules({0, 10s});
  EXPECT_EQ(attempt("10.0.0.7", 100), 0);
  watch.set_rules({1, 10s});
  EXPECT_EQ(attempt("10.0.0.7", 1), 1);
}

TEST_F(BlastWatchTest, of_too_many_sources_the_one_silent_for_longest_is_forgotten) {
  EXPECT_EQ(attempt("first", 4), 0);
  clock.advance(1ns);
  EXPECT_EQ(attempt("second", 4), 0);
  clock.advance(1ns);
  for (std::size_t i = 2; i <= BlastWatch::most_sources; ++i) watch.attempted(fmt::format("s{}", i));
  EXPECT_EQ(attempt("second", 1), 1);
  EXPECT_EQ(attempt("first", 1), 0);
}

}  // namespace
}  // namespace watchrig::central
