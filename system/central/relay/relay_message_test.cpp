#include "system/central/relay/relay_message.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using Kind = RelayMessage::Kind;

bool is_good(const std::string& line) { return RelayMessage::parse(line).has_value(); }

TEST(RelayMessageTest, what_a_relay_says_is_understood) {
  EXPECT_EQ(RelayMessage::parse(R"({"type":"registered"})")->keep_alive, 30s);
  EXPECT_EQ(RelayMessage::parse(R"({"type":"registered","keep_alive":5,"later":[1]})")->keep_alive, 5s);
  EXPECT_EQ(RelayMessage::parse(R"({"type":"alive"})")->kind, Kind::alive);
  EXPECT_EQ(RelayMessage::parse(R"({"type":"of a later version"})")->kind, Kind::other);
  const auto open = RelayMessage::parse(R"({"type":"open","tunnel":"a-1_Z","service":"https"})");
  EXPECT_EQ(open->kind, Kind::open);
  EXPECT_EQ(open->tunnel, "a-1_Z");
  EXPECT_TRUE(open->encrypted);
  EXPECT_FALSE(RelayMessage::parse(R"({"type":"open","tunnel":"t"})")->encrypted);
}

TEST(RelayMessageTest, limits_hold_on_both_sides) {
  for (const int seconds : {5, 300})
    EXPECT_TRUE(is_good(R"({"type":"registered","keep_alive":)" + std::to_string(seconds) + "}"));
  for (const int seconds : {4, 301, 0, -1})
    EXPECT_FALSE(is_good(R"({"type":"registered","keep_alive":)" + std::to_string(seconds) + "}"));
  EXPECT_TRUE(is_good(R"({"type":"open","tunnel":")" + std::string(64, 'x') + R"("})"));
  EXPECT_FALSE(is_good(R"({"type":"open","tunnel":")" + std::string(65, 'x') + R"("})"));
}

TEST(RelayMessageTest, what_is_no_message_is_refused) {
  for (const char* line :
       {"", "[]", "{}", "\xff", R"({"type":7})", R"({"type":"open"})", R"({"type":"open","tunnel":"a\nb"})",
        R"({"type":"open","tunnel":"t","service":"ssh"})", R"({"type":"registered","keep_alive":"5"})",
        R"({"type":"alive"} {"type":"alive"})"})
    EXPECT_FALSE(is_good(line)) << line;
  EXPECT_FALSE(is_good(std::string(1000, '[')));
}

TEST(RelayMessageTest, a_reason_can_be_shown) {
  const auto refused =
      RelayMessage::parse(R"({"type":"refused","reason":"\u001b[31mno\n)" + std::string(500, 'x') + "\"}");
  EXPECT_EQ(refused->kind, Kind::refused);
  EXPECT_EQ(refused->reason.substr(0, 8), "?[31mno?");
  EXPECT_EQ(refused->reason.size(), 200U);
}

TEST(RelayMessageTest, a_line_is_one_line) {
  EXPECT_EQ(relay_line({{"type", "a\nb"}}), "{\"type\":\"a\\nb\"}\n");
}

}  // namespace
}  // namespace watchrig::central
