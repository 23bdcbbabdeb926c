#include "system/devices/onvif/onvif_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using ::testing::Contains;
using testing::FakeDevice;
using ::testing::HasSubstr;
using ::testing::Not;

std::string scope(const char* kind, const std::string& item) {
  return fmt::format(
      "<Scopes><ScopeDef>{}</ScopeDef><ScopeItem>onvif://www.onvif.org/{}</ScopeItem></Scopes>", kind, item);
}

struct OnvifNameTest : ::testing::Test {
  base::Result<std::string> push(const std::string& name) {
    return device.run(push_name(device.clock, device.contact(), name),
                      base::Result<std::string>(base::Error{}));
  }
  void has(const std::string& scopes) {
    device.replies["device GetScopes"] = FakeDevice::content("<R>" + scopes + "</R>");
  }
  /// Takes what it is sent, as `told` says.
  void takes(const char* operation, const std::string& told = {}) {
    device.replies[std::string("device ") + operation] = [this, told](const http::Request& request) {
      sent = request.body;
      if (!told.empty()) has(told);
      return FakeDevice::content("<R/>")(request);
    };
  }

  FakeDevice device;
  std::string sent;
};

TEST_F(OnvifNameTest, ReplacesTheScopeAndKeepsTheOthers) {
  has(scope("Fixed", "type/x") + scope("Configurable", "name/old") + scope("Configurable", "location/roof"));
  takes("SetScopes", scope("Configurable", "name/North%20gate"));
  const auto pushed = push("North gate");
  ASSERT_TRUE(pushed) << pushed.error().message;
  EXPECT_EQ(*pushed, "scope");
  EXPECT_THAT(sent, HasSubstr("Scopes>onvif://www.onvif.org/location/roof<"));
  EXPECT_THAT(sent, HasSubstr("Scopes>onvif://www.onvif.org/name/North%20gate<"));
  EXPECT_THAT(sent, Not(HasSubstr("name/old")));
  EXPECT_THAT(sent, Not(HasSubstr("type/x")));
}

TEST_F(OnvifNameTest, AFixedNameOrOneThatDoesNotStayLeavesTheHostName) {
  has(scope("Fixed", "name/model"));
  takes("SetHostname");
  EXPECT_EQ(*push("gate-1"), "hostname");
  EXPECT_THAT(sent, HasSubstr("Name>gate-1<"));
  has(scope("Configurable", "name/old"));
  takes("SetScopes", scope("Configurable", "name/old"));
  EXPECT_EQ(*push("gate-2"), "hostname");
  device.replies.erase("device GetScopes");
  EXPECT_EQ(*push("gate-3"), "hostname");
}

TEST_F(OnvifNameTest, AHostNameHasLettersDigitsAndHyphensOnly) {
  has(scope("Fixed", "name/model"));
  takes("SetHostname");
  for (const auto& wrong : {std::string("North gate"), std::string("-gate"), std::string(64, 'a')}) {
    const auto pushed = push(wrong);
    ASSERT_FALSE(pushed) << wrong;
    EXPECT_EQ(pushed.error().kind, base::ErrorKind::unsupported);
  }
  EXPECT_THAT(device.asked, Not(Contains("device SetHostname")));
  EXPECT_TRUE(push(std::string(63, 'a')));
}

}  // namespace
}  // namespace watchrig::devices
