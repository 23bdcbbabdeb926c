#include "system/base/plain_address.hpp"

#include <gtest/gtest.h>

namespace watchrig::base {
namespace {

namespace ip = boost::asio::ip;

TEST(PlainAddressTest, MappedAndScopedAddressesAreThoseThatPeopleKnow) {
  EXPECT_EQ(plain_address(ip::make_address("::ffff:192.0.2.7")).to_string(), "192.0.2.7");
  EXPECT_EQ(plain_address(ip::address_v6(ip::make_address_v6("fe80::1").to_bytes(), 3)).to_string(),
            "fe80::1");
}

TEST(PlainAddressTest, OneSubscriberIsOneSourceWhateverHostsItInvents) {
  const auto source = [](const char* text) { return source_of(ip::make_address(text)).to_string(); };
  EXPECT_EQ(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(source("2001:db8:1:2:ffff::"), source("2001:db8:1:2::9"));
  EXPECT_NE(source("2001:db8:1:3::9"), source("2001:db8:1:2::9"));
  EXPECT_EQ(source("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_NE(source("192.0.2.7"), source("192.0.2.8"));
}

TEST(PlainAddressTest, SourcesHaveNamesThatPeopleRead) {
  EXPECT_EQ(source_name("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(source_name("2001:db8:1:2::/64"), "2001:db8:1:2::/64");
  EXPECT_EQ(source_name("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(source_name("gate"), "gate");
}

}  // namespace
}  // namespace watchrig::base
