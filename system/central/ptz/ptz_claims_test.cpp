#include "system/central/ptz/ptz_claims.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct PtzClaimsTest : ::testing::Test {
  base::ManualClock clock{base::parse_utc("2026-01-31T12:00:00Z").value()};
  PtzClaims claims{clock};
  PtzOperator ann{"ann", "s1", 1}, bob{"bob", "s2", 1}, chief{"chief", "s3", 2};
};

TEST_F(PtzClaimsTest, OneAtATimeUntilNothingHasComeForAWhile) {
  EXPECT_TRUE(claims.take("c1", ann, 10s)->begun);
  EXPECT_FALSE(claims.take("c1", ann, 10s)->begun);
  const auto refused = claims.take("c1", bob, 10s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("\"ann\" steers this camera, until 2026-01-31T12:00:10Z"));
  EXPECT_TRUE(claims.take("c2", bob, 10s));
  clock.advance(9s);
  EXPECT_FALSE(claims.take("c1", bob, 10s));
  EXPECT_EQ(claims.holder("c1")->who.account, "ann");
  clock.advance(1s);
  EXPECT_FALSE(claims.holder("c1"));
  EXPECT_TRUE(claims.take("c1", bob, 10s)->begun);
}

TEST_F(PtzClaimsTest, AHigherRankTakesOverAndNobodyElse) {
  ASSERT_TRUE(claims.take("c1", ann, 10s));
  const auto taken = claims.take("c1", chief, 10s);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->from->account, "ann");
  EXPECT_FALSE(claims.take("c1", ann, 10s));
  auto elsewhere = chief;
  elsewhere.session = "s4";
  EXPECT_FALSE(claims.take("c1", elsewhere, 10s)->begun);
}

TEST_F(PtzClaimsTest, WhoHasItMayLetItGo) {
  ASSERT_TRUE(claims.take("c1", ann, 10s));
  EXPECT_FALSE(claims.release("c1", "bob"));
  EXPECT_TRUE(claims.release("c1", "ann"));
  EXPECT_TRUE(claims.take("c1", bob, 10s)->begun);
}

}  // namespace
}  // namespace watchrig::central
