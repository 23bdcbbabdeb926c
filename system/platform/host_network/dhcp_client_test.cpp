#include "system/platform/host_network/dhcp_client.hpp"

#include <gtest/gtest.h>

namespace watchrig::platform {
namespace {

TEST(DhcpLease, IsReadFromWhatTheClientPrints) {
  const auto lease = parse_lease(
      "udhcpc: started\nip=10.7.0.20\nsubnet=255.255.255.0\nrouter=10.7.0.1\ndns=10.7.0.2 "
      "9.9.9.9\nlease=600\n");
  ASSERT_TRUE(lease);
  EXPECT_EQ(format_ipv4(lease->address.address), "10.7.0.20");
  EXPECT_EQ(lease->address.prefix, 24u);
  EXPECT_EQ(format_ipv4(*lease->gateway), "10.7.0.1");
  EXPECT_EQ(lease->name_servers.size(), 2u);
  EXPECT_EQ(lease->seconds, 600u);
}

TEST(DhcpLease, OfAServerThatLiesIsRefused) {
  const std::string good = "ip=10.7.0.20\nsubnet=255.255.255.0\nlease=600\n";
  ASSERT_TRUE(parse_lease(good));
  for (const auto* wrong :
       {"", "ip=10.7.0.20", "ip=10.7.0.255\nsubnet=255.255.255.0\nlease=600",
        "ip=127.0.0.1\nsubnet=255.0.0.0\nlease=600", "ip=10.7.0.20\nsubnet=255.0.255.0\nlease=600",
        "ip=10.7.0.20\nsubnet=0.0.0.0\nlease=600", "ip=10.7.0.20\nsubnet=255.255.255.0\nlease=1",
        "ip=10.7.0.20;reboot\nsubnet=255.255.255.0\nlease=600"}) {
    const auto lease = parse_lease(wrong);
    ASSERT_FALSE(lease) << wrong;
    EXPECT_EQ(lease.error().kind, base::ErrorKind::corrupt);
  }
}

TEST(DhcpLease, AGatewayOutsideOfTheSubnetIsNone) {
  const auto lease = parse_lease("ip=10.7.0.20\nsubnet=255.255.255.0\nrouter=10.8.0.1\nlease=600\n");
  ASSERT_TRUE(lease);
  EXPECT_FALSE(lease->gateway);
}

}  // namespace
}  // namespace watchrig::platform
