#include "system/platform/host_network/card_alarms.hpp"

#include <gtest/gtest.h>

namespace watchrig::platform {
namespace {

using namespace std::chrono_literals;
using Kind = CardNews::Kind;
using News = CardAlarms::News;

constexpr MacAddress first{2, 0, 0, 0, 0, 1}, second{2, 0, 0, 0, 0, 2}, foreign{2, 0, 0, 0, 0, 9};
constexpr Ipv4 ours = 0x0A010102, also_ours = 0x0A010103, theirs = 0x0A010109;

class CardAlarmsTest : public testing::Test {
 protected:
  News see(bool enabled, bool online) { return alarms.see({{7, "lan1", first, enabled, online, {ours}}}); }
  News hear(const MacAddress& sender, Ipv4 address) { return alarms.hear(7, {sender, address}, now); }

  CardAlarms alarms;
  base::UtcTime now{1h};
};

TEST_F(CardAlarmsTest, ALinkIsLostOnceAndRestoredOnce) {
  EXPECT_EQ(see(true, true), News{});
  EXPECT_EQ(see(true, false), (News{{Kind::link, true, "lan1"}}));
  EXPECT_EQ(see(true, false), News{});
  EXPECT_EQ(alarms.see({}), News{}) << "the card is gone for a while";
  EXPECT_EQ(see(true, true), (News{{Kind::link, false, "lan1"}}));
  EXPECT_EQ(see(true, true), News{});
}

TEST_F(CardAlarmsTest, ALinkThatIsNotThereAtTheStartIsLost) {
  for (unsigned look = 1; look < CardAlarms::looks_at_start; ++look)
    EXPECT_EQ(see(true, false), News{}) << "it may still come, look " << look;
  EXPECT_EQ(see(true, false), (News{{Kind::link, true, "lan1"}}));
  EXPECT_EQ(see(true, false), News{});
  EXPECT_EQ(see(true, true), (News{{Kind::link, false, "lan1"}}));
  EXPECT_EQ(see(true, false), (News{{Kind::link, true, "lan1"}})) << "from then on at once";
}

TEST_F(CardAlarmsTest, ALinkThatComesSoonAfterTheStartWasNotLost) {
  for (unsigned look = 1; look < CardAlarms::looks_at_start; ++look) see(true, false);
  EXPECT_EQ(see(true, true), News{});
}

TEST_F(CardAlarmsTest, ALinkThatWasLostBeforeAStartIsToldAgain) {
  alarms = CardAlarms({"lan1"});
  News told;
  for (unsigned look = 0; look < 2 * CardAlarms::looks_at_start; ++look)
    for (const auto& one : see(true, false)) told.push_back(one);
  EXPECT_EQ(told, (News{{Kind::link, true, "lan1"}}));
  EXPECT_EQ(see(true, true), (News{{Kind::link, false, "lan1"}}));
}

TEST_F(CardAlarmsTest, ALinkThatWasLostBeforeAStartAndIsThereIsRestored) {
  alarms = CardAlarms({"lan1", "lan2"});
  EXPECT_EQ(see(true, true), (News{{Kind::link, false, "lan1"}}));
  EXPECT_EQ(see(true, true), News{});
}

TEST_F(CardAlarmsTest, ACardThatComesLaterWithoutALinkHasLostNone) {
  alarms.see({});
  for (unsigned look = 0; look < 2 * CardAlarms::looks_at_start; ++look) EXPECT_EQ(see(true, false), News{});
}

TEST_F(CardAlarmsTest, ACardThatIsSwitchedOffHasLostNothing) {
  EXPECT_EQ(see(false, false), News{});
  see(true, true);
  EXPECT_EQ(see(false, false), News{});
  for (unsigned look = 0; look < 2 * CardAlarms::looks_at_start; ++look)
    EXPECT_EQ(see(true, false), News{}) << "switched on without a link";
}

TEST_F(CardAlarmsTest, AnAddressConflictLastsWhileTheOtherAnswers) {
  see(true, true);
  EXPECT_EQ(hear(foreign, 0), News{}) << "one that asks whether the address is free does not have it";
  EXPECT_EQ(hear(foreign, theirs), News{});
  EXPECT_EQ(hear(foreign, ours),
            (News{{Kind::address_conflict, true, "lan1", "10.1.1.2", "02:00:00:00:00:09"}}));
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(alarms.asked(now), News{});
    EXPECT_EQ(hear(foreign, ours), News{});
  }
  for (unsigned n = 0; n < CardAlarms::unanswered_at_end; ++n) EXPECT_EQ(alarms.asked(now), News{});
  EXPECT_EQ(alarms.asked(now),
            (News{{Kind::address_conflict, false, "lan1", "10.1.1.2", "02:00:00:00:00:09"}}));
  EXPECT_EQ(alarms.asked(now), News{});
}

TEST_F(CardAlarmsTest, AnAddressConflictGoesOnWhileNobodyIsAskedForWantOfALink) {
  see(true, true);
  hear(foreign, ours);
  see(true, false);
  for (unsigned n = 0; n < 2 * CardAlarms::unanswered_at_end; ++n) EXPECT_EQ(alarms.asked(now), News{});
  see(true, true);
  EXPECT_EQ(hear(foreign, ours), News{}) << "the same conflict";
}

TEST_F(CardAlarmsTest, AnAddressConflictEndsWithTheAddress) {
  see(true, true);
  hear(foreign, ours);
  EXPECT_EQ(alarms.see({{7, "lan1", first, true, true, {also_ours}}}).size(), 1U);
  EXPECT_EQ(hear(foreign, ours), News{});
}

TEST_F(CardAlarmsTest, AMacConflictLastsUntilTheOtherIsSilent) {
  see(true, true);
  EXPECT_EQ(hear(first, ours), News{}) << "what the card has sent itself";
  EXPECT_EQ(hear(first, theirs), (News{{Kind::mac_conflict, true, "lan1", "10.1.1.9", "02:00:00:00:00:01"}}));
  now += CardAlarms::silence_at_end - 1s;
  EXPECT_EQ(hear(first, theirs), News{});
  now += CardAlarms::silence_at_end - 1s;
  EXPECT_EQ(alarms.asked(now), News{});
  now += 1s;
  EXPECT_EQ(alarms.asked(now), (News{{Kind::mac_conflict, false, "lan1", "10.1.1.9", "02:00:00:00:00:01"}}));
}

TEST_F(CardAlarmsTest, OwnCardsAtOneNetworkAreNoConflict) {
  alarms.see({{7, "lan1", first, true, true, {ours}}, {8, "lan2", second, true, true, {also_ours}}});
  EXPECT_EQ(hear(second, ours), News{}) << "Linux answers for all of its addresses at every card";
  EXPECT_EQ(hear(second, theirs), News{});
  EXPECT_EQ(alarms.hear(9, {foreign, ours}, now), News{}) << "at a card that nobody knows";
}

TEST(ArpPacket, AProbeIsReadAsAQuestionOfNobody) {
  const auto probe = arp_probe(first, ours);
  const auto read = parse_arp(probe);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sender, first);
  EXPECT_EQ(read->sender_address, 0U);
  EXPECT_EQ(probe[24], 10);
  EXPECT_EQ(probe[27], 2);
}

TEST(ArpPacket, WhatIsNotWholeOrNotOfIpv4IsLeft) {
  auto packet = arp_probe(first, ours);
  packet[14] = 10, packet[17] = 5;
  EXPECT_EQ(parse_arp(packet)->sender_address, 0x0A000005U);
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_FALSE(parse_arp(std::span(packet).first(size))) << size;
  for (const std::size_t at : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
    auto other = packet;
    other[at] = 99;
    EXPECT_FALSE(parse_arp(other)) << at;
  }
}

}  // namespace
}  // namespace watchrig::platform
