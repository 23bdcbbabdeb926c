#include "system/central/accounts/sign_in.hpp"

#include <gmock/gmock.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SignInTest : public FolderTest {
 protected:
  void SetUp() override {
    auto opened = Accounts::open(folder / "accounts.db", clock);
    ASSERT_TRUE(opened) << opened.error().message;
    accounts = std::move(*opened);
    ASSERT_TRUE(accounts->initialise({password, password, "owner@example.org", true}));
    SignIn::Rules rules;
    rules.accounts.attempts = 4;
    rules.sources.attempts = 3;
    rules.sessions.most = 2;
    sign_in = std::make_unique<SignIn>(*accounts, clock, rules);
  }

  std::optional<SignIn::Refusal> refusal(const std::string& name, const std::string& with,
                                         const std::string& source) {
    const auto outcome = sign_in->attempt(name, with, source);
    return outcome ? std::nullopt : std::optional(outcome.error().why);
  }

  const std::string password = "kzmwpqx7";
  base::ManualClock clock{base::UtcTime(std::chrono::hours(500'000))};
  std::unique_ptr<Accounts> accounts;
  std::unique_ptr<SignIn> sign_in;
};

using enum SignIn::Refusal;

TEST_F(SignInTest, the_right_password_opens_a_session_with_secrets_of_its_own) {
  const auto one = sign_in->attempt("admin", password, "192.0.2.1");
  const auto two = sign_in->attempt("admin", password, "192.0.2.1");
  ASSERT_TRUE(one);
  ASSERT_TRUE(two);
  EXPECT_EQ(one->session.account, "admin");
  EXPECT_EQ(one->session.source, "192.0.2.1");
  EXPECT_NE(one->secrets.token, two->secrets.token);
  EXPECT_NE(one->secrets.stream_key, two->secrets.stream_key);
  EXPECT_EQ(sign_in->sessions.use(one->secrets.token, one->session.source).session->id, one->session.id);
}

TEST_F(SignInTest, an_unknown_name_is_answered_as_a_wrong_password) {
  const auto unknown = sign_in->attempt("ghost", password, "192.0.2.1");
  const auto wrong = sign_in->attempt("admin", "kzmwpqx8", "192.0.2.1");
  ASSERT_FALSE(unknown);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(unknown.error().message, wrong.error().message);
}

TEST_F(SignInTest, an_address_is_locked_for_every_account_and_no_other_address_is) {
  for (int i = 0; i < 2; ++i) EXPECT_EQ(refusal("ghost", "x", "192.0.2.1"), wrong);
  const auto third = sign_in->attempt("ghost", "x", "192.0.2.1");
  ASSERT_FALSE(third);
  EXPECT_TRUE(third.error().locks);
  EXPECT_EQ(refusal("admin", password, "192.0.2.1"), locked);
  EXPECT_THAT(sign_in->attempt("admin", password, "192.0.2.1").error().message, HasSubstr("this address"));
  EXPECT_EQ(refusal("admin", password, "192.0.2.2"), std::nullopt);
  ASSERT_EQ(sign_in->locked_sources.locked().size(), 1U);
  EXPECT_EQ(sign_in->locked_sources.locked().front().name, "192.0.2.1");
  EXPECT_TRUE(sign_in->locked_sources.unlock("192.0.2.1"));
  EXPECT_EQ(refusal("admin", password, "192.0.2.1"), std::nullopt);
}

TEST_F(SignInTest, a_network_of_ipv6_is_one_source_whatever_addresses_it_takes) {
  EXPECT_EQ(refusal("admin", "wrong", "2001:db8::1"), wrong);
  EXPECT_EQ(refusal("nobody", "wrong", "2001:db8::2"), wrong);
  EXPECT_EQ(refusal("somebody", "wrong", "2001:db8::3"), wrong);
  EXPECT_EQ(refusal("admin", password, "2001:db8::4"), locked);
  EXPECT_EQ(refusal("admin", password, "2001:db8:0:1::1"), std::nullopt);
  ASSERT_EQ(sign_in->locked_sources.locked().size(), 1U);
  EXPECT_EQ(sign_in->locked_sources.locked()[0].name, "2001:db8::/64");
}

TEST_F(SignInTest, an_account_is_locked_from_every_address_until_its_period_is_over) {
  for (const char* source : {"192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"}) {
    EXPECT_EQ(refusal("admin", "x", source), wrong);
  }
  EXPECT_EQ(refusal("admin", password, "192.0.2.3"), locked);
  clock.advance(30min - 1s);
  EXPECT_EQ(refusal("admin", password, "192.0.2.3"), locked);
  clock.advance(1s);
  EXPECT_EQ(refusal("admin", password, "192.0.2.3"), std::nullopt);
}

TEST_F(SignInTest, this_machine_itself_is_never_locked_out) {
  for (const char* name : {"a", "b", "c", "d", "e"}) EXPECT_EQ(refusal(name, "x", "127.0.0.1"), wrong);
  EXPECT_EQ(refusal("admin", password, "127.0.0.1"), std::nullopt);
  EXPECT_TRUE(sign_in->locked_sources.locked().empty());
}

TEST_F(SignInTest, more_sessions_than_the_limit_are_refused_as_such) {
  EXPECT_EQ(refusal("admin", password, "192.0.2.1"), std::nullopt);
  EXPECT_EQ(refusal("admin", password, "192.0.2.1"), std::nullopt);
  EXPECT_EQ(refusal("admin", password, "192.0.2.1"), full);
}

}  // namespace
}  // namespace watchrig::central
