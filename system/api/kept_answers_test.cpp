#include "system/api/kept_answers.hpp"

#include <fstream>

#include <gtest/gtest.h>

namespace watchrig::api {
namespace {

class KeptAnswersTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(file); }

  /// Asks as a client does; the work counts how often it is done.
  http::Response ask(const std::string& key, const std::string& body) {
    if (auto known = answers->begin(key, body)) return *std::move(known);
    http::Response response;
    response.status = status;
    response.headers.emplace_back("ETag", "\"7\"");
    response.body = std::to_string(++made);
    answers->end(key, response);
    return response;
  }
  void restart() {
    answers.reset();
    answers.emplace(clock, file);
  }

  const std::filesystem::path file = testing::TempDir() + "kept_answers_test.db";
  base::ManualClock clock{base::UtcTime(std::chrono::hours(100))};
  int made = 0;
  int status = 201;
  std::optional<KeptAnswers> answers{std::in_place, clock, std::filesystem::path()};
};

TEST_F(KeptAnswersTest, TheSameKeyAndBodyGetTheFirstAnswerAgain) {
  EXPECT_EQ(ask("k", "x").body, "1");
  EXPECT_EQ(ask("k", "x").body, "1");
  EXPECT_EQ(ask("k", "y").status, 422);
  EXPECT_EQ(ask("l", "x").body, "2");
}

TEST_F(KeptAnswersTest, TheFirstRequestIsWaitedFor) {
  EXPECT_FALSE(answers->begin("k", "x"));
  EXPECT_EQ(answers->begin("k", "x")->status, 409);
}

TEST_F(KeptAnswersTest, AKeyIsForgottenAfterADay) {
  ask("k", "x");
  clock.advance(std::chrono::hours(24) - std::chrono::seconds(1));
  EXPECT_EQ(ask("k", "x").body, "1");
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(ask("k", "x").body, "2");
}

TEST_F(KeptAnswersTest, AFailedRequestMayBeTriedAgain) {
  status = 409;
  EXPECT_EQ(ask("k", "x").status, 409);
  status = 201;
  EXPECT_EQ(ask("k", "x").body, "2");
}

TEST_F(KeptAnswersTest, OnlyTheNewestTenThousandAreKept) {
  for (int i = 0; i <= 10'000; ++i) ask("k" + std::to_string(i), "x");
  EXPECT_EQ(ask("k10000", "x").body, "10001");
  EXPECT_EQ(ask("k0", "x").body, "10002");
}

TEST_F(KeptAnswersTest, ARestartKeepsThem) {
  restart();
  ask("k", "x");
  clock.advance(std::chrono::hours(1));
  restart();
  const auto again = ask("k", "x");
  EXPECT_EQ(again.body, "1");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.headers, (std::vector<std::pair<std::string, std::string>>{{"ETag", "\"7\""}}));
  EXPECT_EQ(ask("k", "y").status, 422);
  clock.advance(std::chrono::hours(23));
  restart();
  EXPECT_EQ(ask("k", "x").body, "2");
}

TEST_F(KeptAnswersTest, WhatWasUnderWayAtTheEndIsNotKept) {
  restart();
  EXPECT_FALSE(answers->begin("k", "x"));
  restart();
  EXPECT_EQ(ask("k", "x").body, "1");
}

TEST_F(KeptAnswersTest, OfAPasswordNothingIsWrittenDown) {
  restart();
  ask("k", R"({"password":"Secret.1"})");
  EXPECT_EQ(ask("k", R"({"password":"Secret.1"})").body, "1");
  restart();
  EXPECT_EQ(ask("k", R"({"password":"Secret.1"})").body, "2");
}

TEST_F(KeptAnswersTest, WhatFailsPushesNothingOut) {
  ask("first", "x");
  status = 409;
  for (int i = 0; i <= 10'000; ++i) ask("k" + std::to_string(i), "x");
  EXPECT_EQ(ask("first", "x").body, "1");
}

TEST_F(KeptAnswersTest, ABrokenFileIsBegunAnew) {
  std::ofstream(file) << std::string(10'000, 'x');
  restart();
  EXPECT_EQ(ask("k", "x").body, "1");
  restart();
  EXPECT_EQ(ask("k", "x").body, "1");
}

}  // namespace
}  // namespace watchrig::api
