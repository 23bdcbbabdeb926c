#include "system/media/rtsp_post.hpp"

#include <array>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>

#include "system/base/dialer.hpp"
#include "system/media/rtsp_tunnel.hpp"
#include "system/media/testing/rtsp_fakes.hpp"
#include "system/media/testing/tls_sample.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using ::testing::HasSubstr;
using testing::RtspBench;
using Tcp = asio::ip::tcp;

base::ByteView bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(RtspPost, heads_share_a_cookie_that_no_other_has) {
  const auto url = parse_rtsp_url("http://camera:8080/main?a=b").value();
  const RtspPost::Heads heads(url, "test");
  EXPECT_THAT(heads.get, HasSubstr("GET /main?a=b HTTP/1.0\r\nHost: camera:8080\r\n"));
  const auto get = parse_tunnel_head(heads.get);
  const auto post = parse_tunnel_head(heads.post);
  ASSERT_TRUE(get && *get && post && *post);
  EXPECT_FALSE((*get)->post);
  EXPECT_TRUE((*post)->post);
  EXPECT_EQ((*get)->cookie, (*post)->cookie);
  const auto other = parse_tunnel_head(RtspPost::Heads(url, "test").get);
  EXPECT_NE((*get)->cookie, (*other)->cookie);
}

TEST(RtspPost, answer_to_the_get_is_taken_when_it_is_whole) {
  const std::string answer = "HTTP/1.0 200 OK\r\nPragma: no-cache\r\n\r\n";
  for (std::size_t size = 0; size < answer.size(); ++size) {
    const auto part = RtspPost::take_answer(bytes_of(answer).first(size));
    ASSERT_TRUE(part && !*part) << size;
  }
  EXPECT_EQ(RtspPost::take_answer(bytes_of(answer + "RTSP")).value(), answer.size());
  const std::pair<const char*, ErrorKind> refusals[] = {
      {"HTTP/1.1 404 Not Found\r\n\r\n", ErrorKind::unsupported},
      {"HTTP/1.1 401 Unauthorized\r\n\r\n", ErrorKind::denied},
      {"HTTP/1.1 503 Service Unavailable\r\n\r\n", ErrorKind::unavailable},
      {"RTSP/1.0 400 Bad Request\r\n\r\n", ErrorKind::unsupported}};
  for (const auto& [text, kind] : refusals) {
    const auto refused = RtspPost::take_answer(bytes_of(text));
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, kind) << text;
  }
  EXPECT_FALSE(RtspPost::take_answer(bytes_of("HTTP/1.0 200 OK\r\nX: " + std::string(20'000, 'a'))));
}

/// Takes connections one after the other, notes what each brings, and closes it.
asio::awaitable<void> take_posts(std::shared_ptr<Tcp::acceptor> acceptor, std::vector<std::string>& posts) {
  for (;;) {
    boost::system::error_code error;
    auto socket = co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    std::array<char, 256> bytes;
    const auto size = co_await socket.async_read_some(asio::buffer(bytes),
                                                      asio::redirect_error(asio::use_awaitable, error));
    posts.emplace_back(bytes.data(), size);
  }
}

TEST(RtspPost, opens_another_when_the_server_has_closed_it) {
  RtspBench bench;
  const auto acceptor =
      std::make_shared<Tcp::acceptor>(bench.io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::vector<std::string> posts;
  asio::co_spawn(bench.io, take_posts(acceptor, posts), [](const std::exception_ptr&) {});
  std::shared_ptr<RtspSocket> socket;
  const RtspPost::Open open = [&]() -> asio::awaitable<base::Result<std::shared_ptr<RtspSocket>>> {
    Tcp::socket connection(bench.io);
    co_await connection.async_connect(acceptor->local_endpoint(), asio::use_awaitable);
    socket = std::make_shared<RtspSocket>(std::move(connection), 5s);
    co_return socket;
  };
  const auto post = std::make_shared<RtspPost>(bench.io.get_executor(), "HEAD ", open, nullptr);
  ASSERT_TRUE(bench.run(post->write("ABC")));
  bench.run_until([&] { return posts.size() == 1 && !socket->is_open(); });
  ASSERT_TRUE(bench.run(post->write("A")));
  bench.run_until([&] { return posts.size() == 2; });
  EXPECT_EQ(posts, (std::vector<std::string>{"HEAD QUJD", "HEAD QQ=="}));
  post->close();
  EXPECT_EQ(bench.run(post->write("A")).error().kind, ErrorKind::cancelled);
  acceptor->close();
}

TEST(RtspPost, answer_to_it_is_an_error_only_where_it_refuses) {
  for (const auto* line :
       {"HTTP/1.0 200 OK", "HTTP/1.1 408 Request Timeout", "RTSP/1.0 404 Not Found", "", "HTTP/1."})
    EXPECT_TRUE(RtspPost::check_answer(line)) << line;
  const std::pair<const char*, ErrorKind> refusals[] = {
      {"HTTP/1.1 404 Not Found", ErrorKind::unsupported},
      {"HTTP/1.1 401 Unauthorized", ErrorKind::denied},
      {"HTTP/1.1 503 Service Unavailable", ErrorKind::unavailable}};
  for (const auto& [line, kind] : refusals) {
    const auto refused = RtspPost::check_answer(line);
    ASSERT_FALSE(refused) << line;
    EXPECT_EQ(refused.error().kind, kind) << line;
    EXPECT_THAT(refused.error().message, HasSubstr(std::string("POST: ") + line));
  }
}

/// Makes two connections, the last of which a test may end itself, and no more.
class TwoConnections final : public base::Dialer {
 public:
  TwoConnections(asio::io_context& io, std::uint16_t port) : io_(io), port_(port) {}
  asio::awaitable<base::Result<Tcp::socket>> dial(std::string, base::Duration) override {
    if (++dialled > 2) co_return base::Error{ErrorKind::unavailable, "nobody is there"};
    Tcp::socket socket(io_);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), port_}, asio::use_awaitable);
    last = socket.native_handle();
    co_return socket;
  }
  int dialled = 0;
  int last = -1;

 private:
  asio::io_context& io_;
  const std::uint16_t port_;
};

TEST(RtspPost, one_that_cannot_be_opened_again_ends_the_session_and_is_its_reason) {
  RtspBench bench;
  const auto dialer = std::make_shared<TwoConnections>(bench.io, bench.server->port());
  auto options = bench.options("/live/yard");
  options.url = "http" + options.url.substr(4);
  options.dialer = dialer;
  options.report_interval = 100ms;
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  const auto started = bench.run(client.start());
  ASSERT_TRUE(started) << started.error().message;
  ASSERT_EQ(dialer->dialled, 2);
  ::shutdown(dialer->last, SHUT_RDWR);
  auto unit = bench.run(client.next());
  while (unit) unit = bench.run(client.next());
  EXPECT_EQ(unit.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(unit.error().message, HasSubstr("POST: nobody is there"));
}

TEST(RtspPost, one_that_is_refused_ends_the_session_and_is_its_reason) {
  RtspBench bench;
  const auto acceptor =
      std::make_shared<Tcp::acceptor>(bench.io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto serve = [](std::shared_ptr<Tcp::acceptor> door) -> asio::awaitable<void> {
    auto first = co_await door->async_accept(asio::use_awaitable);
    testing::RawPeer get(std::move(first));
    co_await get.send("HTTP/1.0 200 OK\r\n\r\n");
    auto second = co_await door->async_accept(asio::use_awaitable);
    testing::RawPeer post(std::move(second));
    co_await post.send("HTTP/1.0 401 ");
    co_await post.send("Unauthorized\r\n\r\n");
    (void)co_await get.closed_within(5s);
  };
  asio::co_spawn(bench.io, serve(acceptor), [](const std::exception_ptr&) {});
  RtspClient::Options options;
  options.url = "http://127.0.0.1:" + std::to_string(acceptor->local_endpoint().port()) + "/main";
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  const auto started = bench.run(client.start());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::denied);
  EXPECT_THAT(started.error().message, HasSubstr("POST: HTTP/1.0 401 Unauthorized"));
}

TEST(RtspPost, by_tls_everything_arrives_bit_for_bit) {
  const auto sample = testing::make_tls_sample();
  RtspServer::Options with_tls;
  with_tls.tls = sample.context;
  RtspBench bench(with_tls);
  auto options = bench.options("/live/yard");
  options.url = "https" + options.url.substr(4);
  options.trust = [context = trust_certificates(sample.certificate).value()] { return context; };
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  const auto started = bench.run(client.start());
  ASSERT_TRUE(started) << started.error().message;
  for (std::size_t n = 0; n < 50; ++n) {
    const auto unit = bench.run(client.next());
    ASSERT_TRUE(unit) << unit.error().message;
    ASSERT_EQ((*unit)->payload, bench.content->streams.at("/live/yard").unit(n).payload) << n;
  }
  EXPECT_EQ(bench.server->stats().accepted, 2U);  // a GET and its POST
  bench.run(client.stop());
}

TEST(RtspPost, a_server_that_knows_no_tunnel_is_named_as_the_cause) {
  RtspBench bench;
  const auto acceptor =
      std::make_shared<Tcp::acceptor>(bench.io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto refuse = [](std::shared_ptr<Tcp::acceptor> door) -> asio::awaitable<void> {
    auto socket = co_await door->async_accept(asio::use_awaitable);
    testing::RawPeer peer(std::move(socket));
    co_await peer.send("HTTP/1.0 404 Not Found\r\n\r\n");
    (void)co_await peer.closed_within(5s);
  };
  asio::co_spawn(bench.io, refuse(acceptor), [](const std::exception_ptr&) {});
  RtspClient::Options options;
  options.url = "http://127.0.0.1:" + std::to_string(acceptor->local_endpoint().port()) + "/main";
  RtspClient client(bench.io.get_executor(), bench.clock, options);
  const auto started = bench.run(client.start());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(started.error().message,
              HasSubstr("HTTP/1.0 404 Not Found (does the device speak RTSP through HTTP"));
}

}  // namespace
}  // namespace watchrig::media
