#include "system/devices/onvif/onvif_locator.hpp"

#include <map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/http/http_server.hpp"
#include "system/protocols/onvif/ws_security.hpp"

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using protocols::add;
using testing::ElementsAre;
using testing::HasSubstr;

/// A device with answers of its own to each operation; what it does not know is a fault.
class FakeDevice {
 public:
  using Reply = std::function<http::Response(const http::Request&)>;

  FakeDevice() {
    router_.add_plain("POST", "/onvif/{service}", {}, "SOAP", [this](const http::Request& request) {
      const auto message = protocols::SoapMessage::parse(request.body);
      const std::string operation(message ? protocols::local_name(message->content()) : "");
      asked.push_back(request.param("service") + " " + operation);
      const auto reply = replies.find(asked.back());
      if (reply == replies.end()) return fault(400, "ter:ActionNotSupported");
      return reply->second(request);
    });
    server_ = *http::HttpServer::start({}, router_, [this] { return context_.get_executor(); });
    replies["device GetSystemDateAndTime"] = [this](const auto&) { return date_and_time(clock.now()); };
  }

  static http::Response soap(int status, const std::string& body) {
    return {status, "application/soap+xml", body, {}, {}};
  }
  static http::Response fault(int status, const std::string& code) {
    return soap(status, protocols::fault_text({protocols::SoapFault::Blame::sender, {code}, "no"}));
  }
  /// An answer whose content is the XML given.
  static Reply content(const std::string& xml) {
    return [xml](const http::Request&) {
      return soap(200, "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>" + xml +
                           "</s:Body></s:Envelope>");
    };
  }
  static http::Response date_and_time(base::UtcTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss hours(std::chrono::floor<std::chrono::seconds>(time - day));
    return content(
        fmt::format("<R><SystemDateAndTime><UTCDateTime><Time><Hour>{}</Hour><Minute>{}</Minute>"
                    "<Second>{}</Second></Time><Date><Year>{}</Year><Month>{}</Month><Day>{}</Day></Date>"
                    "</UTCDateTime></SystemDateAndTime></R>",
                    hours.hours().count(), hours.minutes().count(), hours.seconds().count(), int(date.year()),
                    unsigned(date.month()), unsigned(date.day())))({});
  }
  /// Services with these names and no others.
  void serve(bool version1, bool version2) {
    std::string services;
    const auto service = [&](const char* prefix, const char* path) {
      services += fmt::format(
          "<Service><Namespace>{}</Namespace><XAddr>http://10.0.0.1:8000/onvif/{}</XAddr></Service>",
          protocols::uri_of_prefix(prefix), path);
    };
    if (version1) service("trt", "media");
    if (version2) service("tr2", "media2");
    replies["device GetServices"] = content("<R>" + services + "</R>");
    replies["media GetProfiles"] =
        content("<R><Profiles token=\"one\"><VideoEncoderConfiguration/></Profiles></R>");
    replies["media GetStreamUri"] =
        content("<R><MediaUri><Uri>rtsp://10.0.0.1:554/one?a=b</Uri></MediaUri></R>");
    replies["media2 GetProfiles"] =
        content("<R><Profiles token=\"two\"><Configurations><VideoEncoder/></Configurations></Profiles></R>");
    replies["media2 GetStreamUri"] = content("<R><Uri>rtsp://root:pw@10.0.0.1/two</Uri></R>");
  }

  base::Result<std::string> locate(const std::string& password = "secret") {
    OnvifClient::Options options;
    options.address = {"127.0.0.1", server_->port(), "/onvif/device", ""};
    options.credentials = {"admin", password};
    const auto locator = make_onvif_locator(clock, options, {});
    base::Result<std::string> found = base::Error{};
    boost::asio::co_spawn(context_, locator->locate(),
                          [&](std::exception_ptr, base::Result<std::string> result) {
                            found = std::move(result);
                            context_.stop();
                          });
    context_.run();
    context_.restart();
    return found;
  }

  base::ManualClock clock{base::parse_utc("2026-01-31T12:00:00Z").value()};
  std::map<std::string, Reply> replies;
  std::vector<std::string> asked;

 private:
  boost::asio::io_context context_{1};
  http::Router router_;
  std::unique_ptr<http::HttpServer> server_;
};

TEST(OnvifLocator, PrefersVersion2AndKeepsTheHostThatWasEntered) {
  FakeDevice device;
  device.serve(true, true);
  EXPECT_EQ(device.locate().value(), "rtsp://127.0.0.1/two");
  EXPECT_THAT(device.asked, ElementsAre("device GetSystemDateAndTime", "device GetServices",
                                        "media2 GetProfiles", "media2 GetStreamUri"));
}

TEST(OnvifLocator, FallsBackToVersion1WhereVersion2IsAnnouncedOnly) {
  FakeDevice device;
  device.serve(true, true);
  device.replies.erase("media2 GetProfiles");
  EXPECT_EQ(device.locate().value(), "rtsp://127.0.0.1:554/one?a=b");
}

TEST(OnvifLocator, AsksOldDevicesForTheirCapabilities) {
  FakeDevice device;
  device.serve(true, false);
  device.replies.erase("device GetServices");
  device.replies["device GetCapabilities"] = FakeDevice::content(
      "<R><Capabilities><Media><XAddr>http://x/onvif/media</XAddr></Media></Capabilities></R>");
  EXPECT_EQ(device.locate().value(), "rtsp://127.0.0.1:554/one?a=b");
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
  EXPECT_TRUE(device.locate());
  const auto refused = device.locate("wrong");
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
  EXPECT_EQ(device.locate().value(), "rtsp://127.0.0.1:554/one?a=b");
  const auto refused = device.locate("wrong");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::denied);
}

TEST(OnvifLocator, WhatIsWrongIsNamed) {
  FakeDevice device;
  const auto complaint = [&] {
    const auto found = device.locate();
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
  EXPECT_THAT(complaint(), HasSubstr("no rtsp:// address"));
  device.replies["media GetStreamUri"] = [](const auto&) {
    return http::Response{200, "text/html", "<html>", {}, {}};
  };
  EXPECT_THAT(complaint(), HasSubstr("is this an ONVIF device?"));
  device.replies["media GetStreamUri"] = [](const auto&) {
    return http::Response{302, "text/html", "", {}, {{"Location", "http://127.0.0.1/onvif/media"}}};
  };
  EXPECT_THAT(complaint(), HasSubstr("leads elsewhere"));
  device.replies["media GetStreamUri"] = [](const auto&) {
    return FakeDevice::soap(200, std::string(std::size_t{2} << 20, ' '));
  };
  EXPECT_THAT(complaint(), HasSubstr("body limit"));
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
  EXPECT_EQ(parse_onvif_address("https://camera/").error().kind, base::ErrorKind::unsupported);
  for (const char* text : {"", "camera", "rtsp://camera/", "http://"}) {
    EXPECT_EQ(parse_onvif_address(text).error().kind, base::ErrorKind::invalid) << text;
  }
}

}  // namespace
}  // namespace watchrig::devices
