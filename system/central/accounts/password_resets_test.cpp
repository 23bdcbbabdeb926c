#include "system/central/accounts/password_resets.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

struct PasswordResetsTest : testing::Test {
  std::string begin(const std::string& account = "admin", const std::string& source = "192.0.2.1") {
    return resets.begin(account, source).value().token;
  }
  static std::string other(std::string code) {
    code.back() = code.back() == '0' ? '1' : '0';
    return code;
  }

  base::ManualClock clock{base::UtcTime(std::chrono::hours(500'000))};
  PasswordResets resets{clock};
};

TEST_F(PasswordResetsTest, a_code_has_eight_digits_and_is_redeemed_once) {
  const auto token = begin("guard");
  const auto code = resets.make_code(token, "guard@example.org").value();
  EXPECT_EQ(code.size(), 8U);
  EXPECT_EQ(code.find_first_not_of("0123456789"), std::string::npos);
  const auto redeemed = resets.redeem(token, code);
  ASSERT_TRUE(redeemed);
  EXPECT_EQ(redeemed->account, "guard");
  EXPECT_EQ(redeemed->email, "guard@example.org");
  EXPECT_EQ(resets.redeem(token, code).error().kind, ErrorKind::not_found);
}

TEST_F(PasswordResetsTest, a_request_has_two_codes_and_the_first_is_void_then) {
  const auto token = begin();
  const auto first = resets.make_code(token).value();
  auto second = resets.make_code(token).value();
  EXPECT_EQ(resets.make_code(token).error().kind, ErrorKind::full);
  if (first != second) {
    EXPECT_FALSE(resets.redeem(token, first));
  }
  EXPECT_TRUE(resets.redeem(token, second));
}

TEST_F(PasswordResetsTest, a_code_is_valid_for_24_hours_from_its_making) {
  const auto token = begin();
  clock.advance(23h);
  const auto code = resets.make_code(token).value();
  clock.advance(24h - 1ns);
  EXPECT_EQ(resets.redeem(token, other(code)).error().kind, ErrorKind::denied);
  EXPECT_TRUE(resets.redeem(token, code));

  const auto late = begin();
  const auto late_code = resets.make_code(late).value();
  clock.advance(24h);
  EXPECT_FALSE(resets.redeem(late, late_code));
}

TEST_F(PasswordResetsTest, a_request_without_a_code_is_over_after_24_hours) {
  const auto token = begin();
  clock.advance(24h);
  EXPECT_EQ(resets.account(token).error().kind, ErrorKind::not_found);
  EXPECT_EQ(resets.make_code(token).error().kind, ErrorKind::not_found);
}

TEST_F(PasswordResetsTest, five_wrong_codes_end_a_request) {
  const auto token = begin();
  const auto code = resets.make_code(token).value();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(resets.redeem(token, other(code)).error().kind, ErrorKind::denied);
  EXPECT_TRUE(resets.account(token));
  EXPECT_EQ(resets.redeem(token, other(code)).error().kind, ErrorKind::denied);
  EXPECT_FALSE(resets.redeem(token, code));
}

TEST_F(PasswordResetsTest, nothing_is_right_before_a_code_was_made) {
  const auto token = begin();
  EXPECT_EQ(resets.redeem(token, "").error().kind, ErrorKind::denied);
  EXPECT_EQ(resets.redeem("no such token", "").error().kind, ErrorKind::not_found);
}

TEST_F(PasswordResetsTest, ten_codes_a_day_are_enough_for_an_account) {
  for (int i = 0; i < 5; ++i) {
    const auto token = begin();
    ASSERT_TRUE(resets.make_code(token) && resets.make_code(token));
  }
  EXPECT_EQ(resets.make_code(begin()).error().kind, ErrorKind::full);
  EXPECT_TRUE(resets.make_code(begin("guard")));
  clock.advance(24h);
  EXPECT_TRUE(resets.make_code(begin()));
}

TEST_F(PasswordResetsTest, a_source_loses_its_own_oldest_request_and_nobody_elses) {
  const auto theirs = begin("admin", "192.0.2.2");
  const auto oldest = begin();
  for (std::size_t i = 0; i < PasswordResets::most_of_source; ++i) {
    clock.advance(1s);
    begin();
  }
  EXPECT_FALSE(resets.account(oldest));
  EXPECT_TRUE(resets.account(theirs));
}

TEST_F(PasswordResetsTest, a_code_is_good_for_24_hours_over_a_restart) {
  const std::filesystem::path file = testing::TempDir() + "password_resets_test.db";
  std::filesystem::remove(file);
  const auto opened = [&] {
    auto made = std::make_unique<PasswordResets>(clock);
    made->remember_in(file);
    return made;
  };
  const auto token = opened()->begin("guard", "192.0.2.1").value().token;
  const auto code = opened()->make_code(token, "guard@example.org").value();
  clock.advance(24h - 1s);
  EXPECT_EQ(opened()->redeem(token, other(code)).error().kind, ErrorKind::denied);
  const auto redeemed = opened()->redeem(token, code);
  ASSERT_TRUE(redeemed);
  EXPECT_EQ(redeemed->account, "guard");
  EXPECT_EQ(redeemed->email, "guard@example.org");
  EXPECT_EQ(opened()->redeem(token, code).error().kind, ErrorKind::not_found);
}

TEST_F(PasswordResetsTest, a_restart_begins_no_count_anew) {
  const std::filesystem::path file = testing::TempDir() + "password_resets_test.db";
  std::filesystem::remove(file);
  std::string token;
  const auto opened = [&] {
    auto made = std::make_unique<PasswordResets>(clock);
    made->remember_in(file);
    return made;
  };
  for (unsigned i = 0; i < PasswordResets::codes_of_an_account; ++i) {
    if (i % PasswordResets::codes_of_a_request == 0)
      token = opened()->begin("guard", "192.0.2.1").value().token;
    EXPECT_TRUE(opened()->make_code(token)) << i;
  }
  token = opened()->begin("guard", "192.0.2.1").value().token;
  EXPECT_EQ(opened()->make_code(token).error().kind, ErrorKind::full);
  for (unsigned i = 1; i < PasswordResets::tries; ++i)
    EXPECT_EQ(opened()->redeem(token, "00000000").error().kind, ErrorKind::denied);
  EXPECT_EQ(opened()->redeem(token, "00000000").error().kind, ErrorKind::denied);
  EXPECT_EQ(opened()->redeem(token, "00000000").error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace watchrig::central
