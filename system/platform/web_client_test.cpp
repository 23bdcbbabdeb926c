#include "system/platform/web_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include "system/platform/testing/fake_web_server.hpp"
#include "system/platform/testing/peer_program.hpp"

namespace watchrig::platform {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using testing::FakeWebServer;
using testing::PeerProgram;

constexpr std::size_t most = 4096;

ErrorKind kind(const base::Result<WebAnswer>& answer) {
  return answer ? ErrorKind::conflict : answer.error().kind;
}

/// Of an HTTPS server with a certificate for that name.
struct Peer {
  explicit Peer(const std::string& name)
      : program({"/usr/bin/python3", "system/platform/testing/web_server.py", name}) {
    const auto ready = program.line().value();
    url = "https://127.0.0.1:" + std::to_string(ready.at("port").to_number<unsigned>());
    certificate = ready.at("certificate").as_string();
  }
  PeerProgram program;
  std::string url;
  std::string certificate;
};

TEST(WebClientTest, a_server_of_a_trusted_authority_gets_user_and_password) {
  Peer peer("127.0.0.1");
  const auto answer =
      get_page({peer.url + "/nic/update?hostname=a.b", "vms", "Name:Pass", peer.certificate}, most, 20s);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "good 192.0.2.1\n");
  const auto asked = peer.program.line().value();
  EXPECT_EQ(asked.at("path"), "/nic/update?hostname=a.b");
  EXPECT_EQ(asked.at("authorization"), "Basic dm1zOk5hbWU6UGFzcw==");
  EXPECT_EQ(asked.at("agent"), "Watchrig");
}

TEST(WebClientTest, nobody_else_gets_anything) {
  Peer peer("127.0.0.1");
  EXPECT_EQ(kind(get_page({peer.url, "vms", "Pass", {}}, most, 20s)), ErrorKind::unavailable);
  Peer other("gate.example.org");
  EXPECT_EQ(kind(get_page({other.url, "vms", "Pass", other.certificate}, most, 20s)), ErrorKind::unavailable);
  EXPECT_EQ(kind(get_page({"file:///etc/passwd", {}, {}, {}}, most, 20s)), ErrorKind::invalid);
  // Nor is a redirection followed.
  EXPECT_EQ(get_page({peer.url + "/moved", {}, {}, peer.certificate}, most, 20s)->status, 302);
  EXPECT_EQ(peer.program.line().value().at("path"), "/moved");
}

TEST(WebClientTest, an_answer_is_as_long_as_it_may_be_or_is_refused) {
  std::size_t size = most;
  FakeWebServer server([&](const auto&, unsigned) { return FakeWebServer::page(std::string(size, 'x')); });
  EXPECT_EQ(get_page({server.url(), {}, {}, {}}, most, 20s)->body.size(), most);
  ++size;
  EXPECT_EQ(kind(get_page({server.url(), {}, {}, {}}, most, 20s)), ErrorKind::corrupt);
}

TEST(WebClientTest, what_is_no_http_is_said) {
  FakeWebServer server([](const auto&, unsigned) { return std::string("220 mail.example.org ESMTP\r\n"); });
  EXPECT_EQ(kind(get_page({server.url(), {}, {}, {}}, most, 20s)), ErrorKind::corrupt);
}

TEST(WebClientTest, a_silent_server_has_a_deadline_and_holds_up_no_end) {
  FakeWebServer server([](const auto&, unsigned) { return std::string(); });
  EXPECT_EQ(kind(get_page({server.url(), {}, {}, {}}, most, 200ms)), ErrorKind::timeout);
  boost::asio::io_context io;
  auto client = std::make_unique<WebClient>(600s);
  auto waiting = boost::asio::co_spawn(io, client->get({server.url(), {}, {}, {}}), boost::asio::use_future);
  while (server.asked() < 2) io.poll();
  client.reset();
  EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout) << "who waits is not called any more";
}

TEST(WebClientTest, too_many_at_a_time_are_refused) {
  FakeWebServer server([](const auto&, unsigned) { return std::string(); });
  boost::asio::io_context io;
  WebClient client(600s);
  std::vector<std::future<base::Result<WebAnswer>>> waiting;
  for (std::size_t i = 0; i < WebClient::most_waiting + 2; ++i) {
    waiting.push_back(
        boost::asio::co_spawn(io, client.get({server.url(), {}, {}, {}}), boost::asio::use_future));
    while (server.asked() < 1) io.poll();
  }
  io.poll();
  EXPECT_EQ(kind(waiting.back().get()), ErrorKind::full);
  EXPECT_EQ(waiting[WebClient::most_waiting].wait_for(0s), std::future_status::timeout);
}

}  // namespace
}  // namespace watchrig::platform
