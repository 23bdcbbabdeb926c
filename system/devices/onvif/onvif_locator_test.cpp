#include "system/devices/onvif/onvif_locator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"
#include "system/protocols/onvif/ws_security.hpp"

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::FakeDevice;
using ::testing::HasSubstr;

base::Result<std::string> locate(FakeDevice& device, const std::string& password = "secret") {
  const auto locator = make_onvif_locator(device.clock, device.contact(password), {});
  return device.run(locator->locate(), base::Result<std::string>(base::Error{}));
}

TEST(OnvifLocator, PrefersVersion2AndKeepsTheHostThatWasEntered) {
  FakeDevice device;
  device.serve(true, true);
  EXPECT_EQ(locate(device).value(), "rtsp://127.0.0.1/two");
  EXPECT_THAT(device.asked, ElementsAre("device GetSystemDateAndTime", "device GetServices",
                                        "media2 GetProfiles", "media2 GetStreamUri"));
}

TEST(OnvifLocator, FallsBackToVersion1WhereVersion2IsAnnouncedOnly) {
  FakeDevice device;
  device.serve(true, true);
  device.replies.erase("media2 GetProfiles");
  EXPECT_EQ(locate(device).value(), "rtsp://127.0.0.1:554/one?a=b");
}

TEST(OnvifLocator, AsksOldDevicesForTheirCapabilities) {
  FakeDevice device;
  device.serve(true, false);
  device.replies.erase("device GetServices");
  device.replies["device GetCapabilities"] = FakeDevice::content(
      "<R><Capabilities><Media><XAddr>http://x/onvif/media</XAddr></Media></Capabilities></R>");
  EXPECT_EQ(locate(device).value(), "rtsp://127.0.0.1:554/one?a=b");
}

TEST(OnvifLocator, SignsWithTheDevicesIdeaOfTheTime) {
  FakeDevice device;
  device.serve(true, false);
  const auto there = device.clock.now() + 1h;
  device.replies["device GetSystemDateAndTime"] = [&](const auto&) {
    return FakeDevice::date_and_time(there);
  };
  const auto usual = device.replies["media GetProfiles"];
  device.replies["media GetProfiles"] = [&](const http::Request& request) {
    const auto message = protocols::SoapMessage::parse(request.body).value();
    const auto token = protocols::find_username_token(message.header());
    const bool right = token && token->username == "admin" && proves(*token, "secret", there, 2s);
    return right ? usual(request) : FakeDevice::fault(400, "ter:NotAuthorized");
  };
  EXPECT_TRUE(locate(device));
  const auto refused = locate(device, "wrong");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::denied);
  EXPECT_THAT(refused.error().message, HasSubstr("trt:GetProfiles: user name or password is refused"));
}

TEST(OnvifLocator, AnswersChallengesOfDevicesWithoutTokens) {
  FakeDevice device;
  device.serve(true, false);
  const media::DigestServer digest("camera");
  const auto usual = device.replies["media GetProfiles"];
  device.replies["media GetProfiles"] = [&](const http::Request& request) {
    const auto header = request.headers.find("authorization");
    const auto outcome =
        digest.check(header == request.headers.end() ? "" : header->second, "POST", request.path,
                     [](std::string_view) { return std::optional<std::string>("secret"); });
    if (outcome.verdict == media::DigestServer::Verdict::granted) return usual(request);
    auto refusal = FakeDevice::fault(401, "ter:NotAuthorized");
    for (auto& challenge : digest.challenges(false)) {
      refusal.headers.emplace_back("WWW-Authenticate", std::move(challenge));
    }
    return refusal;
  };
  EXPECT_EQ(locate(device).value(), "rtsp://127.0.0.1:554/one?a=b");
  const auto refused = locate(device, "wrong");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::denied);
}

