#include "system/devices/discovery/device_move.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using ::testing::ElementsAre;
using testing::FakeDevice;
using ::testing::HasSubstr;

FakeDevice::Reply card(const std::string& hardware, bool dhcp = false) {
  return FakeDevice::content(
      fmt::format("<R><NetworkInterfaces token=\"lan\"><Info><HwAddress>{}</HwAddress></Info><IPv4><Config>"
                  "<DHCP>{}</DHCP></Config></IPv4></NetworkInterfaces></R>",
                  hardware, dhcp));
}

/// A device at an address that it can keep, since the loopback network is the only one of a test.
class DeviceMove : public ::testing::Test {
 protected:
  DeviceMove() {
    device.replies["device GetNetworkInterfaces"] = card("02:00:00:00:00:01");
    device.replies["device SetNetworkDefaultGateway"] = note("gateway");
    device.replies["device SetNetworkInterfaces"] = note("card", "<RebootNeeded>false</RebootNeeded>");
    device.replies["device SetNetworkProtocols"] = note("ports");
    device.replies["device SystemReboot"] = note("restart");
  }
  FakeDevice::Reply note(const std::string& name, const std::string& answer = {}) {
    return [this, name, answer](const http::Request& request) {
      done.push_back(name);
      body = request.body;
      return FakeDevice::content("<R>" + answer + "</R>")(request);
    };
  }
  FoundDevice found() const {
    FoundDevice one;
    one.endpoint = "urn:uuid:1";
    one.service = device.contact().address;
    return one;
  }
  base::Result<FoundDevice> move(std::optional<StaticPlace> where) {
    return device.run(move_device(device.clock, found(), {"admin", "secret"}, where),
                      base::Result<FoundDevice>(base::Error{}));
  }

  static constexpr StaticPlace place{0x7f000001, 0xff000000, 0x7f0000fe};
  FakeDevice device;
  std::vector<std::string> done;
  std::string body;
};

TEST_F(DeviceMove, sets_the_gateway_first_and_waits_for_the_same_device) {
  const auto moved = move(place);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->service.host, "127.0.0.1");
  EXPECT_THAT(done, ElementsAre("gateway", "card"));
  EXPECT_THAT(body, HasSubstr("<tds:InterfaceToken>lan<"));
  EXPECT_THAT(body, HasSubstr("<tt:Address>127.0.0.1</tt:Address><tt:PrefixLength>8<"));
  EXPECT_THAT(body, HasSubstr("<tt:DHCP>false<"));
}

TEST_F(DeviceMove, restarts_a_device_that_wants_it) {
  device.replies["device SetNetworkInterfaces"] = note("card", "<RebootNeeded>true</RebootNeeded>");
  ASSERT_TRUE(move(place));
  EXPECT_THAT(done, ElementsAre("gateway", "card", "restart"));
}

TEST_F(DeviceMove, knows_a_device_that_has_got_its_own_address_by_dhcp) {
  device.replies["device SetNetworkInterfaces"] = [this](const http::Request& request) {
    device.replies["device GetNetworkInterfaces"] = card("02:00:00:00:00:01", true);
    return note("card", "<RebootNeeded>false</RebootNeeded>")(request);
  };
  ASSERT_TRUE(move(std::nullopt));
  EXPECT_THAT(done, ElementsAre("card"));
  EXPECT_THAT(body, HasSubstr("<tt:DHCP>true<"));
}

TEST_F(DeviceMove, is_refused_with_a_wrong_password_and_without_a_card) {
  device.replies["device GetNetworkInterfaces"] = FakeDevice::content("<R/>");
  EXPECT_EQ(move(place).error().kind, base::ErrorKind::unsupported);
  device.replies["device GetNetworkInterfaces"] = [](const auto&) {
    return FakeDevice::fault(400, "ter:NotAuthorized");
  };
  EXPECT_EQ(move(place).error().kind, base::ErrorKind::denied);
  EXPECT_TRUE(done.empty());
}

TEST_F(DeviceMove, sets_the_port_of_services) {
  const auto moved =
      device.run(move_device_port(device.clock, found(), {"admin", "secret"}, found().service.port),
                 base::Result<FoundDevice>(base::Error{}));
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_THAT(body, HasSubstr("<tt:Name>HTTP</tt:Name>"));
  EXPECT_THAT(body, HasSubstr(fmt::format("<tt:Port>{}<", found().service.port)));
}

}  // namespace
}  // namespace watchrig::devices
