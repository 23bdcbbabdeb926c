#include "system/media/rtsp_tunnel.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/base/base64.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::RawPeer;
using testing::RtspBench;
using ::testing::StartsWith;

const std::string options_request = "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n";

std::string decoded(std::vector<std::string_view> pieces) {
  Base64Stream stream;
  base::Bytes bytes;
  for (const auto piece : pieces) {
    const auto taken =
        stream.decode({reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()}, bytes);
    if (!taken) return "refused: " + taken.error().message;
  }
  return {bytes.begin(), bytes.end()};
}

TEST(Base64Stream, takes_pieces_cut_anywhere_and_messages_encoded_each_by_itself) {
  EXPECT_EQ(decoded({"QQ==QUI=QUJD"}), "AABABC");
  EXPECT_EQ(decoded({"QU", "JD\r", "\nQ", "Q=", "=QQ=="}), "ABCAA");
  EXPECT_EQ(decoded({"Q", "U", "J", "D"}), "ABC");
}

TEST(Base64Stream, refuses_what_is_none) {
  EXPECT_THAT(decoded({"QUJD!"}), HasSubstr("not base64"));
  EXPECT_THAT(decoded({"="}), HasSubstr("padding"));
  EXPECT_THAT(decoded({"QUI==="}), HasSubstr("padding"));
}

TEST(TunnelHead, has_method_cookie_and_size) {
  const std::string text = "POST /a HTTP/1.0\r\nX-SessionCookie:  abc \r\nContent-Length: 32767\r\n\r\n";
  for (std::size_t size = 6; size < text.size(); ++size) {
    const auto part = parse_tunnel_head(std::string_view(text).substr(0, size));
    ASSERT_TRUE(part && !*part) << size;
  }
  const auto head = parse_tunnel_head(text + "T1BUSU9OUw==");
  ASSERT_TRUE(head && *head);
  EXPECT_TRUE((*head)->post);
  EXPECT_EQ((*head)->cookie, "abc");
  EXPECT_EQ((*head)->size, text.size());
  EXPECT_FALSE((*parse_tunnel_head("GET / HTTP/1.1\r\nx-sessioncookie: 1\r\n\r\n"))->post);
}

TEST(RtspTunnel, ends_the_post_that_is_attached_whoever_was_before_it) {
  asio::io_context io;
  RtspTunnel tunnel(io.get_executor());
  EXPECT_FALSE(tunnel.attached());
  int first_ended = 0;
  int second_ended = 0;
  const auto first = tunnel.attach([&] { ++first_ended; });
  (void)tunnel.attach([&] { ++second_ended; });
  EXPECT_TRUE(tunnel.attached());
  EXPECT_EQ(first_ended, 1);
  tunnel.finish(first);  // it does not know yet that it has lost its place
  EXPECT_EQ(second_ended, 0);
  EXPECT_FALSE(tunnel.push({1}));
  tunnel.close();
  EXPECT_EQ(second_ended, 1);
}

TEST(RtspTunnel, a_post_that_has_finished_ends_by_itself) {
  asio::io_context io;
  RtspTunnel tunnel(io.get_executor());
  int ended = 0;
  const auto post = tunnel.attach([&] { ++ended; });
  tunnel.finish(post);
  tunnel.close();
  EXPECT_EQ(ended, 0);
}

TEST(RtspTunnels, are_counted_and_found_by_source_not_by_address) {
  asio::io_context io;
  RtspTunnels tunnels;
  std::vector<std::shared_ptr<RtspTunnel>> open;
  const auto host = [](std::size_t n) {
    return asio::ip::make_address(fmt::format("2001:db8:1:2::{:x}", n));
  };
  for (std::size_t i = 0; i < RtspTunnels::most_waiting; ++i) {
    auto tunnel = tunnels.open(host(i + 1), std::to_string(i), io.get_executor());
    ASSERT_TRUE(tunnel) << i;
    open.push_back(std::move(*tunnel));
  }
  const auto more = tunnels.open(host(0xffff), "more", io.get_executor());
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, base::ErrorKind::full);
  EXPECT_EQ(tunnels.find(host(0xffff), "0"), open.front());
  const auto other = asio::ip::make_address("2001:db8:1:3::1");
  EXPECT_FALSE(tunnels.find(other, "0"));
  EXPECT_TRUE(tunnels.open(other, "more", io.get_executor()));
  // A server of both kinds sees IPv4 as mapped into IPv6.
  const auto plain = tunnels.open(asio::ip::make_address("192.0.2.7"), "four", io.get_executor());
  ASSERT_TRUE(plain);
  EXPECT_EQ(tunnels.find(asio::ip::make_address("::ffff:192.0.2.7"), "four"), *plain);
}

