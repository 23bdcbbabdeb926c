#include "system/platform/host_network/ipv4_address.hpp"

#include <gtest/gtest.h>

#include "system/platform/host_network/network_card.hpp"

namespace watchrig::platform {
namespace {

TEST(Ipv4Address, IsReadInItsStrictFormOnly) {
  EXPECT_EQ(parse_ipv4("192.168.1.108"), 0xc0a8016cu);
  EXPECT_EQ(format_ipv4(0xc0a8016c), "192.168.1.108");
  EXPECT_EQ(parse_ipv4("255.255.255.255"), 0xffffffffu);
  for (const auto* wrong : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.4 ",
                            "0x1.2.3.4", "1.2.3.+4", "1..3.4", "::1", "1.2.3.4;reboot", "-4"}) {
    EXPECT_FALSE(parse_ipv4(wrong)) << wrong;
  }
}

TEST(Ipv4Address, AMaskHasItsOnesOnTheLeft) {
  EXPECT_EQ(prefix_of_mask(*parse_ipv4("255.255.255.0")), 24u);
  EXPECT_EQ(prefix_of_mask(*parse_ipv4("255.255.255.252")), 30u);
  EXPECT_EQ(prefix_of_mask(0), 0u);
  EXPECT_EQ(prefix_of_mask(~Ipv4{0}), 32u);
  EXPECT_FALSE(prefix_of_mask(*parse_ipv4("255.0.255.0")));
  EXPECT_FALSE(prefix_of_mask(*parse_ipv4("0.0.0.255")));
}

TEST(Ipv4Address, ACardHasNeitherTheSubnetsNorItsBroadcastAddress) {
  EXPECT_TRUE(is_host_address(*parse_ipv4("10.0.0.1"), 24));
  EXPECT_TRUE(is_host_address(*parse_ipv4("10.0.0.254"), 24));
  EXPECT_FALSE(is_host_address(*parse_ipv4("10.0.0.0"), 24));
  EXPECT_FALSE(is_host_address(*parse_ipv4("10.0.0.255"), 24));
  EXPECT_TRUE(is_host_address(*parse_ipv4("10.0.0.0"), 31));
  for (const auto* wrong : {"0.1.2.3", "127.0.0.1", "224.0.0.5", "255.255.255.254"})
    EXPECT_FALSE(is_host_address(*parse_ipv4(wrong), 24)) << wrong;
}

TEST(CardName, IsNothingThatAProgramCouldTakeForSomethingElse) {
  for (const auto* right : {"eth0", "enp3s0f1", "lan-1", "eth0.100", "abcdefghijklmno"})
    EXPECT_TRUE(is_card_name(right)) << right;
  for (const auto* wrong :
       {"", "-h", "--help", ".", "..", "a/b", "a b", "a;b", "abcdefghijklmnop", "a\n", "ä"})
    EXPECT_FALSE(is_card_name(wrong)) << wrong;
}

}  // namespace
}  // namespace watchrig::platform
