#include "system/central/maintenance/update_feed.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

TEST(UpdateFeed, NamesServerAndClientOrOneOfThem) {
  const auto both = read_update_feed(
      R"({"server":{"version":"1.2.3","notes":"a\nb","url":"https://example.org/x"},"client":{"version":"2.0.0"},"more":1})");
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->server->version.text(), "1.2.3");
  EXPECT_EQ(both->server->notes, "a b");
  EXPECT_EQ(both->client->version.text(), "2.0.0");
  EXPECT_FALSE(read_update_feed(R"({"client":{"version":"2.0.0"}})")->server);
}

TEST(UpdateFeed, WhatIsNoneIsRefused) {
  for (const char* wrong :
       {"", "[]", "{}", "null", R"({"server":1})", R"({"server":{}})", R"({"server":{"version":1}})",
        R"({"server":{"version":"1.2"}})", R"({"server":{"version":"1.2.3","notes":7}})",
        R"({"server":{"version":"1.2.3","url":"javascript:void"}})",
        R"({"server":{"version":"1.2.3","url":"https://user:pass@example.org/"}})", "{\"server\":\"\xff\"}",
        R"({"server":{"version":"1.2.3"},"client":[]})"})
    EXPECT_EQ(read_update_feed(wrong).error().kind, base::ErrorKind::corrupt) << wrong;
  EXPECT_FALSE(read_update_feed(std::string(100'000, '[')));
}

TEST(UpdateFeed, TextsAreBounded) {
  const auto with = [](std::size_t notes) {
    return R"({"server":{"version":"1.2.3","notes":")" + std::string(notes, 'x') + "\"}}";
  };
  EXPECT_TRUE(read_update_feed(with(UpdateFeed::most_notes)));
  EXPECT_FALSE(read_update_feed(with(UpdateFeed::most_notes + 1)));
}

}  // namespace
}  // namespace watchrig::central
