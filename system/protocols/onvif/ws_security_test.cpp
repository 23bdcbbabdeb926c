#include "system/protocols/onvif/ws_security.hpp"

#include <gtest/gtest.h>

#include "system/base/base64.hpp"
#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::protocols {
namespace {

using namespace std::chrono_literals;

const base::UtcTime noon = base::parse_utc("2026-01-31T12:00:00Z").value();

UsernameToken written(base::UtcTime now) {
  SoapWriter writer;
  add_username_token(writer.header(), "admin", "secret", base::Bytes{1, 2, 3}, now);
  const auto message = SoapMessage::parse(writer.text()).value();
  return find_username_token(message.header()).value();
}

/// The example of the ONVIF Application Programmer's Guide, 6.1.1.3.
TEST(UsernameToken, DigestOfThePublishedExample) {
  EXPECT_EQ(password_digest(base::from_base64("LKqI6G/AikKCQrN0zqZFlg==").value(), "2010-09-16T07:50:45Z",
                            "userpassword"),
            "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
}

TEST(UsernameToken, ProvesThePasswordWithinItsTime) {
  const auto token = written(noon);
  EXPECT_EQ(token.username, "admin");
  EXPECT_TRUE(token.digest);
  EXPECT_TRUE(proves(token, "secret", noon, 5min));
  EXPECT_FALSE(proves(token, "Secret", noon, 5min));
  EXPECT_TRUE(proves(token, "secret", noon + 5min, 5min));
  EXPECT_FALSE(proves(token, "secret", noon + 5min + 1s, 5min));
  EXPECT_TRUE(proves(token, "secret", noon - 5min, 5min));
  EXPECT_FALSE(proves(token, "secret", noon - 5min - 1s, 5min));
}

TEST(UsernameToken, PlainPasswordsAreCompared) {
  UsernameToken token;
  token.password = "secret";
  EXPECT_TRUE(proves(token, "secret", noon, 5min));
  EXPECT_FALSE(proves(token, "secre", noon, 5min));
}

TEST(UsernameToken, GarbageProvesNothing) {
  auto token = written(noon);
  token.nonce = "*";
  EXPECT_FALSE(proves(token, "secret", noon, 5min));
  token = written(noon);
  token.created = "yesterday";
  EXPECT_FALSE(proves(token, "secret", noon, 5min));
  const auto none = SoapMessage::parse(SoapWriter().text()).value();
  EXPECT_FALSE(find_username_token(none.header()));
}

TEST(UsernameToken, ADigestOfYesterdayIsRightButNotFresh) {
  UsernameToken token{"admin", {}, true, "c29tZSBub25jZQ==", "2026-01-31T12:00:00.000Z"};
  token.password = password_digest(*base::from_base64(token.nonce), token.created, "secret");
  const auto made = *base::parse_utc(token.created);
  EXPECT_TRUE(is_digest_of(token, "secret"));
  EXPECT_FALSE(is_digest_of(token, "Secret"));
  EXPECT_TRUE(is_fresh(token, made + 5min, 5min));
  EXPECT_FALSE(is_fresh(token, made + 6min, 5min));
  EXPECT_FALSE(is_fresh(token, made - 6min, 5min));
  token.created = "2026-01-31T13:00:00+01:00";
  EXPECT_TRUE(is_fresh(token, made, 5min));
  token.digest = false;
  EXPECT_FALSE(is_digest_of(token, "secret"));
}

}  // namespace
}  // namespace watchrig::protocols
