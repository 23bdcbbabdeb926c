#include "system/protocols/onvif/used_tokens.hpp"

#include <gtest/gtest.h>

namespace watchrig::protocols {
namespace {

using namespace std::chrono_literals;

constexpr base::UtcTime begin{1000s};

TEST(UsedTokens, each_is_taken_once_until_it_is_over) {
  UsedTokens used(10);
  EXPECT_TRUE(used.use("a", begin + 5min, begin));
  EXPECT_FALSE(used.use("a", begin + 5min, begin));
  EXPECT_TRUE(used.use("b", begin + 5min, begin));
  EXPECT_TRUE(used.use("a", begin + 6min, begin)) << "made at another time, it is another token";
  EXPECT_FALSE(used.use("a", begin + 5min, begin + 5min));
}

TEST(UsedTokens, what_had_to_be_forgotten_is_not_taken_again) {
  UsedTokens used(2);
  for (const int minute : {1, 2, 3}) EXPECT_TRUE(used.use("t", begin + std::chrono::minutes(minute), begin));
  EXPECT_FALSE(used.use("t", begin + 1min, begin));
  EXPECT_FALSE(used.use("other", begin + 1min, begin)) << "nobody knows whether it was used";
  EXPECT_FALSE(used.use("t", begin + 2min, begin));
  EXPECT_TRUE(used.use("other", begin + 3min, begin));
}

TEST(UsedTokens, one_account_does_not_use_up_the_room_of_another) {
  UsedTokensOfAccounts used(2);
  EXPECT_TRUE(used.use("eye", "a", begin + 5min, begin));
  for (const int minute : {6, 7, 8, 9}) {
    EXPECT_TRUE(used.use("guard", "t", begin + std::chrono::minutes(minute), begin));
  }
  EXPECT_FALSE(used.use("guard", "u", begin + 5min, begin)) << "its own room is used up";
  EXPECT_TRUE(used.use("eye", "u", begin + 5min, begin));
  EXPECT_FALSE(used.use("eye", "a", begin + 5min, begin));
}

}  // namespace
}  // namespace watchrig::protocols
