#include "system/api/idempotency.hpp"

#include <gtest/gtest.h>

#include "system/api/etag.hpp"

namespace watchrig::api {
namespace {

class IdempotencyTest : public testing::Test {
 protected:
  http::Response ask(const std::string& key, const std::string& body, const std::string& account = "ann") {
    http::Request request;
    request.path = "/api/v1/things";
    request.account = account;
    request.body = body;
    if (!key.empty()) request.headers["idempotency-key"] = key;
    return handler(request);
  }

  base::ManualClock clock{base::UtcTime(std::chrono::hours(1))};
  int made = 0;
  int status = 201;
  http::PlainHandler handler = once_for_each_key(clock, [this](const http::Request&) {
    http::Response response;
    response.status = status;
    response.body = std::to_string(++made);
    return response;
  });
};

TEST_F(IdempotencyTest, TheSameKeyAndBodyGetTheFirstAnswerAgain) {
  EXPECT_EQ(ask("k", "x").body, "1");
  EXPECT_EQ(ask("k", "x").body, "1");
  EXPECT_EQ(ask("k", "y").status, 422);
  EXPECT_EQ(ask("k", "x", "bob").body, "2");
  EXPECT_EQ(ask("", "x").body, "3");
  EXPECT_EQ(ask("", "x").body, "4");
}

TEST_F(IdempotencyTest, AKeyIsForgottenAfterADay) {
  ask("k", "x");
  clock.advance(std::chrono::hours(24) - std::chrono::seconds(1));
  EXPECT_EQ(ask("k", "x").body, "1");
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(ask("k", "x").body, "2");
}

TEST_F(IdempotencyTest, AFailedRequestMayBeTriedAgain) {
  status = 409;
  EXPECT_EQ(ask("k", "x").status, 409);
  status = 201;
  EXPECT_EQ(ask("k", "x").body, "2");
}

TEST_F(IdempotencyTest, AKeyHasItsLimits) {
  EXPECT_EQ(ask(std::string(255, 'k'), "x").status, 201);
  EXPECT_EQ(ask(std::string(256, 'k'), "x").status, 400);
  EXPECT_EQ(ask("a b", "x").status, 400);
}

TEST_F(IdempotencyTest, OnlyTheNewestTenThousandAreKept) {
  for (int i = 0; i <= 10'000; ++i) ask("k" + std::to_string(i), "x");
  EXPECT_EQ(ask("k10000", "x").body, "10001");
  EXPECT_EQ(ask("k0", "x").body, "10002");
}

TEST(Etag, NamesTheRevision) {
  http::Request request;
  EXPECT_TRUE(check_if_match(request, 3));
  for (const char* text : {"\"3\"", "*", "\"2\", \"3\""}) {
    request.headers["if-match"] = text;
    EXPECT_TRUE(check_if_match(request, 3)) << text;
  }
  for (const char* text : {"\"2\"", "3", ""}) {
    request.headers["if-match"] = text;
    EXPECT_EQ(check_if_match(request, 3).error().field, "If-Match") << text;
  }
}

}  // namespace
}  // namespace watchrig::api
