#include "system/central/accounts/sessions.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;

class SessionsTest : public testing::Test {
 protected:
  base::ManualClock clock{base::UtcTime(1h)};
  const std::string source = "10.0.0.7";
  Sessions sessions{clock, {30min, 3}};
};

TEST_F(SessionsTest, a_token_is_its_session_until_it_is_closed) {
  const auto opened = sessions.open("admin", source).value();
  const auto& [session, secrets] = opened;
  EXPECT_EQ(secrets.token.size(), 64U);
  const auto used = sessions.use(secrets.token, source).session;
  ASSERT_TRUE(used);
  EXPECT_EQ(used->id, session.id);
  EXPECT_EQ(used->account, "admin");
  EXPECT_EQ(used->source, source);
  EXPECT_EQ(sessions.stream_key(session.id), secrets.stream_key);
  EXPECT_FALSE(sessions.use(secrets.stream_key, source).session);
  EXPECT_FALSE(sessions.use("", source).session);
  EXPECT_TRUE(sessions.close(session.id));
  EXPECT_FALSE(sessions.close(session.id));
  EXPECT_FALSE(sessions.use(secrets.token, source).session);
  EXPECT_FALSE(sessions.stream_key(session.id));
}

TEST_F(SessionsTest, tokens_and_keys_are_never_the_same) {
  const auto first = sessions.open("admin", source).value();
  const auto second = sessions.open("admin", source).value();
  EXPECT_NE(first.second.token, second.second.token);
  EXPECT_NE(first.second.stream_key, second.second.stream_key);
  EXPECT_NE(first.first.id, second.first.id);
}

TEST_F(SessionsTest, idle_ones_end_and_used_ones_stay) {
  const auto used = sessions.open("admin", source).value();
  const auto idle = sessions.open("admin", source).value();
  clock.advance(29min);
  EXPECT_TRUE(sessions.use(used.second.token, source).session);
  EXPECT_EQ(sessions.all().size(), 2U);
  clock.advance(1min);
  EXPECT_TRUE(sessions.use(used.second.token, source).session);
  EXPECT_FALSE(sessions.use(idle.second.token, source).session);
  EXPECT_FALSE(sessions.stream_key(idle.first.id));
  EXPECT_EQ(sessions.all().size(), 1U);
}

TEST_F(SessionsTest, visitors_are_clients_for_a_minute_after_what_they_did_last) {
  EXPECT_TRUE(sessions.visited("onvif:gate", source));
  EXPECT_TRUE(sessions.visited("onvif:gate", source)) << "the same client";
  EXPECT_TRUE(sessions.visited("onvif:gate", "10.0.0.8"));
  EXPECT_TRUE(sessions.open("ann", source));
  EXPECT_EQ(sessions.visited("onvif:yard", source).error().kind, base::ErrorKind::full);
  EXPECT_EQ(sessions.open("ben", source).error().kind, base::ErrorKind::full);
  EXPECT_TRUE(sessions.open("admin", source)) << "who can send others away";
  clock.advance(59s);
  EXPECT_TRUE(sessions.visited("onvif:gate", source)) << "who is there stays";
  clock.advance(1s);
  EXPECT_EQ(sessions.open("ben", source).error().kind, base::ErrorKind::full) << "a visitor and two sessions";
  clock.advance(59s);
  EXPECT_TRUE(sessions.open("ben", source));
  EXPECT_EQ(sessions.visited("onvif:gate", source).error().kind, base::ErrorKind::full);
}

TEST_F(SessionsTest, without_automatic_logout_they_stay) {
  Sessions endless(clock, {std::nullopt, 3});
  const auto opened = endless.open("admin", "a").value();
  clock.advance(24h * 365);
  EXPECT_TRUE(endless.use(opened.second.token, "a").session);
}

TEST_F(SessionsTest, more_than_the_limit_are_refused_until_one_ends) {
  const auto first = sessions.open("admin", source).value();
  ASSERT_TRUE(sessions.open("admin", source));
  ASSERT_TRUE(sessions.open("admin", source));
  const auto refused = sessions.open("admin", source);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::full);
  sessions.close(first.first.id);
  EXPECT_TRUE(sessions.open("admin", source));
}

TEST_F(SessionsTest, the_administrator_finds_a_place_among_others_but_one_only) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(sessions.open("guard", source));
  ASSERT_FALSE(sessions.open("guard", source));
  ASSERT_TRUE(sessions.open("admin", source));
  EXPECT_FALSE(sessions.open("admin", source));
  EXPECT_EQ(sessions.all().size(), 4U);
}

TEST_F(SessionsTest, a_confirmation_belongs_to_one_session) {
  const auto one = sessions.open("admin", source).value();
  const auto two = sessions.open("admin", source).value();
  ASSERT_TRUE(sessions.confirm(one.first.id, clock.now() + 5min));
  EXPECT_EQ(sessions.use(one.second.token, source).session->confirmed_until, clock.now() + 5min);
  EXPECT_LT(sessions.use(two.second.token, source).session->confirmed_until, clock.now());
  EXPECT_FALSE(sessions.confirm("s99", clock.now()));
  EXPECT_EQ(sessions.account(one.first.id), "admin");
  EXPECT_EQ(sessions.account("s99"), std::nullopt);
}

TEST_F(SessionsTest, the_others_of_an_account_are_closed) {
  const auto kept = sessions.open("admin", source).value();
  const auto closed = sessions.open("admin", source).value();
  const auto other = sessions.open("guard", "c").value();
  sessions.close_others("admin", kept.first.id);
  EXPECT_TRUE(sessions.use(kept.second.token, source).session);
  EXPECT_FALSE(sessions.use(closed.second.token, source).session);
  EXPECT_TRUE(sessions.use(other.second.token, source).session);
}

TEST_F(SessionsTest, a_token_is_good_from_where_it_was_given_only) {
  const auto opened = sessions.open("admin", source).value();
  clock.advance(29min);
  const auto stolen = sessions.use(opened.second.token, "10.0.0.8");
  EXPECT_TRUE(stolen.stolen);
  EXPECT_EQ(stolen.session->id, opened.first.id);
  EXPECT_FALSE(sessions.use(opened.second.token, source).stolen);
  // Nor does its use elsewhere keep the session alive.
  clock.advance(29min);
  EXPECT_TRUE(sessions.use(opened.second.token, "10.0.0.8").stolen);
  clock.advance(1min);
  EXPECT_FALSE(sessions.use(opened.second.token, source).session);
}

}  // namespace
}  // namespace watchrig::central