/// A client's GET or POST in the raw.
struct Half {
  explicit Half(RawPeer connected) : peer(std::move(connected)) {}
  static asio::awaitable<Half> open(RtspBench& bench, std::string method, std::string cookie) {
    auto connected = co_await RawPeer::connect(bench.io, bench.server->port());
    Half half(std::move(connected));
    const auto head = tunnel_request(method == "POST", "/live/gate", "camera", cookie, "test");
    co_await half.peer.send(head);
    if (method == "GET") half.answer = co_await half.head();
    co_return half;
  }
  /// Of an answer; empty when there is none.
  asio::awaitable<std::string> head() {
    std::string text;
    boost::system::error_code error;
    co_await asio::async_read_until(peer.socket(), asio::dynamic_buffer(text), "\r\n\r\n",
                                    asio::redirect_error(asio::use_awaitable, error));
    co_return text;
  }
  RawPeer peer;
  std::string answer;
};

RtspServer::Options patient() {
  RtspServer::Options options;
  options.request_timeout = 300ms;
  return options;
}

class RtspTunnelTest : public ::testing::Test {
 protected:
  RtspBench bench{patient()};

  /// Whether the server takes the request and answers it by the GET.
  static asio::awaitable<bool> answers(Half& get, Half& post) {
    const auto request = base::to_base64(options_request);
    co_await post.peer.send(request);
    const auto response = co_await get.peer.response();
    co_return response && response->status == 200;
  }
};

