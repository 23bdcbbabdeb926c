#include "system/protocols/registration/registration_message.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace watchrig::protocols {
namespace {

using namespace std::chrono_literals;
using Kind = RegistrationMessage::Kind;

bool is_good(const std::string& line) { return RegistrationMessage::parse(line).has_value(); }

TEST(RegistrationMessageTest, what_a_relay_says_is_understood) {
  EXPECT_EQ(RegistrationMessage::parse(R"({"type":"registered"})")->keep_alive, 30s);
  EXPECT_EQ(RegistrationMessage::parse(R"({"type":"registered","keep_alive":5,"later":[1]})")->keep_alive,
            5s);
  EXPECT_EQ(RegistrationMessage::parse(R"({"type":"alive"})")->kind, Kind::alive);
  EXPECT_EQ(RegistrationMessage::parse(R"({"type":"of a later version"})")->kind, Kind::other);
  const auto open = RegistrationMessage::parse(R"({"type":"open","tunnel":"a-1_Z","service":"https"})");
  EXPECT_EQ(open->kind, Kind::open);
  EXPECT_EQ(open->tunnel, "a-1_Z");
  EXPECT_EQ(open->service, "https");
  EXPECT_EQ(RegistrationMessage::parse(R"({"type":"open","tunnel":"t"})")->service, "http");
  EXPECT_EQ(RegistrationMessage::parse(R"({"type":"open","tunnel":"t","service":"rtsp"})")->service, "rtsp");
}

TEST(RegistrationMessageTest, what_a_device_says_is_understood) {
  const auto enrol = RegistrationMessage::parse(R"({"type":"register","version":1,"device_id":"gate-1"})");
  EXPECT_EQ(enrol->kind, Kind::enrol);
  EXPECT_EQ(enrol->device_id, "gate-1");
  EXPECT_EQ(RegistrationMessage::parse(R"({"type":"challenge","nonce":"n1"})")->nonce, "n1");
  EXPECT_EQ(RegistrationMessage::parse(R"({"type":"tunnel","tunnel":"t"})")->kind, Kind::tunnel);
  const auto closed = RegistrationMessage::parse(R"({"type":"closed","tunnel":"t","reason":"busy"})");
  EXPECT_EQ(closed->tunnel, "t");
  EXPECT_EQ(closed->reason, "busy");
}

// By openssl: printf 'gate-1\nabc' | openssl dgst -sha256 -hmac secret
TEST(RegistrationMessageTest, a_proof_is_an_hmac) {
  const auto proof = registration_proof("secret", "gate-1", "abc");
  EXPECT_EQ(proof, "de4de6dcefb7d2a7360cf8af907223bdb6552927d4e15a01f35538477ca5d095");
  EXPECT_TRUE(is_good(R"({"type":"proof","digest":")" + proof + R"("})"));
  EXPECT_FALSE(is_good(R"({"type":"proof","digest":")" + proof.substr(1) + R"("})"));
  EXPECT_FALSE(is_good(R"({"type":"proof","digest":"X)" + proof.substr(1) + R"("})"));
}

TEST(RegistrationMessageTest, limits_hold_on_both_sides) {
  for (const int seconds : {5, 300})
    EXPECT_TRUE(is_good(R"({"type":"registered","keep_alive":)" + std::to_string(seconds) + "}"));
  for (const int seconds : {4, 301, 0, -1})
    EXPECT_FALSE(is_good(R"({"type":"registered","keep_alive":)" + std::to_string(seconds) + "}"));
  for (const std::size_t size : {64, 65}) {
    const std::string text(size, 'x');
    EXPECT_EQ(is_good(fmt::format(R"({{"type":"register","device_id":"{}"}})", text)), size == 64);
    EXPECT_EQ(is_good(fmt::format(R"({{"type":"challenge","nonce":"{}"}})", text)), size == 64);
  }
  EXPECT_FALSE(is_good(R"({"type":"register","device_id":"a/b"})"));
  EXPECT_TRUE(is_good(R"({"type":"open","tunnel":")" + std::string(64, 'x') + R"("})"));
  EXPECT_FALSE(is_good(R"({"type":"open","tunnel":")" + std::string(65, 'x') + R"("})"));
}

TEST(RegistrationMessageTest, what_is_no_message_is_refused) {
  for (const char* line :
       {"", "[]", "{}", "\xff", R"({"type":7})", R"({"type":"open"})", R"({"type":"open","tunnel":"a\nb"})",
        R"({"type":"open","tunnel":"t","service":"ssh"})", R"({"type":"registered","keep_alive":"5"})",
        R"({"type":"alive"} {"type":"alive"})"})
    EXPECT_FALSE(is_good(line)) << line;
  EXPECT_FALSE(is_good(std::string(1000, '[')));
}

TEST(RegistrationMessageTest, a_reason_can_be_shown) {
  const auto refused = RegistrationMessage::parse(R"({"type":"refused","reason":"\u001b[31mno\n)" +
                                                  std::string(500, 'x') + "\"}");
  EXPECT_EQ(refused->kind, Kind::refused);
  EXPECT_EQ(refused->reason.substr(0, 8), "?[31mno?");
  EXPECT_EQ(refused->reason.size(), 200U);
}

TEST(RegistrationMessageTest, a_line_is_one_line) {
  EXPECT_EQ(registration_line({{"type", "a\nb"}}), "{\"type\":\"a\\nb\"}\n");
}

}  // namespace
}  // namespace watchrig::protocols
