#include "system/central/accounts/accounts.hpp"

#include <fstream>

#include <gmock/gmock.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class AccountsTest : public FolderTest {
 protected:
  void SetUp() override { open(); }
  void open() {
    accounts.reset();
    auto opened = Accounts::open(folder / "accounts.db", clock);
    ASSERT_TRUE(opened) << opened.error().message;
    accounts = std::move(*opened);
  }
  std::string refused_field(const Initialisation& answers) {
    const auto done = accounts->initialise(answers);
    return done ? "none" : done.error().field;
  }

  base::Clock clock;
  std::unique_ptr<Accounts> accounts;
  const Initialisation good{"kzmwpqx7", "kzmwpqx7", "owner@example.org", true};
};

TEST_F(AccountsTest, are_initialised_once_and_stay_so) {
  EXPECT_FALSE(accounts->initialised());
  EXPECT_FALSE(accounts->check("admin", ""));
  ASSERT_TRUE(accounts->initialise(good));
  EXPECT_TRUE(accounts->initialised());
  const auto again = accounts->initialise(good);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().error.kind, base::ErrorKind::conflict);
  open();
  EXPECT_TRUE(accounts->initialised());
  EXPECT_TRUE(accounts->check("admin", "kzmwpqx7"));
}

TEST_F(AccountsTest, initialisation_names_the_field_that_breaks_a_rule) {
  Initialisation answers = good;
  answers.licence_accepted = false;
  EXPECT_EQ(refused_field(answers), "licence_accepted");
  answers = good;
  answers.password = answers.password_again = "kzmwpq7";
  EXPECT_EQ(refused_field(answers), "password");
  answers.password = answers.password_again = "x7admin4";
  EXPECT_EQ(refused_field(answers), "password");
  answers = good;
  answers.password_again = "kzmwpqx8";
  EXPECT_EQ(refused_field(answers), "password_again");
  for (const auto* email :
       {"", "owner", "@example.org", "owner@", "a@b@c", "ow ner@example.org", "o\r\n@example.org"}) {
    answers = good;
    answers.email = email;
    EXPECT_EQ(refused_field(answers), "email") << email;
  }
  answers.email = std::string(64, 'o') + "@example.org";
  EXPECT_FALSE(accounts->initialised());
  EXPECT_EQ(refused_field(answers), "none");
}

TEST_F(AccountsTest, wrong_password_and_unknown_name_are_told_alike) {
  ASSERT_TRUE(accounts->initialise(good));
  const auto wrong = accounts->check("admin", "kzmwpqx8");
  const auto unknown = accounts->check("nobody", "kzmwpqx7");
  ASSERT_FALSE(wrong);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(wrong.error().kind, base::ErrorKind::denied);
  EXPECT_EQ(wrong.error().message, unknown.error().message);
  EXPECT_FALSE(accounts->check("admin'--", "kzmwpqx7"));
  EXPECT_FALSE(accounts->check("", ""));
}

TEST_F(AccountsTest, a_password_is_changed_by_the_rules) {
  ASSERT_TRUE(accounts->initialise(good));
  EXPECT_EQ(accounts->set_password("admin", "short7", "short7").error().field, "password");
  EXPECT_EQ(accounts->set_password("admin", "nq8wzkpt", "other").error().field, "password_again");
  EXPECT_TRUE(accounts->check("admin", "kzmwpqx7"));
  ASSERT_TRUE(accounts->set_password("admin", "nq8wzkpt", "nq8wzkpt"));
  EXPECT_FALSE(accounts->check("admin", "kzmwpqx7"));
  EXPECT_TRUE(accounts->check("admin", "nq8wzkpt"));
}

TEST_F(AccountsTest, no_password_is_in_the_file) {
  ASSERT_TRUE(accounts->initialise(good));
  accounts.reset();
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_THAT(bytes, Not(HasSubstr(good.password))) << entry.path();
  }
}

}  // namespace
}  // namespace watchrig::central
