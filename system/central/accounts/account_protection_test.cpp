
#include <gtest/gtest.h>

#include "system/central/accounts/accounts.hpp"
#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using base::ErrorKind;

const std::vector<SecurityQuestion> two{{"Name of the first dog?", "Rex"},
                                        {"Town of your school?", "Old  Town"}};

class AccountProtectionTest : public FolderTest {
 protected:
  void SetUp() override { open(); }
  void open() {
    auto opened = Accounts::open(folder / "accounts.db", clock);
    ASSERT_TRUE(opened) << opened.error().message;
    accounts = std::move(*opened);
  }
  void initialise() {
    ASSERT_TRUE(
        accounts->initialise({"kzmwpqx7", "kzmwpqx7", "a@example.org", true, true, two, "the blue one"}));
  }

  base::ManualClock clock{base::UtcTime(std::chrono::hours(500'000))};
  std::unique_ptr<Accounts> accounts;
};

TEST_F(AccountProtectionTest, what_was_given_at_the_initialisation_is_kept_over_a_restart) {
  initialise();
  accounts.reset();
  open();
  const auto protection = accounts->protection("admin");
  ASSERT_TRUE(protection);
  EXPECT_EQ(protection->email, "a@example.org");
  EXPECT_EQ(protection->hint, "the blue one");
  EXPECT_EQ(protection->questions.size(), 2U);
  EXPECT_EQ(protection->password_set, clock.now());
}

TEST_F(AccountProtectionTest, an_address_is_needed_unless_that_protection_is_off) {
  EXPECT_EQ(accounts->initialise({"kzmwpqx7", "kzmwpqx7", "", true}).error().field, "email");
  EXPECT_TRUE(accounts->initialise({"kzmwpqx7", "kzmwpqx7", "", true, false}));
}

TEST_F(AccountProtectionTest, all_answers_must_be_right_whatever_their_case_and_blanks) {
  initialise();
  EXPECT_TRUE(accounts->check_answers("admin", {" REX", "old town "}));
  EXPECT_FALSE(accounts->check_answers("admin", {"rex", "new town"}));
  EXPECT_FALSE(accounts->check_answers("admin", {"old town", "rex"}));
  EXPECT_FALSE(accounts->check_answers("admin", {"rex"}));
  EXPECT_FALSE(accounts->check_answers("nobody", {}));
  ASSERT_TRUE(accounts->set_questions("admin", {}));
  EXPECT_FALSE(accounts->check_answers("admin", {})) << "no questions are no proof";
}

TEST_F(AccountProtectionTest, questions_have_limits) {
  initialise();
  const auto field = [&](std::vector<SecurityQuestion> questions) {
    const auto set = accounts->set_questions("admin", questions);
    return set ? std::string() : set.error().field;
  };
  EXPECT_EQ(field({two[0]}), "questions");
  EXPECT_EQ(field({two[0], two[0]}), "questions.1.question");
  EXPECT_EQ(field({two[0], {"Who", "Rex"}}), "questions.1.question");
  EXPECT_EQ(field({two[0], {"Whom", "Rex"}}), "");
  EXPECT_EQ(field({two[0], {"Whom", "Re"}}), "questions.1.answer");
  EXPECT_EQ(field({two[0], {"Is it Rex", "rex"}}), "questions.1.answer");
  EXPECT_EQ(field({two[0], {std::string(128, 'q'), std::string(128, 'a')}}), "");
  EXPECT_EQ(field({two[0], {std::string(129, 'q'), "Rex"}}), "questions.1.question");
  EXPECT_EQ(field({two[0], {"Whom", std::string(129, 'a')}}), "questions.1.answer");
  std::vector<SecurityQuestion> many;
  for (int i = 0; i < 6; ++i) many.push_back({"Question " + std::to_string(i), "answer"});
  EXPECT_EQ(field(many), "questions");
  many.pop_back();
  EXPECT_EQ(field(many), "");
}

TEST_F(AccountProtectionTest, a_new_user_of_an_old_name_has_none_of_the_old_answers) {
  initialise();
  ASSERT_TRUE(accounts->add_user({"guard", "admin", ""}, "kzmwpqx7", "kzmwpqx7"));
  ASSERT_TRUE(accounts->set_questions("guard", two));
  ASSERT_TRUE(accounts->remove_user("guard"));
  ASSERT_TRUE(accounts->add_user({"guard", "admin", ""}, "kzmwpqx7", "kzmwpqx7"));
  EXPECT_TRUE(accounts->protection("guard")->questions.empty());
  EXPECT_FALSE(accounts->check_answers("guard", {"rex", "old town"}));
}

TEST_F(AccountProtectionTest, the_hint_has_64_bytes_at_most) {
  initialise();
  EXPECT_TRUE(accounts->set_hint("admin", std::string(64, 'h')));
  EXPECT_EQ(accounts->set_hint("admin", std::string(65, 'h')).error().field, "password_hint");
  EXPECT_EQ(accounts->set_hint("admin", "a\nb").error().field, "password_hint");
  EXPECT_EQ(accounts->set_hint("nobody", "").error().error.kind, ErrorKind::not_found);
}

TEST_F(AccountProtectionTest, an_address_is_changed_for_a_valid_one_only) {
  initialise();
  EXPECT_EQ(accounts->set_email("admin", "").error().field, "email");
  ASSERT_TRUE(accounts->set_email("admin", "b@example.org"));
  EXPECT_EQ(accounts->protection("admin")->email, "b@example.org");
}

}  // namespace
}  // namespace watchrig::central
