// The server's side of ONVIF's backchannel (ONVIF Streaming Specification, 5.3).
#include <boost/asio/ip/udp.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/media/rtsp_headers.hpp"
#include "system/media/rtsp_server.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using testing::connect;
using ::testing::HasSubstr;
using testing::header;
using ::testing::Not;
using testing::RawPeer;
using testing::RtspBench;
using testing::tcp_transport;

constexpr const char* required = "Require: www.onvif.org/ver20/backchannel\r\n";
constexpr const char* required_tcp =
    "Require: www.onvif.org/ver20/backchannel\r\nTransport: RTP/AVP/TCP;unicast;interleaved=4-5\r\n";

/// A server that hears PCMU as its third track and PCMA as its fourth.
void let_it_hear(RtspBench& bench) {
  Track mu;
  mu.codec = Codec::pcmu;
  mu.clock_rate = 8000;
  mu.payload_type = 0;
  mu.channels = 1;
  auto a = mu;
  a.codec = Codec::pcma;
  a.payload_type = 8;
  bench.content->heard = {mu, a};
}

std::string frame(char channel, std::string_view packet) {
  return std::string{'$', channel, '\0', static_cast<char>(packet.size())} + std::string(packet);
}

std::string text(const base::Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

TEST(RtspBackchannel, is_described_to_who_requires_it_and_to_nobody_else) {
  RtspBench bench;
  let_it_hear(bench);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    auto answer = co_await peer.ask("DESCRIBE", b.url(), required);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("a=control:track1\r\na=recvonly\r\n"));
    EXPECT_THAT(
        answer.body,
        HasSubstr("m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:track2\r\na=sendonly\r\n"));
    EXPECT_THAT(
        answer.body,
        HasSubstr("m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track3\r\na=sendonly\r\n"));
    answer = co_await peer.ask("DESCRIBE", b.url(), "");
    EXPECT_THAT(answer.body, Not(HasSubstr("track2")));
    EXPECT_THAT(answer.body, Not(HasSubstr("only")));
    answer = co_await peer.ask("SETUP", b.url("/live/gate/track2"), tcp_transport);
    EXPECT_EQ(answer.status, 404) << "nobody has required it";
  }(bench));
}

TEST(RtspBackchannel, a_server_without_one_refuses_who_requires_it) {
  RtspBench bench;
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    for (const auto* method : {"DESCRIBE", "SETUP"}) {
      const auto answer = co_await peer.ask(method, b.url("/live/gate/track0"), required_tcp);
      EXPECT_EQ(answer.status, method[0] == 'D' ? 404 : 551) << method;
    }
    auto answer = co_await peer.ask("DESCRIBE", b.url(), required);
    EXPECT_EQ(answer.status, 551);
    EXPECT_EQ(header(answer, "Unsupported"), "www.onvif.org/ver20/backchannel");
    answer =
        co_await peer.ask("DESCRIBE", b.url(), "Require: www.onvif.org/ver20/backchannel, play.scale\r\n");
    EXPECT_EQ(header(answer, "Unsupported"), "play.scale") << "what is unknown, and not what is known";
  }(bench));
}

TEST(RtspBackchannel, what_is_said_over_tcp_is_heard_while_the_client_plays) {
  RtspBench bench;
  let_it_hear(bench);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    auto answer = co_await peer.ask("SETUP", b.url("/live/gate/track0"), tcp_transport);
    EXPECT_EQ(answer.status, 200);
    answer = co_await peer.ask("SETUP", b.url("/live/gate/track2"), required_tcp);
    EXPECT_EQ(answer.status, 200);
    answer = co_await peer.ask("SETUP", b.url("/live/gate/track3"),
                               "Transport: RTP/AVP/TCP;unicast;interleaved=6-7\r\n");
    EXPECT_EQ(answer.status, 455) << "one coding is chosen";
    co_await peer.send(frame(4, "too soon"));
    answer = co_await peer.ask("PLAY", b.url(), required);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(header(answer, "RTP-Info"), Not(HasSubstr("track2"))) << "nothing is sent there";
    co_await peer.send(frame(4, "hello") + frame(5, "a report") + frame(6, "nowhere") + frame(4, "there"));
    answer = co_await peer.ask("PAUSE", b.url());
    EXPECT_EQ(answer.status, 200);
    co_await peer.send(frame(4, "too late"));
    answer = co_await peer.ask("OPTIONS", "*");
    CO_ASSERT(b.content->speech.size() == 2);
    EXPECT_EQ(text(b.content->speech[0]), "hello");
    EXPECT_EQ(text(b.content->speech[1]), "there");
    EXPECT_TRUE(b.content->talking);
    answer = co_await peer.ask("TEARDOWN", b.url());
    EXPECT_FALSE(b.content->talking);
  }(bench));
}

TEST(RtspBackchannel, one_talks_until_the_connection_ends) {
  RtspBench bench;
  let_it_hear(bench);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto first = co_await connect(b);
    auto second = co_await connect(b);
    auto answer = co_await first.ask("SETUP", b.url("/live/gate/track2"), required_tcp);
    EXPECT_EQ(answer.status, 200);
    answer = co_await first.ask("SETUP", b.url("/live/gate/track2"), required_tcp);
    EXPECT_EQ(answer.status, 200) << "the same once more";
    answer = co_await second.ask("SETUP", b.url("/live/gate/track3"), required_tcp);
    EXPECT_EQ(answer.status, 453);
    first.close();
  }(bench));
  bench.run_until([&] { return !bench.content->talking; });
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto second = co_await connect(b);
    const auto answer = co_await second.ask("SETUP", b.url("/live/gate/track3"), required_tcp);
    EXPECT_EQ(answer.status, 200);
  }(bench));
}

TEST(RtspBackchannel, what_is_said_over_udp_is_heard) {
  RtspBench bench;
  let_it_hear(bench);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    asio::ip::udp::socket mouth(b.io, {asio::ip::address_v4::loopback(), 0});
    const auto port = mouth.local_endpoint().port();
    const auto transport = fmt::format("{}Transport: RTP/AVP;unicast;client_port={}-{}\r\n", required, port,
                                       port == 65535 ? 65534 : port + 1);
    auto answer = co_await peer.ask("SETUP", b.url("/live/gate/track2"), transport);
    EXPECT_EQ(answer.status, 200);
    const auto agreed = parse_transport(header(answer, "Transport"));
    CO_ASSERT(agreed && agreed->front().server_port);
    answer = co_await peer.ask("PLAY", b.url(), required);
    EXPECT_EQ(answer.status, 200);
    mouth.send_to(asio::buffer("hello", 5),
                  {asio::ip::address_v4::loopback(), agreed->front().server_port->first});
    asio::ip::udp::socket stranger(b.io, {asio::ip::address_v4::loopback(), 0});
    stranger.send_to(asio::buffer("stranger", 8),
                     {asio::ip::address_v4::loopback(), agreed->front().server_port->first});
    for (int i = 0; i < 100 && b.content->speech.empty(); ++i) answer = co_await peer.ask("OPTIONS", "*");
    CO_ASSERT(b.content->speech.size() == 1);
    EXPECT_EQ(text(b.content->speech[0]), "hello");
  }(bench));
}

}  // namespace
}  // namespace watchrig::media