TEST(OnvifLocator, WhatIsWrongIsNamed) {
  FakeDevice device;
  const auto complaint = [&] {
    const auto found = locate(device);
    return found ? *found : found.error().message;
  };
  EXPECT_THAT(complaint(), HasSubstr("tds:GetCapabilities"));
  device.serve(false, false);
  device.replies["device GetCapabilities"] = FakeDevice::content("<R/>");
  EXPECT_THAT(complaint(), HasSubstr("no ONVIF media service"));
  device.serve(true, false);
  device.replies["media GetProfiles"] = FakeDevice::content("<R/>");
  EXPECT_THAT(complaint(), HasSubstr("0 video sources"));
  device.serve(true, false);
  device.replies["media GetStreamUri"] =
      FakeDevice::content("<R><MediaUri><Uri>file:///etc/passwd</Uri></MediaUri></R>");
  EXPECT_THAT(complaint(), HasSubstr("no rtsp[s]:// address"));
  device.replies["media GetStreamUri"] = [](const auto&) {
    return http::Response{200, "text/html", "<html>", {}, {}};
  };
  EXPECT_THAT(complaint(), HasSubstr("is there an ONVIF service at this port?"));
  device.replies["media GetStreamUri"] = [](const auto&) {
    return http::Response{302, "text/html", "", {}, {{"Location", "http://127.0.0.1/onvif/media"}}};
  };
  EXPECT_THAT(complaint(), HasSubstr("leads elsewhere"));
  device.replies["media GetStreamUri"] = [](const auto&) {
    return FakeDevice::soap(200, std::string(std::size_t{2} << 20, ' '));
  };
  EXPECT_THAT(complaint(), HasSubstr("larger than the 1048576 bytes"));
}

TEST(OnvifLocator, AsksForTheTransportByItsNameAndTakesHttpOnlyForHttp) {
  using Transport = media::RtspClient::Transport;
  struct Case {
    Transport transport;
    const char* newer;
    const char* older;
  };
  for (const auto& [transport, newer, older] : {Case{Transport::tcp, "RTSP", "RTSP"},
                                                {Transport::udp, "RtspUnicast", "UDP"},
                                                {Transport::http, "RtspOverHttp", "HTTP"}}) {
    for (const bool version2 : {true, false}) {
      FakeDevice device;
      device.serve(!version2, version2);
      std::string wanted;
      const std::string service = version2 ? "media2" : "media";
      device.replies[service + " GetStreamUri"] = [&](const http::Request& request) {
        const auto message = protocols::SoapMessage::parse(request.body).value();
        wanted =
            protocols::text_at(message.content(), version2 ? "Protocol" : "StreamSetup/Transport/Protocol");
        return FakeDevice::content(
            "<R><Uri>https://10.0.0.1:8443/a</Uri><MediaUri><Uri>https://10.0.0.1:8443/a"
            "</Uri></MediaUri></R>")(request);
      };
      const auto locator = make_onvif_locator(device.clock, device.contact("secret"), {1, "main", transport});
      const auto found = device.run(locator->locate(), base::Result<std::string>(base::Error{}));
      EXPECT_EQ(wanted, version2 ? newer : older);
      EXPECT_EQ(found ? *found : "", transport == Transport::http ? "https://127.0.0.1:8443/a" : "");
    }
  }
}

TEST(OnvifAddress, TakesWhatADeviceServiceHas) {
  const auto plain = parse_onvif_address("http://camera/onvif/device_service").value();
  EXPECT_EQ(plain.host, "camera");
  EXPECT_EQ(plain.port, 80);
  EXPECT_EQ(plain.profile, "");
  const auto full = parse_onvif_address("http://[fe80::1]:8080/x?y=1#Profile_2").value();
  EXPECT_EQ(full.host, "fe80::1");
  EXPECT_EQ(full.port, 8080);
  EXPECT_EQ(full.path, "/x?y=1");
  EXPECT_EQ(full.profile, "Profile_2");
  EXPECT_FALSE(full.tls);
  const auto by_tls = parse_onvif_address("https://camera/").value();
  EXPECT_TRUE(by_tls.tls);
  EXPECT_EQ(by_tls.port, 443);
  for (const char* text : {"", "camera", "rtsp://camera/", "http://"}) {
    EXPECT_EQ(parse_onvif_address(text).error().kind, base::ErrorKind::invalid) << text;
  }
}

}  // namespace
}  // namespace watchrig::devices
