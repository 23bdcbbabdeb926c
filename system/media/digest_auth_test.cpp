#include "system/media/digest_auth.hpp"

#include <gmock/gmock.h>

namespace watchrig::media {
namespace {

using base::ErrorKind;
using Verdict = DigestServer::Verdict;
using testing::HasSubstr;
using testing::Not;

std::optional<std::string> password_of(std::string_view user) {
  if (user == "admin") return "se:cret \"7\"";
  return std::nullopt;
}

std::vector<std::string_view> views(const std::vector<std::string>& values) {
  return {values.begin(), values.end()};
}

std::string answer(const std::vector<std::string>& challenges, const Credentials& credentials) {
  AuthClient client(credentials, false);
  const auto taken = client.challenged(views(challenges));
  EXPECT_TRUE(taken) << taken.error().message;
  return client.authorization("DESCRIBE", "rtsp://127.0.0.1:554/main").value_or("");
}

TEST(DigestResponse, is_that_of_rfc_2617_3_5) {
  EXPECT_EQ(digest_response({DigestAlgorithm::md5, false, "Mufasa", "testrealm@host.com", "Circle Of Life",
                             "GET", "/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "auth",
                             "00000001", "0a4f113b"}),
            "6629fae49393a05397450978507c4ef1");
}

TEST(DigestResponse, is_that_of_rfc_7616_3_9_1) {
  DigestFields fields{DigestAlgorithm::sha256,
                      false,
                      "Mufasa",
                      "http-auth@example.org",
                      "Circle of Life",
                      "GET",
                      "/dir/index.html",
                      "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                      "auth",
                      "00000001",
                      "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
  EXPECT_EQ(digest_response(fields), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
  fields.algorithm = DigestAlgorithm::md5;
  EXPECT_EQ(digest_response(fields), "8ca523f5e9506fed4657c9700eebdbec");
}

TEST(DigestResponse, without_qop_is_that_of_rfc_2069) {
  EXPECT_EQ(digest_response({DigestAlgorithm::md5,
                             false,
                             "Mufasa",
                             "testrealm@host.com",
                             "CircleOfLife",
                             "GET",
                             "/dir/index.html",
                             "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                             {},
                             {},
                             {}}),
            "1949323746fe6a43ef61f9606e7febea");
}

TEST(Challenge, keeps_commas_and_escaped_quotes_inside_quotes) {
  const auto challenge =
      parse_challenge(R"(digest  realm="a, \"b\"=c",nonce="x",QOP="auth-int, auth", opaque="")");
  ASSERT_TRUE(challenge) << challenge.error().message;
  EXPECT_EQ(challenge->realm, "a, \"b\"=c");
  EXPECT_EQ(challenge->nonce, "x");
  EXPECT_TRUE(challenge->qop_auth);
  EXPECT_EQ(challenge->opaque, "");
}

TEST(Challenge, refuses_what_cannot_be_answered) {
  EXPECT_EQ(parse_challenge("Negotiate abc").error().kind, ErrorKind::unsupported);
  EXPECT_EQ(parse_challenge("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256").error().kind,
            ErrorKind::unsupported);
  EXPECT_EQ(parse_challenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"").error().kind,
            ErrorKind::unsupported);
  for (const char* text :
       {"", "Digest", "Digest ", "Digest realm=\"r\"", "Digest nonce=\"", "Digest =,=,\"", "Digest nonce"}) {
    EXPECT_FALSE(parse_challenge(text)) << text;
  }
}

TEST(Digest, right_password_is_granted_by_every_offered_algorithm) {
  const DigestServer server("watchrig");
  const Credentials right{"admin", "se:cret \"7\""};
  for (const auto& challenge : server.challenges(false)) {
    const auto header = answer({challenge}, right);
    const auto outcome = server.check(header, "DESCRIBE", "rtsp://127.0.0.1:554/main", password_of);
    EXPECT_EQ(outcome.verdict, Verdict::granted) << header;
    EXPECT_EQ(outcome.username, "admin");
    EXPECT_EQ(server.check(header, "PLAY", "rtsp://127.0.0.1:554/main", password_of).verdict,
              Verdict::denied);
    EXPECT_EQ(server.check(header, "DESCRIBE", "rtsp://127.0.0.1:554/other", password_of).verdict,
              Verdict::denied);
  }
}

TEST(Digest, a_copied_request_shows_the_same_proof_and_the_next_one_another) {
  const DigestServer server("watchrig");
  AuthClient client({"admin", "se:cret \"7\""}, false);
  ASSERT_TRUE(client.challenged(views(server.challenges(false))));
  const auto proof_of = [&](const std::string& header) {
    return server.check(header, "DESCRIBE", "rtsp://127.0.0.1:554/main", password_of).proof;
  };
  const auto first = *client.authorization("DESCRIBE", "rtsp://127.0.0.1:554/main");
  const auto second = *client.authorization("DESCRIBE", "rtsp://127.0.0.1:554/main");
  EXPECT_FALSE(proof_of(first).empty());
  EXPECT_EQ(proof_of(first), proof_of(first + ", opaque=\"x\""));
  EXPECT_NE(proof_of(first), proof_of(second));
}

TEST(Digest, strongest_algorithm_is_answered) {
  const DigestServer server("watchrig");
  EXPECT_THAT(answer(server.challenges(false), {"admin", "x"}), HasSubstr("algorithm=SHA-256"));
}

TEST(Digest, wrong_password_and_unknown_user_are_denied) {
  const DigestServer server("watchrig");
  for (const Credentials& wrong : {Credentials{"admin", "secret"}, Credentials{"root", "se:cret \"7\""}}) {
    const auto header = answer(server.challenges(false), wrong);
    EXPECT_EQ(server.check(header, "DESCRIBE", "rtsp://127.0.0.1:554/main", password_of).verdict,
              Verdict::denied);
  }
}

TEST(Digest, nonce_of_another_connection_is_stale) {
  const DigestServer before("watchrig");
  const DigestServer now("watchrig");
  const auto header = answer(before.challenges(false), {"admin", "se:cret \"7\""});
  EXPECT_EQ(now.check(header, "DESCRIBE", "rtsp://127.0.0.1:554/main", password_of).verdict, Verdict::stale);
  EXPECT_THAT(now.challenges(true)[0], HasSubstr("stale=true"));
}

TEST(Digest, unreadable_header_counts_as_missing) {
  const DigestServer server("watchrig");
  for (const char* header : {"", "Basic YWRtaW46eA==", "Digest", "Digest ,,,", "Digest username=\"admin\""}) {
    EXPECT_EQ(server.check(header, "DESCRIBE", "rtsp://h/", password_of).verdict, Verdict::missing) << header;
  }
}

TEST(AuthClient, second_401_is_a_wrong_password_unless_stale_or_accepted_between) {
  AuthClient client({"admin", "x"}, false);
  const std::string challenge = R"(Digest realm="r", nonce="1")";
  const std::string stale = R"(Digest realm="r", nonce="2", stale=TRUE)";
  ASSERT_TRUE(client.challenged({challenge}));
  EXPECT_THAT(*client.authorization("OPTIONS", "rtsp://h/"), Not(HasSubstr("algorithm")));
  ASSERT_TRUE(client.challenged({stale}));
  EXPECT_THAT(*client.authorization("OPTIONS", "rtsp://h/"), HasSubstr("nonce=\"2\""));
  client.accepted();
  ASSERT_TRUE(client.challenged({challenge}));
  EXPECT_TRUE(client.authorization("OPTIONS", "rtsp://h/"));
  const auto refused = client.challenged({challenge});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::denied);
  EXPECT_THAT(refused.error().message, HasSubstr("wrong password for user \"admin\""));
}

TEST(AuthClient, basic_is_answered_only_where_allowed) {
  AuthClient careful({"admin", "12345"}, false);
  EXPECT_EQ(careful.challenged({"Basic realm=\"r\""}).error().kind, ErrorKind::denied);
  EXPECT_FALSE(careful.authorization("DESCRIBE", "rtsp://h/"));
  AuthClient careless({"admin", "12345"}, true);
  ASSERT_TRUE(careless.challenged({"Basic realm=\"r\""}));
  EXPECT_EQ(careless.authorization("DESCRIBE", "rtsp://h/"), "Basic YWRtaW46MTIzNDU=");
}

TEST(AuthClient, without_credentials_says_what_is_needed) {
  AuthClient client({}, false);
  EXPECT_THAT(client.challenged({R"(Digest realm="r", nonce="1")"}).error().message,
              HasSubstr("user name and password"));
}

}  // namespace
}  // namespace watchrig::media
