#include "system/media/rtsp_tls.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>

#include "system/media/rtsp_socket.hpp"
#include "system/media/testing/rtsp_fakes.hpp"
#include "system/media/testing/tls_sample.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::make_tls_sample;
using testing::RawPeer;
using testing::RtspBench;
using testing::TlsSample;

class RtspTlsTest : public ::testing::Test {
 protected:
  static RtspServer::Options with(const TlsSample& sample) {
    RtspServer::Options options;
    options.tls = sample.context;
    options.request_timeout = 300ms;
    options.write_timeout = 300ms;
    return options;
  }
  RtspClient::Options client_options(const std::string& path, const std::string& host = "127.0.0.1") const {
    RtspClient::Options options;
    options.url = "rtsps://" + host + ":" + std::to_string(bench.server->port()) + path;
    options.trust = [context = trust_certificates(sample.certificate).value()] { return context; };
    return options;
  }
  std::string failure_of(RtspClient::Options options) {
    RtspClient client(bench.io.get_executor(), bench.clock, std::move(options));
    const auto started = bench.run(client.start());
    return started ? "" : started.error().message;
  }

  TlsSample sample = make_tls_sample();
  RtspBench bench{with(sample)};
};

/// A client that says over TLS whatever a test wants.
struct TlsPeer {
  static asio::awaitable<std::unique_ptr<TlsPeer>> connect(RtspBench& bench, TlsContext trusted) {
    asio::ip::tcp::socket socket(bench.io);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), bench.server->port()},
                                  asio::use_awaitable);
    auto peer = std::make_unique<TlsPeer>();
    peer->socket = std::make_unique<RtspSocket>(std::move(socket), 5s);
    peer->socket->encrypt(std::make_unique<RtspTls>(std::move(trusted), peer->socket->native_handle(),
                                                    "127.0.0.1", base::UtcTime(bench.clock.now())));
    co_return peer;
  }
  asio::awaitable<std::string> ask(std::string request) {
    const auto written = co_await socket->write(std::move(request));
    if (!written) co_return written.error().message;
    base::Bytes buffer(4096);
    const auto size = co_await socket->read(buffer);
    if (!size) co_return size.error().message;
    co_return std::string(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size));
  }
  std::unique_ptr<RtspSocket> socket;
};

TEST_F(RtspTlsTest, client_gets_bit_for_bit_what_is_sent) {
  auto& yard = bench.content->streams.at("/live/yard");
  yard.padding = 50'000;  // several records a picture
  auto options = client_options("/live/yard");
  options.transport = RtspClient::Transport::udp;  // which it does not get
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  const auto started = bench.run(client.start());
  ASSERT_TRUE(started) << started.error().message;
  for (std::size_t n = 0; n < 50; ++n) {
    const auto unit = bench.run(client.next());
    ASSERT_TRUE(unit) << unit.error().message;
    ASSERT_EQ((*unit)->payload, yard.unit(n).payload) << n;
  }
  bench.run(client.stop());
}

TEST_F(RtspTlsTest, small_pieces_of_several_tracks_arrive_in_order) {
  RtspClient client(bench.io.get_executor(), bench.clock, client_options("/live/gate"));
  const auto started = bench.run(client.start());
  ASSERT_TRUE(started) << started.error().message;
  const auto& gate = bench.content->streams.at("/live/gate");
  for (std::size_t n = 0; n < 60; ++n) {
    const auto unit = bench.run(client.next());
    ASSERT_TRUE(unit) << unit.error().message;
    ASSERT_EQ((*unit)->payload, gate.unit(n).payload) << n;
  }
}

