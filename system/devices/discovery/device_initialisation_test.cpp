#include "system/devices/discovery/device_initialisation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

class DeviceInitialisation : public ::testing::Test {
 protected:
  DeviceInitialisation() {
    device.replies["device GetUsers"] = [this](const http::Request& request) {
      const bool signed_in = request.body.find("UsernameToken") != std::string::npos;
      if (created && !signed_in) return testing::FakeDevice::fault(401, "ter:NotAuthorized");
      return testing::FakeDevice::content(
          created ? "<R><User><Username>admin</Username><UserLevel>Administrator</UserLevel></User></R>"
                  : "<R/>")(request);
    };
    device.replies["device CreateUsers"] = [this](const http::Request& request) {
      created = true;
      asked = request.body;
      return testing::FakeDevice::content("<R/>")(request);
    };
  }
  base::Result<Initialised> initialise() {
    FoundDevice found;
    found.service = device.contact().address;
    return device.run(initialise_device(device.clock, found, {{"admin", "Rig.Pass.26"}, "a@example.org"}),
                      base::Result<Initialised>(base::Error{}));
  }

  testing::FakeDevice device;
  bool created = false;
  std::string asked;
};

TEST_F(DeviceInitialisation, makes_the_administrator_and_signs_in) {
  const auto done = initialise();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(done->device.initialised.value_or(false));
  EXPECT_FALSE(done->email_kept);
  EXPECT_THAT(asked, ::testing::HasSubstr("Rig.Pass.26"));
  EXPECT_THAT(asked, ::testing::HasSubstr("Administrator"));
}

TEST_F(DeviceInitialisation, leaves_a_device_alone_that_has_an_administrator) {
  created = true;
  const auto done = initialise();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::conflict);
  EXPECT_TRUE(asked.empty());
}

TEST_F(DeviceInitialisation, is_not_done_by_a_device_that_forgets) {
  device.replies["device CreateUsers"] = testing::FakeDevice::content("<R/>");
  device.replies["device GetUsers"] = [](const http::Request& request) {
    const bool signed_in = request.body.find("UsernameToken") != std::string::npos;
    return signed_in ? testing::FakeDevice::fault(400, "ter:NotAuthorized")
                     : testing::FakeDevice::content("<R/>")(request);
  };
  const auto done = initialise();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::denied);
}

TEST_F(DeviceInitialisation, tells_of_a_device_that_says_nothing) {
  device.replies.erase("device GetUsers");
  const auto done = initialise();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::unavailable);
}

}  // namespace
}  // namespace watchrig::devices
