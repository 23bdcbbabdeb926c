#include <gmock/gmock.h>

#include "system/media/rtsp_headers.hpp"
#include "system/media/rtsp_server.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using testing::connect;
using ::testing::HasSubstr;
using testing::header;
using testing::RtspBench;
using testing::tcp_transport;

TEST(RtspServerAccess, asks_nobody_while_nobody_has_an_account) {
  bool has_account = false;
  RtspServer::Options options;
  options.password = [&](std::string_view name) -> std::optional<std::string> {
    if (has_account) return name.empty() ? std::nullopt : std::optional<std::string>("secret");
    return "";
  };
  RtspBench bench(options);
  bench.run([](RtspBench& b, bool& has) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    auto answer = co_await peer.ask("DESCRIBE", b.url());
    EXPECT_EQ(answer.status, 200);
    has = true;
    answer = co_await peer.ask("DESCRIBE", b.url());
    EXPECT_EQ(answer.status, 401);
  }(bench, has_account));
}

TEST(RtspServerAccess, answers_401_with_both_algorithms_and_closes_after_many_failures) {
  RtspServer::Options options;
  options.password = [](std::string_view) { return std::optional<std::string>("secret"); };
  RtspBench bench(options);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    auto answer = co_await peer.ask("OPTIONS", b.url());
    EXPECT_EQ(answer.status, 200);
    answer = co_await peer.ask("DESCRIBE", b.url());
    EXPECT_EQ(answer.status, 401);
    const auto challenges = answer.headers.all("WWW-Authenticate");
    CO_ASSERT(challenges.size() == 2);
    EXPECT_THAT(challenges[0], HasSubstr("SHA-256"));
    EXPECT_THAT(challenges[1], HasSubstr("algorithm=MD5"));
    int asked = 1;
    while (answer.status == 401) {
      answer = co_await peer.ask("SETUP", b.url("/live/yard/track0"), tcp_transport);
      ++asked;
    }
    EXPECT_EQ(asked, 17);
    EXPECT_EQ(b.content->described.size(), 0U);
  }(bench));
}

TEST(RtspServerAccess, tells_of_wrong_passwords_and_not_of_missing_ones) {
  std::vector<std::string> denied;
  RtspServer::Options options;
  options.password = [](std::string_view) { return std::optional<std::string>("secret"); };
  options.denied = [&](const std::string& user, const asio::ip::address& source) {
    denied.push_back(user + "@" + source.to_string());
  };
  RtspBench bench(options);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    const auto asked = co_await peer.ask("DESCRIBE", b.url());
    AuthClient client({"admin", "guess"}, false);
    CO_ASSERT(client.challenged(asked.headers.all("WWW-Authenticate")));
    const auto header = "Authorization: " + *client.authorization("DESCRIBE", b.url()) + "\r\n";
    const auto answer = co_await peer.ask("DESCRIBE", b.url(), header);
    EXPECT_EQ(answer.status, 401);
  }(bench));
  EXPECT_EQ(denied, std::vector<std::string>{"admin@127.0.0.1"});
}

TEST(RtspServerAccess, only_the_peers_own_address_gets_udp) {
  RtspBench bench;
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await connect(b);
    const char* elsewhere = "Transport: RTP/AVP;unicast;destination=192.0.2.1;client_port=50000-50001\r\n";
    const auto answer = co_await peer.ask("SETUP", b.url("/live/yard/track0"), elsewhere);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(header(answer, "Transport"), ::testing::Not(HasSubstr("192.0.2.1")));
    const auto ports = parse_transport(header(answer, "Transport"))->front().server_port;
    CO_ASSERT(ports);
    EXPECT_EQ(ports->first % 2, 0);
    EXPECT_EQ(ports->second, ports->first + 1);
  }(bench));
}

TEST(RtspServerAccess, more_connections_than_allowed_are_closed_at_once) {
  RtspServer::Options options;
  options.max_connections = 2;
  RtspBench bench(options);
  bench.run([](RtspBench& b) -> asio::awaitable<void> {
    auto first = co_await connect(b);
    auto second = co_await connect(b);
    const auto one = co_await first.ask("OPTIONS", "*");
    const auto two = co_await second.ask("OPTIONS", "*");
    EXPECT_EQ(one.status + two.status, 400);
    auto third = co_await connect(b);
    const bool closed = co_await third.closed_within(5s);
    EXPECT_TRUE(closed);
    first.close(true);
  }(bench));
  bench.run_until([&] { return bench.server->stats().connections < 2; });
  EXPECT_EQ(bench.server->stats().accepted, 3U);
}

}  // namespace
}  // namespace watchrig::media
