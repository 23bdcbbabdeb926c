#include "system/central/time/ntp_packet.hpp"

#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using base::UtcTime;

UtcTime utc(const char* text) { return base::parse_utc(text).value(); }

const UtcTime sent = utc("2026-01-31T12:00:00Z");

NtpPacket good_answer() {
  NtpPacket packet;
  packet.mode = NtpPacket::server;
  packet.stratum = 2;
  packet.reference = {'\x7f', '\0', '\0', '\x01'};
  packet.reference_time = to_ntp(sent - 1h);
  packet.receive = to_ntp(sent + 10s + 20ms);
  packet.transmit = to_ntp(sent + 10s + 30ms);
  return packet;
}

ErrorKind refused(const NtpPacket& packet) {
  const auto sample = judge_ntp(packet, sent, sent + 50ms);
  return sample ? ErrorKind::cancelled : sample.error().kind;
}

TEST(NtpPacketTest, timestamps_are_seconds_since_1900_and_go_on_after_2036) {
  EXPECT_EQ(to_ntp(UtcTime{}), NtpTimestamp{2'208'988'800} << 32U) << "RFC 5905, 6";
  EXPECT_EQ(to_ntp(utc("2036-02-07T06:28:16Z")), 0U) << "the second era begins, RFC 5905, 6";
  EXPECT_EQ(to_ntp(UtcTime{500ms}) & 0xffffffffU, 0x80000000U);
  for (const char* text : {"1999-12-31T23:59:59.999Z", "2036-02-07T06:28:15.999Z", "2036-02-07T06:28:16Z",
                           "2150-06-01T00:00:00.250Z"}) {
    const auto time = utc(text);
    EXPECT_LE(std::chrono::abs(from_ntp(to_ntp(time), time + 24h * 365 * 60) - time), 1ns) << text;
    EXPECT_LE(std::chrono::abs(from_ntp(to_ntp(time), time - 24h * 365 * 60) - time), 1ns) << text;
  }
}

TEST(NtpPacketTest, offset_and_delay_are_those_of_rfc_5905) {
  const auto sample = judge_ntp(good_answer(), sent, sent + 50ms).value();
  EXPECT_NEAR(static_cast<double>(sample.offset.count()), 10e9, 10);
  EXPECT_NEAR(static_cast<double>(sample.delay.count()), 40e6, 10);
  EXPECT_EQ(sample.reference, "127.0.0.1");
}

TEST(NtpPacketTest, an_exchange_over_the_change_of_era) {
  const auto end = utc("2036-02-07T06:28:15.980Z");
  auto packet = good_answer();
  packet.reference_time = to_ntp(end - 1h);
  packet.receive = to_ntp(end + 10ms);
  packet.transmit = to_ntp(end + 30ms);  // in the next era
  const auto sample = judge_ntp(packet, end, end + 40ms).value();
  EXPECT_LE(std::chrono::abs(sample.offset), 10ns);
  EXPECT_LE(std::chrono::abs(sample.delay - 20ms), 10ns);
}

TEST(NtpPacketTest, a_server_that_does_not_know_the_time_is_not_believed) {
  auto packet = good_answer();
  packet.leap = 3;
  EXPECT_EQ(refused(packet), ErrorKind::unavailable);
  packet.leap = 1;  // a leap second at the end of the day is no reason
  EXPECT_EQ(refused(packet), ErrorKind::cancelled);
  packet.stratum = 15;
  EXPECT_EQ(refused(packet), ErrorKind::cancelled);
  packet.stratum = 16;
  EXPECT_EQ(refused(packet), ErrorKind::unavailable);
  packet = good_answer();
  packet.root_delay = 31s;
  EXPECT_EQ(refused(packet), ErrorKind::cancelled);
  packet.root_dispersion = 500ms;
  EXPECT_EQ(refused(packet), ErrorKind::unavailable) << "16 s together";
  packet = good_answer();
  packet.leap = 3;
  packet.stratum = 0;
  packet.reference.assign(4, '\0');
  EXPECT_THAT(judge_ntp(packet, sent, sent).error().message, ::testing::HasSubstr("not synchronised"))
      << "chronyd";
}

TEST(NtpPacketTest, a_kiss_of_death_says_what_to_do) {
  auto packet = good_answer();
  packet.stratum = 0;
  for (const auto& [code, kind] :
       {std::pair("RATE", ErrorKind::full), std::pair("DENY", ErrorKind::denied),
        std::pair("RSTR", ErrorKind::denied), std::pair("INIT", ErrorKind::unavailable)}) {
    packet.reference = code;
    EXPECT_EQ(refused(packet), kind) << code;
  }
}

TEST(NtpPacketTest, contradictions_are_corrupt) {
  auto packet = good_answer();
  packet.transmit = 0;
  EXPECT_EQ(refused(packet), ErrorKind::corrupt);
  packet = good_answer();
  packet.receive = packet.transmit + 1;
  EXPECT_EQ(refused(packet), ErrorKind::corrupt) << "it was sent before it came";
  packet = good_answer();
  packet.reference_time = packet.transmit + 1;
  EXPECT_EQ(refused(packet), ErrorKind::corrupt) << "it was set in the future";
  packet = good_answer();
  packet.transmit = to_ntp(sent + 10s + 20ms + 200ms);
  EXPECT_EQ(refused(packet), ErrorKind::corrupt) << "it took longer than the whole exchange";
}

TEST(NtpPacketTest, the_header_is_read_as_rfc_5905_draws_it) {
  base::Bytes bytes(NtpPacket::size);
  bytes[0] = 0b01'100'100;
  bytes[1] = 1;
  bytes[5] = 1;  // root delay: one second is 0x10000
  bytes[10] = 0x80;
  bytes[12] = 'G';
  bytes[13] = 'P';
  bytes[14] = 'S';
  bytes[31] = 7;
  const auto packet = NtpPacket::parse(bytes).value();
  EXPECT_EQ(packet.leap, 1U);
  EXPECT_EQ(packet.version, 4U);
  EXPECT_EQ(packet.mode, NtpPacket::server);
  EXPECT_EQ(packet.root_delay, 1s);
  EXPECT_EQ(packet.root_dispersion, 500ms);
  EXPECT_EQ(packet.origin, 7U);
  bytes.pop_back();
  EXPECT_FALSE(NtpPacket::parse(bytes));
}

}  // namespace
}  // namespace watchrig::central
