#include "simulators/camera/personalities/quirky_manners.hpp"

#include <gmock/gmock.h>

#include "simulators/camera/personalities/hostile_answers.hpp"
#include "simulators/camera/personalities/quirky_sdp.hpp"

namespace watchrig::camera {
namespace {

using media::RtspRequest;
using media::RtspResponse;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view base_url = "rtsp://127.0.0.1:5554/main/";
constexpr std::string_view sdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IA,aM4=; "
    "profile-level-id=42\r\na=control:track0\r\nm=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=control:track1\r\n";

class QuirkyMannersTest : public ::testing::Test {
 protected:
  std::unique_ptr<QuirkyManners> connect(const char* text) {
    const auto quirks = *Quirks::parse(text);
    if (!memory) memory = std::make_shared<QuirkyMemory>(quirks, clock);
    return std::make_unique<QuirkyManners>(quirks, "cam", memory);
  }
  static RtspRequest request(const char* method, bool password = false) {
    RtspRequest made;
    made.method = method;
    if (password) made.headers.add("Authorization", "Digest username=\"admin\"");
    return made;
  }
  static int instead(QuirkyManners& manners, const RtspRequest& asked) {
    const auto answer = manners.instead(asked);
    return answer ? answer->status : 0;
  }

  base::ManualClock clock{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
  std::shared_ptr<QuirkyMemory> memory;
};

TEST_F(QuirkyMannersTest, DescriptionsHaveWhatTheirQuirksSay) {
  const auto text = [](const char* quirks) { return quirky_sdp(*Quirks::parse(quirks), sdp, base_url); };
  EXPECT_EQ(text("no-marker"), sdp);
  EXPECT_THAT(text("sdp-without-parameters"),
              HasSubstr("a=fmtp:96 packetization-mode=1;profile-level-id=42\r\n"));
  EXPECT_THAT(text("sdp-without-control"), Not(HasSubstr("control")));
  EXPECT_THAT(text("sdp-foreign-host"), HasSubstr("a=control:rtsp://192.0.2.1/main\r\nm=video"));
  EXPECT_THAT(text("sdp-foreign-host"), HasSubstr("a=control:rtsp://192.0.2.1/main/track1\r\n"));
  EXPECT_THAT(text("sdp-wrong-clock"), HasSubstr("a=rtpmap:96 H264/8000\r\n"));
  EXPECT_THAT(text("sdp-unknown-lines"), HasSubstr("y=0100000001\r\n"));
}

TEST_F(QuirkyMannersTest, WhoeverAsksIsSentToItself) {
  auto asked = request("DESCRIBE");
  asked.uri = "rtsp://10.0.0.1/main";
  const auto answer = connect("redirect-loop")->instead(asked);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(answer->headers.find("Location"), asked.uri);
  EXPECT_FALSE(connect("redirect-loop")->instead(request("OPTIONS")));
}

TEST(HostileAnswers, AreWhatTheirQuirksSay) {
  http::Request request;
  request.path = "/onvif/device_service";
  const auto answer = [&](const char* quirks) { return hostile_answer(*Quirks::parse(quirks), request); };
  EXPECT_FALSE(answer("no-rtcp"));
  EXPECT_THAT(answer("soap-bomb")->body, HasSubstr("<!ENTITY e9"));
  EXPECT_LT(answer("soap-bomb")->body.size(), 4096U) << "small, as long as nobody reads it";
  EXPECT_THAT(answer("soap-deep")->body, HasSubstr("<a><a><a>"));
  EXPECT_GT(answer("soap-huge")->body.size(), std::size_t{8} << 20);
  EXPECT_EQ(answer("redirect-loop")->status, 302);
  EXPECT_EQ(answer("redirect-loop")->headers.front().second, request.path);
}

TEST_F(QuirkyMannersTest, ContentBaseLeadsElsewhere) {
  const auto base_of = [&](const char* quirks) {
    RtspResponse response;
    response.headers.add("Content-Base", std::string(base_url));
    connect(quirks)->change(request("DESCRIBE"), response);
    return std::string(*response.headers.find("Content-Base"));
  };
  EXPECT_EQ(base_of("content-base-wrong"), "rtsp://127.0.0.1:5554/elsewhere/");
  EXPECT_EQ(base_of("sdp-foreign-host"), "rtsp://192.0.2.1/main/");
  EXPECT_EQ(base_of("no-marker"), base_url);
}

TEST_F(QuirkyMannersTest, ChallengesAreThoseOfRfc2069) {
  RtspResponse refused;
  refused.status = 401;
  refused.headers.add("WWW-Authenticate", R"(Digest realm="cam", nonce="1", qop="auth", algorithm=SHA-256)");
  refused.headers.add("WWW-Authenticate", R"(Digest realm="cam", nonce="1", qop="auth", algorithm=MD5)");
  connect("digest-without-qop")->change(request("DESCRIBE"), refused);
  EXPECT_THAT(refused.headers.all("WWW-Authenticate"),
              ::testing::ElementsAre(R"(Digest realm="cam", nonce="1")"));
}

TEST_F(QuirkyMannersTest, SoManyRightPasswordsAreRefusedAndNonceIsGoodForSoMany) {
  auto storm = connect("unauthorized-storm=2,digest-stale-each=2");
  EXPECT_EQ(instead(*storm, request("DESCRIBE")), 0);
  EXPECT_EQ(instead(*storm, request("DESCRIBE", true)), 401);
  EXPECT_EQ(instead(*connect("unauthorized-storm=2"), request("DESCRIBE", true)), 401);
  EXPECT_EQ(instead(*storm, request("DESCRIBE", true)), 0);
  EXPECT_FALSE(storm->nonce_is_used_up());
  EXPECT_TRUE(storm->nonce_is_used_up());
}

TEST_F(QuirkyMannersTest, SessionsThatHaveEndedTakeRoomForAWhile) {
  auto first = connect("teardown-ignored=10s"), second = connect("teardown-ignored=10s");
  EXPECT_EQ(instead(*first, request("SETUP")), 0);
  first->session_changed(true);
  first->session_changed(true);
  second->session_changed(true);
  EXPECT_EQ(instead(*first, request("SETUP")), 0);  // another track of its own session
  auto third = connect("teardown-ignored=10s");
  EXPECT_EQ(instead(*third, request("SETUP")), 453);
  first->session_changed(false);
  clock.advance(std::chrono::milliseconds(9999));
  EXPECT_EQ(instead(*third, request("SETUP")), 453);
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(instead(*third, request("SETUP")), 0);
}

TEST_F(QuirkyMannersTest, SessionsEndAloudOrSilently) {
  const auto dies = connect("session-dies=3s"), silent = connect("session-goes-silent=4s");
  EXPECT_EQ(dies->session_life(), std::chrono::seconds(3));
  EXPECT_FALSE(dies->falls_silent());
  EXPECT_EQ(silent->session_life(), std::chrono::seconds(4));
  EXPECT_TRUE(silent->falls_silent());
}

TEST_F(QuirkyMannersTest, SessionsAreKeptAliveInTheirOwnWay) {
  auto asked = connect("keep-alive-by-get-parameter");
  EXPECT_TRUE(asked->keeps_alive("GET_PARAMETER"));
  EXPECT_FALSE(asked->keeps_alive("OPTIONS") || asked->keeps_alive("RTCP"));
  RtspResponse offer;
  offer.headers.add("Public", "OPTIONS, GET_PARAMETER, PLAY");
  asked->change(request("OPTIONS"), offer);
  EXPECT_EQ(offer.headers.find("Public"), "OPTIONS, PLAY");

  auto refusing = connect("get-parameter-refused");
  EXPECT_EQ(instead(*refusing, request("GET_PARAMETER")), 501);
  EXPECT_TRUE(refusing->keeps_alive("OPTIONS"));
  EXPECT_FALSE(refusing->keeps_alive("RTCP"));
  EXPECT_TRUE(connect("get-parameter-closes")->hangs_up(request("GET_PARAMETER")));
  EXPECT_FALSE(refusing->hangs_up(request("GET_PARAMETER")));
}

}  // namespace
}  // namespace watchrig::camera
