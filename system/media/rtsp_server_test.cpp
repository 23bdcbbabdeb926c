#include "system/media/rtsp_server.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/media/rtcp.hpp"
#include "system/media/rtp_packet.hpp"
#include "system/media/rtsp_headers.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using testing::connect;
using ::testing::HasSubstr;
using testing::header;
using testing::RawPeer;
using testing::RtspBench;
using testing::tcp_transport;

TEST(RtspServer, answers_every_wrong_request_with_its_status) {
  RtspBench bench;
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    struct Case {
      const char* method;
      std::string uri;
      const char* headers;
      int status;
    };
    const std::vector<Case> cases = {
        {"DESCRIBE", b.url("/nothing"), "", 404},
        {"DESCRIBE", b.url(), "Accept: text/html\r\n", 406},
        {"DESCRIBE", b.url(), "Accept: text/html, application/SDP;q=1\r\n", 200},
        {"DESCRIBE", "*", "", 400},
        {"DESCRIBE", b.url(), "Require: play.scale\r\n", 551},
        {"ANNOUNCE", b.url(), "", 405},
        {"RECORD", b.url(), "", 405},
        {"BREW", b.url(), "", 501},
        {"options", b.url(), "", 501},
        {"PLAY", b.url(), "", 454},
        {"PLAY", b.url(), "Session: 12345678\r\n", 454},
        {"PAUSE", b.url(), "Session: 12345678\r\n", 454},
        {"TEARDOWN", b.url(), "Session: 12345678\r\n", 454},
        {"OPTIONS", "*", "Session: 12345678\r\n", 454},
        {"OPTIONS", "*", "", 200},
        {"GET_PARAMETER", b.url(), "", 200},
        {"SETUP", b.url("/nothing/track0"), tcp_transport, 404},
        {"SETUP", b.url("/live/gate/track2"), tcp_transport, 404},
        {"SETUP", b.url("/live/gate"), tcp_transport, 459},
        {"SETUP", b.url("/live/gate/track0"), "", 461},
        {"SETUP", b.url("/live/gate/track0"), "Transport: RTP/AVP;multicast\r\n", 461},
        {"SETUP", b.url("/live/gate/track0"), "Transport: RTP/AVP;unicast\r\n", 461},
        {"SETUP", b.url("/live/gate/track0"), "Transport: RTP/SAVP/TCP;interleaved=0-1\r\n", 461},
        {"SETUP", b.url("/live/gate/track0"), "Transport: RTP/AVP;client_port=99999\r\n", 400},
        {"SETUP", b.url("/live/gate/track0"), "Session: 1\r\nTransport: RTP/AVP/TCP\r\n", 454},
    };
    for (const auto& c : cases) {
      const auto answer = co_await peer.ask(c.method, c.uri, c.headers);
      EXPECT_EQ(answer.status, c.status) << c.method << ' ' << c.uri << ' ' << c.headers;
      EXPECT_TRUE(answer.headers.find("CSeq"));
    }
    EXPECT_TRUE(peer.session.empty());
  }(bench));
}

asio::awaitable<void> set_up(RtspBench& b, RawPeer& peer) {
  auto answer = co_await peer.ask("SETUP", b.url("/live/gate/track0"), tcp_transport);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(header(answer, "Transport"), "RTP/AVP/TCP;unicast;interleaved=0-1");
  EXPECT_THAT(header(answer, "Session"), HasSubstr(";timeout=60"));
  const char* taken = "Transport: RTP/AVP/TCP;interleaved=1-2\r\n";
  answer = co_await peer.ask("SETUP", b.url("/live/gate/track1"), taken);
  EXPECT_EQ(answer.status, 461) << "channel of another track";
  const char* mixed = "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n";
  answer = co_await peer.ask("SETUP", b.url("/live/gate/track1"), mixed);
  EXPECT_EQ(answer.status, 461) << "one session over TCP and UDP";
  const char* choice = "Transport: RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=6-7\r\n";
  answer = co_await peer.ask("SETUP", b.url("/live/gate/track1"), choice);
  EXPECT_EQ(header(answer, "Transport"), "RTP/AVP/TCP;unicast;interleaved=6-7");
  answer = co_await peer.ask("SETUP", b.url("/live/yard/track0"), tcp_transport);
  EXPECT_EQ(answer.status, 455) << "another stream in the same session";
}

