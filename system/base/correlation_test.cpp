#include "system/base/correlation.hpp"

#include <set>

#include <gtest/gtest.h>

namespace watchrig::base {
namespace {

TEST(Correlation, IsThatOfTheInnermostScope) {
  EXPECT_EQ(correlation(), "");
  {
    const CorrelationScope outer("a");
    {
      const CorrelationScope inner("b");
      EXPECT_EQ(correlation(), "b");
    }
    EXPECT_EQ(correlation(), "a");
  }
  EXPECT_EQ(correlation(), "");
}

TEST(Correlation, NewOnesDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(new_correlation()).second);
  EXPECT_TRUE(is_correlation(*seen.begin()));
}

TEST(Correlation, NothingElseIsTakenOver) {
  EXPECT_TRUE(is_correlation(std::string(64, 'x')));
  for (const auto& wrong :
       {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a\r\nX: y")})
    EXPECT_FALSE(is_correlation(wrong)) << wrong;
}

}  // namespace
}  // namespace watchrig::base
