#include "system/central/accounts/password.hpp"

#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(std::string_view password, std::string_view username = "admin") {
  const auto checked = check_password(password, username);
  return checked ? "" : checked.error().message;
}

TEST(Password, has_8_to_32_characters) {
  EXPECT_THAT(refusal("kzmwpq7"), HasSubstr("8 to 32"));
  EXPECT_EQ(refusal("kzmwpqx7"), "");
  const std::string longest = "k7z4m1w8p5q2k7z4m1w8p5q2k7z4m1w8";
  ASSERT_EQ(longest.size(), 32U);
  EXPECT_EQ(refusal(longest), "");
  EXPECT_THAT(refusal(longest + "x"), HasSubstr("8 to 32"));
}

TEST(Password, has_no_forbidden_character_and_no_blank) {
  for (const char c : std::string_view("'\";:&")) {
    EXPECT_THAT(refusal(std::string("kzmwpqx7") + c), HasSubstr("must not have any of")) << c;
  }
  for (const std::string_view text : {"kzmw pqx7", "kzmw\tpqx7", "kzmw\x7fpqx7", "kzmw\xc3\xa9pqx7"}) {
    EXPECT_THAT(refusal(text), HasSubstr("printable ASCII")) << text;
  }
  EXPECT_EQ(refusal("kz!mw#p~"), "");
}

TEST(Password, has_two_of_letters_digits_and_symbols) {
  for (const std::string_view text : {"kzmwpqxv", "kzMWpqXV", "72940518", "!#%)+-/="}) {
    EXPECT_THAT(refusal(text), HasSubstr("at least two")) << text;
  }
  for (const std::string_view text : {"kzmwpqx7", "7294051!", "kzmwpqx!"})
    EXPECT_EQ(refusal(text), "") << text;
}

TEST(Password, has_neither_name_nor_run_nor_repeat) {
  for (const std::string_view text : {"7admin7z", "7nimda7z", "7AdMiN7z"}) {
    EXPECT_THAT(refusal(text), HasSubstr("account's name")) << text;
  }
  EXPECT_EQ(refusal("7admin7z", "gate"), "");
  for (const std::string_view text : {"kz123mwp", "kz7abcmw", "kz7ABCmw", "kz7cbamw", "kz987mwp"}) {
    EXPECT_THAT(refusal(text), HasSubstr("run such as")) << text;
  }
  for (const std::string_view text : {"kz111mwp", "kz7aaamw", "kz7aAamw", "kz7!!!mw"}) {
    EXPECT_THAT(refusal(text), HasSubstr("three times")) << text;
  }
  EXPECT_EQ(refusal("kz112mwp"), "") << "two are no repeat";
  EXPECT_EQ(refusal("kz7/01mw"), "") << "a symbol before digits is no run";
}

TEST(Password, strength_tells_what_to_choose) {
  EXPECT_EQ(password_strength("kz111mwp", "admin"), PasswordStrength::weak);
  EXPECT_EQ(password_strength("kzmwpqx7", "admin"), PasswordStrength::medium);
  EXPECT_EQ(password_strength("kZ7!mwpqx4v", "admin"), PasswordStrength::medium) << "11 characters";
  EXPECT_EQ(password_strength("kZ7!mwpqx4v9", "admin"), PasswordStrength::strong);
  EXPECT_EQ(password_strength("kz7!mwpqx4v9", "admin"), PasswordStrength::medium) << "no capital";
}

TEST(Password, hash_is_argon2id_with_its_own_salt_and_fits_only_its_password) {
  const auto first = hash_password("kzmwpqx7");
  const auto second = hash_password("kzmwpqx7");
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(second);
  EXPECT_THAT(*first, StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_NE(*first, *second);
  EXPECT_TRUE(is_password("kzmwpqx7", *first));
  EXPECT_TRUE(is_password("kzmwpqx7", *second));
  EXPECT_FALSE(is_password("kzmwpqx8", *first));
  EXPECT_FALSE(is_password("", *first));
  EXPECT_FALSE(is_password("kzmwpqx7", "no hash"));
}

}  // namespace
}  // namespace watchrig::central