asio::awaitable<void> play_and_tear_down(RtspBench& b, RawPeer& peer) {
  auto answer = co_await peer.ask("PLAY", b.url("/live/gate/track0"));
  EXPECT_EQ(answer.status, 460);
  answer = co_await peer.ask("PLAY", b.url("/live/gate"), "Range: npt=30-\r\n");
  EXPECT_EQ(answer.status, 457);
  answer = co_await peer.ask("PLAY", b.url("/live/gate/"), "Range: npt=0.000-\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(header(answer, "RTP-Info"), HasSubstr("url=" + b.url("/live/gate/track0") + ";seq="));
  EXPECT_THAT(header(answer, "RTP-Info"), HasSubstr(",url=" + b.url("/live/gate/track1") + ";seq="));
  answer = co_await peer.ask("SETUP", b.url("/live/gate/track0"), tcp_transport);
  EXPECT_EQ(answer.status, 455);
  answer = co_await peer.ask("PLAY", b.url("/live/gate"));
  EXPECT_EQ(answer.status, 200) << "PLAY as keep-alive";
  EXPECT_EQ(b.content->opened, 1);
  answer = co_await peer.ask("GET_PARAMETER", b.url());
  EXPECT_EQ(answer.status, 200);
  answer = co_await peer.ask("TEARDOWN", b.url());
  EXPECT_EQ(answer.status, 200);
  answer = co_await peer.ask("PLAY", b.url());
  EXPECT_EQ(answer.status, 454);
  peer.session.clear();
  answer = co_await peer.ask("SETUP", b.url("/live/yard"), tcp_transport);
  EXPECT_EQ(answer.status, 200) << "the URL of the stream stands for its only track";
}

asio::awaitable<void> whole_session(RtspBench& b) {
  auto peer = co_await connect(b);
  co_await set_up(b, peer);
  co_await play_and_tear_down(b, peer);
}

TEST(RtspServer, keeps_to_the_states_of_a_session) {
  RtspBench bench;
  bench.run(whole_session(bench));
}

asio::awaitable<void> play_on_other_channels(RtspBench& b) {
  auto peer = co_await connect(b);
  (void)co_await peer.ask("SETUP", b.url("/live/gate/track0"),
                          "Transport: RTP/AVP/TCP;interleaved=10-11\r\n");
  (void)co_await peer.ask("SETUP", b.url("/live/gate/track1"), "Transport: RTP/AVP/TCP;interleaved=0-1\r\n");
  (void)co_await peer.ask("PLAY", b.url("/live/gate"));
  EXPECT_TRUE(peer.frames.empty()) << "packets before the answer to PLAY";
  while (peer.frames.size() < 50) (void)co_await peer.ask("OPTIONS", "*");
  EXPECT_EQ(peer.frames[0].first, 11);
  const auto compound = parse_rtcp(peer.frames[0].second);
  CO_ASSERT(compound && compound->sender_reports.size() == 1 && compound->descriptions.size() == 1);
  EXPECT_EQ(compound->sender_reports[0].ssrc, 0x1000U);
  std::uint16_t next = 0;
  for (std::size_t i = 1; i < peer.frames.size(); ++i) {
    const auto& [channel, bytes] = peer.frames[i];
    if (channel != 10 && channel != 0) continue;
    const auto packet = parse_rtp(bytes);
    CO_ASSERT(packet);
    EXPECT_EQ(packet->header.ssrc, channel == 10 ? 0x1000U : 0x1001U);
    if (channel != 10) continue;
    EXPECT_TRUE(next == 0 || packet->header.sequence == next);
    next = static_cast<std::uint16_t>(packet->header.sequence + 1);
  }
}

TEST(RtspServer, sends_on_the_channels_asked_for_with_a_report_first) {
  RtspBench bench;
  bench.run(play_on_other_channels(bench));
}

TEST(RtspServer, pause_stops_packets_and_play_goes_on) {
  RtspBench bench;
  bench.content->streams.at("/live/yard").interval = 1ms;
  bench.content->streams.at("/live/yard").count = 100000;
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    (void)co_await peer.ask("SETUP", b.url("/live/yard/track0"), tcp_transport);
    (void)co_await peer.ask("PLAY", b.url("/live/yard"));
    while (peer.frames.size() < 20) (void)co_await peer.ask("OPTIONS", "*");
    auto answer = co_await peer.ask("PAUSE", b.url("/live/yard"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(b.content->closed, 1);
    EXPECT_EQ(b.server->stats().playing, 0U);
    const auto paused = peer.frames.size();
    for (int i = 0; i < 20; ++i) (void)co_await peer.ask("OPTIONS", "*");
    EXPECT_EQ(peer.frames.size(), paused);
    answer = co_await peer.ask("PLAY", b.url("/live/yard"));
    EXPECT_EQ(answer.status, 200);
    while (peer.frames.size() < paused + 20) (void)co_await peer.ask("OPTIONS", "*");
    EXPECT_EQ(b.content->opened, 2);
  }(bench));
}

TEST(RtspServer, pipelined_requests_are_answered_in_order_and_cseq_is_echoed_as_text) {
  RtspBench bench;
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    std::string text;
    for (const char* sequence : {"00000001", "99999999", "x", "3"}) {
      text += fmt::format("DESCRIBE {} RTSP/1.0\r\nCSeq: {}\r\n\r\n", b.url(), sequence);
    }
    co_await peer.send(std::move(text));
    for (const char* sequence : {"00000001", "99999999", "", "3"}) {
      const auto answer = co_await peer.response();
      CO_ASSERT(answer);
      EXPECT_EQ(header(*answer, "CSeq"), sequence);
      EXPECT_EQ(answer->status, *sequence ? 200 : 400);
    }
  }(bench));
}