TEST_F(RtspTlsTest, whoever_is_not_trusted_gets_no_request) {
  auto stranger = client_options("/live/yard");
  stranger.trust = [context = trust_certificates(make_tls_sample().certificate).value()] { return context; };
  EXPECT_THAT(failure_of(stranger), HasSubstr("not trusted"));
  EXPECT_THAT(failure_of(client_options("/live/yard", "localhost")), HasSubstr("ostname mismatch"));
  const auto old = make_tls_sample(-60);
  bench.server->set_tls(old.context);
  auto expired = client_options("/live/yard");
  expired.trust = [context = trust_certificates(old.certificate).value()] { return context; };
  EXPECT_THAT(failure_of(expired), HasSubstr("expired"));
  auto nobody = client_options("/live/yard");
  nobody.trust = nullptr;
  EXPECT_THAT(failure_of(nobody), HasSubstr("rtsps"));
  EXPECT_FALSE(trust_certificates("no certificate"));
  EXPECT_TRUE(bench.content->described.empty());
}

TEST_F(RtspTlsTest, another_certificate_is_for_the_connections_to_come) {
  RtspClient before(bench.io.get_executor(), bench.clock, client_options("/live/yard"));
  ASSERT_TRUE(bench.run(before.start()));
  const auto next = make_tls_sample();
  bench.server->set_tls(next.context);
  EXPECT_THAT(failure_of(client_options("/live/yard")), HasSubstr("not trusted"));
  auto after = client_options("/live/yard");
  after.trust = [context = trust_certificates(next.certificate).value()] { return context; };
  EXPECT_EQ(failure_of(after), "");
  EXPECT_TRUE(bench.run(before.next()));
}

TEST_F(RtspTlsTest, nothing_leaves_by_udp) {
  const auto trusted = trust_certificates(sample.certificate).value();
  const auto answer = bench.run([](RtspBench& b, TlsContext trust) -> asio::awaitable<std::string> {
    auto peer = co_await TlsPeer::connect(b, std::move(trust));
    auto answered = co_await peer->ask(
        "SETUP rtsps://127.0.0.1/live/yard/track0 RTSP/1.0\r\nCSeq: 1\r\n"
        "Transport: RTP/AVP;unicast;client_port=50000-50001\r\n\r\n");
    co_return answered;
  }(bench, trusted));
  EXPECT_THAT(answer, HasSubstr("RTSP/1.0 461 "));
}

TEST_F(RtspTlsTest, whoever_speaks_in_the_clear_or_nothing_is_closed) {
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto clear = co_await testing::connect(b);
    const auto answer = co_await clear.ask("OPTIONS", "*");
    EXPECT_EQ(answer.status, 0);
    auto silent = co_await testing::connect(b);
    const bool closed = co_await silent.closed_within(5s);
    EXPECT_TRUE(closed);
  }(bench));
  EXPECT_EQ(bench.server->stats().timeouts, 0U);
}

TEST_F(RtspTlsTest, reader_that_takes_nothing_holds_nobody_up) {
  bench.content->streams.at("/live/yard").padding = 100'000;
  bench.content->streams.at("/live/yard").count = 400;
  const auto trusted = trust_certificates(sample.certificate).value();
  const auto slow =
      bench.run([](RtspBench& b, TlsContext trust) -> asio::awaitable<std::unique_ptr<TlsPeer>> {
        auto peer = co_await TlsPeer::connect(b, std::move(trust));
        const std::string set_up = co_await peer->ask(
            "SETUP rtsps://127.0.0.1/live/yard/track0 RTSP/1.0\r\nCSeq: 1\r\n"
            "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n");
        const auto at = set_up.find("Session: ") + 9;
        std::string play = "PLAY rtsps://127.0.0.1/live/yard RTSP/1.0\r\nCSeq: 2\r\nSession: ";
        play += set_up.substr(at, set_up.find(';', at) - at) + "\r\n\r\n";
        const auto written = co_await peer->socket->write(std::move(play));
        EXPECT_TRUE(written);
        co_return peer;
      }(bench, trusted));
  RtspClient client(bench.io.get_executor(), bench.clock, client_options("/live/yard"));
  ASSERT_TRUE(bench.run(client.start()));
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(bench.run(client.next()));
  bench.run_until([&] { return bench.server->stats().slow_readers == 1; });
  EXPECT_EQ(bench.server->stats().playing, 1U);
}

}  // namespace
}  // namespace watchrig::media