TEST_F(RtspTunnelTest, requests_by_the_post_are_answered_by_the_get) {
  bench.run([](RtspBench& server) -> asio::awaitable<void> {
    auto get = co_await Half::open(server, "GET", "one");
    EXPECT_THAT(get.answer, StartsWith("HTTP/1.0 200 OK\r\n"));
    EXPECT_THAT(get.answer, HasSubstr("Content-Type: application/x-rtsp-tunnelled\r\n"));
    auto post = co_await Half::open(server, "POST", "one");
    const auto text = base::to_base64(options_request);
    co_await post.peer.send(text.substr(0, 5));
    co_await post.peer.send(text.substr(5));
    const auto response = co_await get.peer.response();
    CO_ASSERT(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(testing::header(*response, "CSeq"), "7");
  }(bench));
}

TEST_F(RtspTunnelTest, a_post_that_ends_is_followed_by_another) {
  bench.run([](RtspBench& server) -> asio::awaitable<void> {
    auto get = co_await Half::open(server, "GET", "one");
    auto first = co_await Half::open(server, "POST", "one");
    EXPECT_TRUE(co_await answers(get, first));
    first.peer.close();
    auto second = co_await Half::open(server, "POST", "one");
    EXPECT_TRUE(co_await answers(get, second));
    auto third = co_await Half::open(server, "POST", "one");
    EXPECT_TRUE(co_await answers(get, third));
    EXPECT_TRUE(co_await second.peer.closed_within(5s));
  }(bench));
}

TEST_F(RtspTunnelTest, a_client_that_drops_its_get_loses_its_post) {
  bench.run([](RtspBench& server) -> asio::awaitable<void> {
    auto get = co_await Half::open(server, "GET", "one");
    auto post = co_await Half::open(server, "POST", "one");
    EXPECT_TRUE(co_await answers(get, post));
    get.peer.close();
    EXPECT_TRUE(co_await post.peer.closed_within(5s));
    auto again = co_await Half::open(server, "GET", "one");  // its place is free
    EXPECT_THAT(again.answer, StartsWith("HTTP/1.0 200 OK\r\n"));
  }(bench));
}

TEST_F(RtspTunnelTest, a_get_without_a_post_ends) {
  bench.run([](RtspBench& server) -> asio::awaitable<void> {
    auto get = co_await Half::open(server, "GET", "one");
    EXPECT_THAT(get.answer, StartsWith("HTTP/1.0 200 OK\r\n"));
    EXPECT_TRUE(co_await get.peer.closed_within(5s));
    auto silent = co_await Half::open(server, "GET", "two");
    auto post = co_await Half::open(server, "POST", "two");
    EXPECT_TRUE(co_await silent.peer.closed_within(5s));
    EXPECT_TRUE(co_await post.peer.closed_within(5s));
  }(bench));
  bench.run_until([&] { return bench.server->stats().connections == 0; });
}

TEST_F(RtspTunnelTest, a_post_needs_a_get_of_its_cookie) {
  bench.run([](RtspBench& server) -> asio::awaitable<void> {
    auto alone = co_await Half::open(server, "POST", "one");
    const auto unknown = co_await alone.head();
    EXPECT_THAT(unknown, StartsWith("HTTP/1.0 404 "));
    auto get = co_await Half::open(server, "GET", "one");
    auto foreign = co_await Half::open(server, "POST", "two");
    const auto refused = co_await foreign.head();
    EXPECT_THAT(refused, StartsWith("HTTP/1.0 404 "));
    auto own = co_await Half::open(server, "POST", "one");
    EXPECT_TRUE(co_await answers(get, own));
  }(bench));
}

TEST_F(RtspTunnelTest, a_cookie_is_of_one_client_at_a_time_and_few_may_wait) {
  bench.run([](RtspBench& server) -> asio::awaitable<void> {
    std::vector<Half> waiting;
    for (std::size_t i = 0; i < RtspTunnels::most_waiting; ++i) {
      auto one = co_await Half::open(server, "GET", std::to_string(i));
      waiting.push_back(std::move(one));
    }
    EXPECT_THAT(waiting.back().answer, StartsWith("HTTP/1.0 200 "));
    const auto same = co_await Half::open(server, "GET", "0");
    EXPECT_THAT(same.answer, StartsWith("HTTP/1.0 409 "));
    const auto more = co_await Half::open(server, "GET", "more");
    EXPECT_THAT(more.answer, StartsWith("HTTP/1.0 503 "));
    auto post = co_await Half::open(server, "POST", "0");
    EXPECT_TRUE(co_await answers(waiting[0], post));
    const auto room = co_await Half::open(server, "GET", "more");
    EXPECT_THAT(room.answer, StartsWith("HTTP/1.0 200 "));
  }(bench));
}

TEST_F(RtspTunnelTest, what_is_no_base64_or_no_request_ends_both) {
  bench.run([](RtspBench& server) -> asio::awaitable<void> {
    auto get = co_await Half::open(server, "GET", "one");
    auto post = co_await Half::open(server, "POST", "one");
    EXPECT_TRUE(co_await answers(get, post));
    co_await post.peer.send("#");
    const auto refused = co_await post.head();
    EXPECT_THAT(refused, StartsWith("HTTP/1.0 400 "));
    EXPECT_TRUE(co_await get.peer.closed_within(5s));
    auto giant = co_await Half::open(server, "GET", "two");
    auto giants = co_await Half::open(server, "POST", "two");
    const std::string endless = "OPTIONS * RTSP/1.0\r\nX: " + std::string(200'000, 'a');
    const auto text = base::to_base64(endless);
    co_await giants.peer.send(text);
    const auto answer = co_await giant.peer.response();
    CO_ASSERT(answer);
    EXPECT_EQ(answer->status, 413);
    EXPECT_TRUE(co_await giants.peer.closed_within(5s));
  }(bench));
}

TEST_F(RtspTunnelTest, http_that_is_no_tunnel_is_refused) {
  const std::string cookie = "x-sessioncookie: one\r\n";
  for (const std::string& head :
       {std::string("GET / HTTP/1.0\r\n\r\n"), std::string("GET / HTTP/1.0\r\nx-sessioncookie: a b\r\n\r\n"),
        "GET / HTTP/1.0\r\nx-sessioncookie: " + std::string(129, 'a') + "\r\n\r\n",
        "POST / HTTP/1.1\r\n" + cookie + "Transfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.0\r\n" + cookie + "X: " + std::string(9000, 'a')}) {
    const auto answer = bench.run([](RtspBench& server, std::string text) -> asio::awaitable<std::string> {
      auto connected = co_await RawPeer::connect(server.io, server.server->port());
      Half half(std::move(connected));
      co_await half.peer.send(text);
      const auto told = co_await half.head();
      co_return told;
    }(bench, head));
    EXPECT_THAT(answer, StartsWith("HTTP/1.0 400 ")) << head.substr(0, 60);
  }
}

TEST_F(RtspTunnelTest, tracks_do_not_leave_it) {
  bench.run([](RtspBench& server) -> asio::awaitable<void> {
    auto get = co_await Half::open(server, "GET", "one");
    auto post = co_await Half::open(server, "POST", "one");
    const auto request = base::to_base64(
        fmt::format("SETUP rtsp://127.0.0.1:{}/live/gate/track0 RTSP/1.0\r\nCSeq: 1\r\nTransport: "
                    "RTP/AVP;unicast;client_port=40000-40001\r\n\r\n",
                    server.server->port()));
    co_await post.peer.send(request);
    const auto answer = co_await get.peer.response();
    CO_ASSERT(answer);
    EXPECT_EQ(answer->status, 461);
  }(bench));
}

}  // namespace
}  // namespace watchrig::media