TEST(RtspServer, refuses_garbage_and_giants_and_closes) {
  RtspBench bench;
  const std::string start = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n";
  const std::pair<std::string, int> cases[] = {{"FETCH / HTTP/1.0\r\n\r\n", 400},
                                               {start + "Content-Length: -1\r\n\r\n", 400},
                                               {start + "Content-Length: 70000\r\n\r\n", 413},
                                               {start + "X: " + std::string(70000, 'a') + "\r\n\r\n", 413},
                                               {std::string(70000, 'a'), 413},
                                               {std::string("\0\0\0\n", 4), 400}};
  for (const auto& [text, status] : cases) {
    bench.run([](RtspBench& b, std::string bytes, int expected) -> asio::awaitable<void> {
      auto peer = co_await connect(b);
      co_await peer.send(bytes);
      const auto answer = co_await peer.response();
      CO_ASSERT(answer);
      EXPECT_EQ(answer->status, expected);
      const bool closed = co_await peer.closed_within(5s);
      EXPECT_TRUE(closed);
    }(bench, text, status));
  }
}

TEST(RtspServer, half_a_request_is_timed_out) {
  RtspServer::Options options;
  options.request_timeout = 50ms;
  RtspBench bench(options);
  for (const auto& text : {std::string("OPTIONS * RT"), std::string("$\0\xff\xff", 4)}) {
    bench.run([](RtspBench& b, std::string bytes) -> asio::awaitable<void> {
      auto peer = co_await connect(b);
      co_await peer.send(bytes);
      const bool closed = co_await peer.closed_within(5s);
      EXPECT_TRUE(closed);
    }(bench, text));
  }
}

