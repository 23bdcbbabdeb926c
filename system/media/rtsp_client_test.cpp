#include "system/media/rtsp_client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/media/rtcp.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtsp_headers.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using base::Result;
using ::testing::HasSubstr;
using testing::ok;
using testing::RtspBench;
using testing::ScriptedServer;
using ::testing::StartsWith;

const std::string good_sdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track0\r\n";

/// The frames of the first units of the synthetic stream, on this channel.
std::string frames(std::size_t units, std::uint8_t channel = 0) {
  const testing::FakeStream stream(false);
  RtpPacketizer packetizer(stream.tracks[0], 0, 7);
  std::string bytes;
  for (std::size_t n = 0; n < units; ++n) {
    const auto train = packetizer.packetize(stream.unit(n)).value();
    base::Bytes block = train->block;
    for (const auto packet : train->packets) block[packet + 1] = channel;
    bytes.append(block.begin(), block.end());
  }
  return bytes;
}

/// A server that does everything right and then sends `media`, except for the methods a test answers itself.
ScriptedServer::Answer camera(std::map<std::string, std::string> instead, std::string media = frames(3)) {
  return [instead = std::move(instead), media = std::move(media)](const RtspRequest& request) {
    if (const auto own = instead.find(request.method); own != instead.end()) return own->second;
    if (request.method == "OPTIONS") return ok("Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER\r\n");
    if (request.method == "DESCRIBE") return ok("Content-Type: application/sdp\r\n", good_sdp);
    if (request.method == "SETUP")
      return ok("Session: 1;timeout=1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    if (request.method == "PLAY") return ok("Session: 1\r\n") + media;
    return ok();
  };
}

struct Outcome {
  std::size_t units = 0;
  base::Error error;
  RtspClient::Stats stats;
};

asio::awaitable<Outcome> watch(RtspBench& bench, RtspClient::Options options, std::size_t count) {
  RtspClient client(bench.io.get_executor(), bench.clock, std::move(options));
  Outcome outcome;
  const auto started = co_await client.start();
  if (!started) outcome.error = started.error();
  while (started && outcome.units < count) {
    const auto unit = co_await client.next();
    if (!unit) {
      outcome.error = unit.error();
      break;
    }
    ++outcome.units;
  }
  outcome.stats = client.stats();
  co_return outcome;
}

class RtspClientTest : public ::testing::Test {
 protected:
  Outcome meet(ScriptedServer::Answer answer, std::size_t count = 3) {
    ScriptedServer server(bench.io, std::move(answer));
    options.url = server.url();
    options.request_timeout = 200ms;
    options.data_timeout = 300ms;
    const auto outcome = bench.run(watch(bench, options, count));
    requests = server.requests();
    connections = server.connections();
    return outcome;
  }
  RtspBench bench;
  RtspClient::Options options;
  std::vector<RtspRequest> requests;
  int connections = 0;
};

TEST_F(RtspClientTest, plays_from_a_plain_camera) {
  const auto outcome = meet(camera({}));
  EXPECT_EQ(outcome.units, 3U) << outcome.error.message;
  ASSERT_GE(requests.size(), 4U);
  EXPECT_EQ(requests[2].method, "SETUP");
  EXPECT_EQ(requests[2].uri, options.url + "/track0");
  EXPECT_EQ(requests[3].uri, options.url);
  EXPECT_EQ(requests[3].headers.find("Session"), "1");
}

TEST_F(RtspClientTest, copes_with_the_quirks_of_cameras) {
  const std::string no_control = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n";
  const std::string absolute =
      good_sdp.substr(0, good_sdp.find("a=control:track0")) + "a=control:rtsp://10.0.0.9/x/1\r\n";
  const std::string setup = "Session: 0A ;timeout=\r\nTransport: RTP/AVP/TCP;unicast;interleaved=";
  struct Quirk {
    const char* what;
    std::map<std::string, std::string> answers;
    std::string media;
    std::string setup_uri;
  };
  const std::vector<Quirk> quirks = {
      {"no control attribute", {{"DESCRIBE", ok("", no_control)}}, frames(3), ""},
      {"Content-Base with other host",
       {{"DESCRIBE", ok("Content-Base: rtsp://192.168.1.64/s/\r\n", good_sdp)}},
       frames(3),
       "rtsp://192.168.1.64/s/track0"},
      {"unreadable Content-Base", {{"DESCRIBE", ok("Content-Base: /live/\r\n", good_sdp)}}, frames(3), ""},
      {"absolute control", {{"DESCRIBE", ok("", absolute)}}, frames(3), "rtsp://10.0.0.9/x/1"},
      {"OPTIONS not known",
       {{"OPTIONS", "RTSP/1.0 501 Not Implemented\r\nCSeq: %CSEQ%\r\n\r\n"}},
       frames(3),
       ""},
      {"answers without CSeq", {{"OPTIONS", "RTSP/1.0 200 OK\r\n\r\n"}}, frames(3), ""},
      {"channels renumbered", {{"SETUP", ok(setup + "4-5\r\n")}}, frames(3, 4), ""},
      {"no Transport, no Session", {{"SETUP", ok()}}, frames(3), ""},
      {"stray bytes before the frames", {}, std::string("\0\x01stray\xff", 8) + frames(3), ""},
      {"frames on unknown channels", {}, frames(2, 9) + frames(3), ""},
      {"requests of the server", {}, "OPTIONS rtsp://c RTSP/1.0\r\nCSeq: 1\r\n\r\n" + frames(3), ""},
      {"empty lines", {{"OPTIONS", "\r\n\r\n" + ok()}}, "\r\n" + frames(3), ""},
  };
  for (const auto& quirk : quirks) {
    const auto outcome = meet(camera(quirk.answers, quirk.media));
    EXPECT_EQ(outcome.units, 3U) << quirk.what << ": " << outcome.error.message;
    EXPECT_TRUE(quirk.setup_uri.empty() || requests.at(2).uri == quirk.setup_uri) << quirk.what;
  }
}

TEST_F(RtspClientTest, names_the_cause_of_a_failure) {
  const auto status = [](const char* line) {
    return fmt::format("RTSP/1.0 {}\r\nCSeq: %CSEQ%\r\n\r\n", line);
  };
  const std::string vp8 = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";
  struct Failure {
    const char* method;
    std::string answer;
    ErrorKind kind;
    const char* message;
  };
  const std::vector<Failure> failures = {
      {"DESCRIBE", status("404 Stream Not Found"), ErrorKind::not_found,
       "DESCRIBE: 404 Stream Not Found (wrong path"},
      {"DESCRIBE", status("403 Forbidden"), ErrorKind::denied, "403"},
      {"DESCRIBE", status("500 Oops"), ErrorKind::unavailable, "500 Oops"},
      {"DESCRIBE", status("401 Unauthorized"), ErrorKind::denied, "user name and password are needed"},
      {"DESCRIBE", ok("", "<html>"), ErrorKind::invalid, "unreadable SDP"},
      {"DESCRIBE", ok("", vp8), ErrorKind::unsupported, "codec \"VP8\" is not supported"},
      {"DESCRIBE", ok("Content-Length: 70000\r\n"), ErrorKind::full, "larger than 65536 bytes"},
      {"DESCRIBE", ok("Content-Length: -5\r\n"), ErrorKind::invalid, "Content-Length \"-5\""},
      {"DESCRIBE", "RTSP/1.0 200 OK\r\nX: " + std::string(80000, 'x'), ErrorKind::full, "larger than"},
      {"DESCRIBE", "RTSP/1.0 200 OK\r\nCSeq: 4711\r\n\r\n", ErrorKind::timeout,
       "DESCRIBE was not answered within 200ms"},
      {"DESCRIBE", "", ErrorKind::timeout, "DESCRIBE was not answered"},
      {"DESCRIBE", "close", ErrorKind::unavailable, "closed the connection"},
      {"DESCRIBE", std::string(100000, '\x01'), ErrorKind::timeout, "DESCRIBE was not answered"},
      {"SETUP", status("461 Unsupported Transport"), ErrorKind::unsupported,
       "try another of tcp, udp and http"},
      {"SETUP", ok("Transport: RTP/AVP;unicast;client_port=1-2\r\n"), ErrorKind::unsupported,
       "asked for TCP"},
      {"SETUP", ok("Transport: RTP/AVP/TCP;interleaved=0-300\r\n"), ErrorKind::invalid, "interleaved=0-300"},
      {"PLAY", status("454 Session Not Found"), ErrorKind::unavailable, "PLAY: 454"},
      {"PLAY", ok(), ErrorKind::timeout, "no data for 300ms"},
  };
  for (const auto& failure : failures) {
    const auto outcome = meet(camera({{failure.method, failure.answer}}));
    EXPECT_EQ(outcome.error.kind, failure.kind) << failure.message << " | " << outcome.error.message;
    EXPECT_THAT(outcome.error.message, HasSubstr(failure.message));
    EXPECT_THAT(outcome.error.message, StartsWith(options.url));
  }
}

TEST_F(RtspClientTest, redirection_is_followed_once) {
  ScriptedServer target(bench.io, camera({}));
  const auto moved = [](const std::string& to) {
    return "RTSP/1.0 302 Moved\r\nCSeq: %CSEQ%\r\nLocation: " + to + "\r\n\r\n";
  };
  EXPECT_EQ(meet(camera({{"DESCRIBE", moved(target.url())}})).units, 3U);
  EXPECT_EQ(target.connections(), 1);
  ScriptedServer loop(bench.io, camera({{"DESCRIBE", moved("rtsp://127.0.0.1:1/")}}));
  const auto twice = meet(camera({{"DESCRIBE", moved(loop.url())}}));
  EXPECT_THAT(twice.error.message, HasSubstr("redirects a second time"));
  EXPECT_EQ(meet(camera({{"DESCRIBE", moved("http://127.0.0.1/")}})).error.kind, ErrorKind::invalid);
}

TEST_F(RtspClientTest, basic_password_is_not_shown_unless_allowed_and_never_after_redirection) {
  options.credentials = {"admin", "12345"};
  const std::string basic =
      "RTSP/1.0 401 Unauthorized\r\nCSeq: %CSEQ%\r\nWWW-Authenticate: Basic realm=\"cam\"\r\n\r\n";
  const auto asks = [basic](const RtspRequest& request) {
    return request.headers.find("Authorization") ? camera({})(request) : basic;
  };
  EXPECT_THAT(meet(asks).error.message, HasSubstr("only Basic authentication"));
  options.allow_basic = true;
  EXPECT_EQ(meet(asks).units, 3U);
  EXPECT_EQ(requests.back().headers.find("Authorization"), "Basic YWRtaW46MTIzNDU=");

  ScriptedServer other(bench.io, asks);
  const std::string there = fmt::format("rtsp://localhost:{}/", other.port());
  const std::string moved = "RTSP/1.0 301 Moved\r\nCSeq: %CSEQ%\r\nLocation: " + there + "\r\n\r\n";
  EXPECT_THAT(meet(camera({{"DESCRIBE", moved}})).error.message, HasSubstr("only Basic authentication"));
  for (const auto& request : other.requests()) EXPECT_FALSE(request.headers.find("Authorization"));
}

TEST_F(RtspClientTest, renewed_nonce_is_taken_even_when_not_called_stale) {
  options.credentials = {"admin", "12345"};
  int asked = 0;
  const auto renews = [&asked](const RtspRequest& request) -> std::string {
    const std::string nonce = fmt::format("nonce=\"{}\"", ++asked / 3);
    const auto answer = request.headers.find("Authorization");
    if (answer && answer->find(nonce) != std::string_view::npos) return camera({})(request);
    return fmt::format("RTSP/1.0 401 No\r\nCSeq: %CSEQ%\r\nWWW-Authenticate: Digest realm=\"r\", {}\r\n\r\n",
                       nonce);
  };
  const auto outcome = meet(renews);
  EXPECT_EQ(outcome.units, 3U) << outcome.error.message;
}

TEST_F(RtspClientTest, stream_without_key_pictures_is_given_up) {
  const testing::FakeStream stream(false);
  RtpPacketizer packetizer(stream.tracks[0], 0, 7);
  std::string media;
  for (std::size_t n = 1; n < 6; ++n) {
    const auto train = packetizer.packetize(stream.unit(n)).value();
    media.append(train->block.begin(), train->block.end());
  }
  options.key_frame_timeout = 60ms;
  const auto outcome = meet(camera({}, media), 1000);
  EXPECT_EQ(outcome.error.kind, ErrorKind::timeout);
  EXPECT_THAT(outcome.error.message, HasSubstr("no key frame within 60ms"));
}

TEST_F(RtspClientTest, keep_alive_uses_what_the_server_offers_and_notices_an_expired_session) {
  const auto expired = [](const RtspRequest& request) -> std::string {
    if (request.method == "GET_PARAMETER") return "RTSP/1.0 454 Session Not Found\r\nCSeq: %CSEQ%\r\n\r\n";
    return camera({})(request);
  };
  options.data_timeout = 5s;
  ScriptedServer server(bench.io, expired);
  options.url = server.url();
  const auto outcome = bench.run(watch(bench, options, 1000));
  EXPECT_EQ(outcome.units, 3U);
  EXPECT_EQ(outcome.error.kind, ErrorKind::unavailable);
  EXPECT_THAT(outcome.error.message, HasSubstr("session has expired on the server: 454"));
  EXPECT_EQ(server.requests().back().headers.find("Session"), "1");
}

TEST_F(RtspClientTest, goodbye_that_is_ignored_does_not_hang) {
  ScriptedServer server(bench.io, camera({{"TEARDOWN", ""}}));
  options.url = server.url();
  options.request_timeout = 50ms;
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  ASSERT_TRUE(bench.run(client.start()));
  bench.run(client.stop());
  EXPECT_EQ(server.requests().back().method, "TEARDOWN");
  EXPECT_EQ(bench.run(client.next()).error().kind, ErrorKind::cancelled);
}

TEST_F(RtspClientTest, bad_urls_and_unknown_hosts_are_errors) {
  for (const char* url : {"", "http://127.0.0.1/", "rtsp://", "rtsps://127.0.0.1/"}) {
    options.url = url;
    EXPECT_FALSE(bench.run(watch(bench, options, 1)).error.message.empty()) << url;
  }
  options.url = "rtsp://no-such-host.invalid/";
  const auto unknown = bench.run(watch(bench, options, 1)).error;
  EXPECT_EQ(unknown.kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace watchrig::media
