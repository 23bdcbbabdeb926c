#include "system/devices/discovery/address_plan.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "system/devices/discovery/address_range.hpp"

namespace watchrig::devices {
namespace {

StaticPlace place(const std::string& address, const std::string& mask, const std::string& gateway = {}) {
  return {*ipv4_number(address), *ipv4_number(mask), gateway.empty() ? 0 : *ipv4_number(gateway)};
}
std::string wrong(const StaticPlace& one) {
  const auto error = find_wrong(one);
  return error ? error->field : "";
}
std::vector<std::string> all(AddressPlan plan) {
  std::vector<std::string> found;
  while (const auto next = plan.next()) found.push_back(address_text(*next));
  return found;
}

TEST(AddressPlan, takes_masks_of_8_to_30_bits) {
  EXPECT_EQ(wrong(place("10.0.0.10", "255.0.0.0")), "");
  EXPECT_EQ(wrong(place("10.0.0.10", "254.0.0.0")), "mask");
  EXPECT_EQ(wrong(place("10.0.0.9", "255.255.255.252")), "");
  EXPECT_EQ(wrong(place("10.0.0.9", "255.255.255.254")), "mask");
  EXPECT_EQ(wrong(place("10.0.0.10", "255.255.0.255")), "mask");
  EXPECT_EQ(wrong(place("10.0.0.10", "0.0.0.0")), "mask");
  EXPECT_EQ(place("10.0.0.10", "255.255.255.0").prefix_length(), 24);
}

TEST(AddressPlan, takes_hosts_of_a_network) {
  EXPECT_EQ(wrong(place("10.0.0.0", "255.255.255.0")), "address");
  EXPECT_EQ(wrong(place("10.0.0.1", "255.255.255.0")), "");
  EXPECT_EQ(wrong(place("10.0.0.254", "255.255.255.0")), "");
  EXPECT_EQ(wrong(place("10.0.0.255", "255.255.255.0")), "address");
  EXPECT_EQ(wrong(place("10.0.0.255", "255.255.254.0")), "");
  EXPECT_EQ(wrong(place("224.0.0.1", "255.255.255.0")), "address");
  EXPECT_EQ(wrong(place("0.0.0.1", "255.255.255.0")), "address");
  EXPECT_FALSE(ipv4_number("10.0.0"));
  EXPECT_FALSE(ipv4_number("010.0.0.1"));
}

TEST(AddressPlan, takes_a_gateway_of_the_same_network) {
  EXPECT_EQ(wrong(place("10.0.0.10", "255.255.255.0", "10.0.0.1")), "");
  EXPECT_EQ(wrong(place("10.0.0.10", "255.255.255.0", "10.0.1.1")), "gateway");
  EXPECT_EQ(wrong(place("10.0.0.10", "255.255.255.0", "10.0.0.0")), "gateway");
  EXPECT_EQ(wrong(place("10.0.0.10", "255.255.255.0", "10.0.0.255")), "gateway");
  EXPECT_EQ(wrong(place("10.0.0.10", "255.255.255.0", "10.0.0.10")), "gateway");
}

TEST(AddressPlan, raises_the_fourth_octet_within_the_network) {
  EXPECT_EQ(all({place("10.0.0.248", "255.255.255.0"), 2}),
            (std::vector<std::string>{"10.0.0.248", "10.0.0.250", "10.0.0.252", "10.0.0.254"}));
  EXPECT_EQ(all({place("10.0.0.252", "255.255.255.0", "10.0.0.253"), 1}),
            (std::vector<std::string>{"10.0.0.252", "10.0.0.254"}));
  EXPECT_EQ(all({place("10.0.0.5", "255.255.255.248"), 1}),
            (std::vector<std::string>{"10.0.0.5", "10.0.0.6"}));
  EXPECT_EQ(all({place("10.0.0.1", "255.255.255.0"), 254}), (std::vector<std::string>{"10.0.0.1"}));
  EXPECT_EQ(all({place("10.0.0.254", "255.255.254.0"), 1}),
            (std::vector<std::string>{"10.0.0.254", "10.0.0.255"}));
}

}  // namespace
}  // namespace watchrig::devices