TEST(RtspServer, silent_session_is_closed_unless_rtcp_comes) {
  RtspServer::Options options;
  options.session_timeout = 150ms;
  RtspBench bench(options);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    (void)co_await peer.ask("SETUP", b.url("/live/yard/track0"), tcp_transport);
    (void)co_await peer.ask("PLAY", b.url("/live/yard"));
    base::Timer timer(b.io.get_executor(), b.clock);
    base::Bytes report;
    write_rtcp(ReceiverReport{1, {}}, report);
    std::string frame{'$', 1, 0, static_cast<char>(report.size())};
    frame.append(report.begin(), report.end());
    for (int i = 0; i < 6; ++i) {
      co_await timer.wait_for(50ms);
      co_await peer.send(frame);
    }
    EXPECT_EQ(b.server->stats().playing, 1U);
    const bool closed = co_await peer.closed_within(5s);
    EXPECT_TRUE(closed);
    EXPECT_EQ(b.server->stats().timeouts, 1U);
    EXPECT_EQ(b.content->closed, 1);
  }(bench));
}

TEST(RtspServer, reader_that_takes_nothing_is_closed_and_does_not_hold_up_others) {
  RtspServer::Options options;
  options.write_timeout = 200ms;
  RtspBench bench(options);
  auto& stream = bench.content->streams.at("/live/yard");
  stream.count = 400;
  stream.padding = 60'000;
  auto stuck = bench.run([](RtspBench& b) -> asio::awaitable<std::shared_ptr<RawPeer>> {
    auto peer = std::make_shared<RawPeer>(co_await connect(b));
    (void)co_await peer->ask("SETUP", b.url("/live/yard/track0"), tcp_transport);
    (void)co_await peer->ask("PLAY", b.url("/live/yard"));
    co_return peer;
  }(bench));
  RtspClient client(bench.io.get_executor(), bench.clock, bench.options("/live/yard"));
  ASSERT_TRUE(bench.run(client.start()));
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(bench.run(client.next()));
  bench.run_until([&] { return bench.server->stats().slow_readers == 1; });
  EXPECT_EQ(bench.server->stats().playing, 1U);
}

TEST(RtspServer, content_that_throws_costs_only_its_connection) {
  struct Broken final : RtspContent {
    asio::awaitable<base::Result<RtspDescription>> describe(RtspTarget) override {
      throw std::logic_error("broken");
    }
    asio::awaitable<base::Result<std::unique_ptr<RtspFeed>>> open(RtspTarget,
                                                                  asio::any_io_executor) override {
      throw std::logic_error("broken");
    }
  };
  RtspBench bench;
  auto server = RtspServer::start(
      {}, bench.clock, [&] { return bench.io.get_executor(); }, std::make_shared<Broken>());
  ASSERT_TRUE(server);
  const auto status = bench.run([](RtspBench& b, std::uint16_t port) -> asio::awaitable<int> {
    auto peer = co_await RawPeer::connect(b.io, port);
    const auto answer = co_await peer.ask("DESCRIBE", "rtsp://h/a");
    co_return answer.status;
  }(bench, (*server)->port()));
  EXPECT_EQ(status, 0);
  EXPECT_EQ((*server)->stats().connections, 0U);
}

TEST(RtspServer, port_in_use_and_bad_address_are_reported) {
  RtspBench bench;
  RtspServer::Options options;
  options.port = bench.server->port();
  const auto used = RtspServer::start(
      options, bench.clock, [&] { return bench.io.get_executor(); }, bench.content);
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().kind, base::ErrorKind::unavailable);
  EXPECT_THAT(used.error().message, HasSubstr("Address already in use"));
  options.address = "localhost";
  EXPECT_EQ(RtspServer::start(
                options, bench.clock, [&] { return bench.io.get_executor(); }, bench.content)
                .error()
                .kind,
            base::ErrorKind::invalid);
}

}  // namespace
}  // namespace watchrig::media
