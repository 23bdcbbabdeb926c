#include "system/devices/discovery/address_range.hpp"

#include <gtest/gtest.h>

namespace watchrig::devices {
namespace {

std::string shown(std::string_view text) {
  const auto range = parse_address_range(text);
  return range ? address_text(range->first) + "-" + address_text(range->last) : "refused";
}

TEST(AddressRange, is_an_address_a_range_or_a_segment) {
  EXPECT_EQ(shown("10.0.0.5"), "10.0.0.5-10.0.0.5");
  EXPECT_EQ(shown("10.0.0.5-10.0.0.90"), "10.0.0.5-10.0.0.90");
  EXPECT_EQ(shown("10.0.0.5 - 10.0.1.4"), "10.0.0.5-10.0.1.4");
  EXPECT_EQ(shown("10.0.0.77/24"), "10.0.0.1-10.0.0.254");
  EXPECT_EQ(shown("10.0.0.77/32"), "10.0.0.77-10.0.0.77");
  EXPECT_EQ(shown("10.0.0.76/31"), "10.0.0.76-10.0.0.77");
  EXPECT_EQ(parse_address_range("10.0.0.0/16")->size(), 65534U);
}

TEST(AddressRange, others_are_refused) {
  for (const char* text : {"", "-", "gate", "10.0.0", "10.0.0.256", "10.0.0.9-10.0.0.8", "10.0.0.0/0",
                           "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "224.0.0.1", "0.0.0.1",
                           "255.255.255.255", "::1", "223.0.0.1-224.0.0.1", "10.0.0.1-10.0.0.2-10.0.0.3"}) {
    EXPECT_EQ(shown(text), "refused") << text;
  }
}

}  // namespace
}  // namespace watchrig::devices
