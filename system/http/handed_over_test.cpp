#include <atomic>
#include <thread>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>

#include "system/base/executor_pool.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ::testing::HasSubstr;

/// Connections that a server is given by another part of the program, made by a listener of the test.
class HandedOverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    router.add_plain("GET", "/source", {}, "", [](const Request& request) {
      return json_response(200, {{"source", request.source()}});
    });
    HttpServer::Options options;
    options.admit = [this](const asio::ip::address& source) { return source.to_string() != refused; };
    server = *HttpServer::start(options, router, [this] { return asio::any_io_executor(pool.next()); });
    thread = std::thread([this] { pool.run(); });
  }
  void TearDown() override {
    server->stop();
    pool.stop();
    thread.join();
  }
  tcp::socket hand_over() {
    tcp::socket client(own);
    client.connect(listener.local_endpoint());
    server->serve(listener.accept(), [this] { return wanted.load(); });
    return client;
  }
  /// Empty when the connection ends without an answer.
  static std::string ask(tcp::socket& client) {
    boost::system::error_code failure;
    asio::write(client, asio::buffer(std::string_view("GET /source HTTP/1.1\r\nHost: a\r\n\r\n")), failure);
    std::string text;
    asio::read_until(client, asio::dynamic_buffer(text), "}", failure);
    return text;
  }

  std::string refused;
  std::atomic<bool> wanted = true;
  Router router;
  base::ExecutorPool pool{2};
  std::unique_ptr<HttpServer> server;
  std::thread thread;
  asio::io_context own;
  tcp::acceptor listener{own, {asio::ip::address_v4::loopback(), 0}};
};

TEST_F(HandedOverTest, it_is_served_like_any_other_but_is_not_this_machine) {
  auto client = hand_over();
  EXPECT_THAT(ask(client), HasSubstr(R"({"source":"0.0.0.0"})"));
  EXPECT_THAT(ask(client), HasSubstr("200 OK"));
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(HandedOverTest, it_ends_with_the_next_request_when_it_is_not_wanted_any_more) {
  auto client = hand_over();
  EXPECT_NE(ask(client), "");
  wanted = false;
  EXPECT_EQ(ask(client), "");
}

TEST_F(HandedOverTest, one_that_says_nothing_ends_too) {
  auto client = hand_over();
  EXPECT_NE(ask(client), "");
  wanted = false;
  char byte = 0;
  boost::system::error_code failure;
  client.read_some(asio::buffer(&byte, 1), failure);
  EXPECT_TRUE(failure);
}

TEST_F(HandedOverTest, whose_host_may_not_connect_is_dropped) {
  refused = "0.0.0.0";
  auto client = hand_over();
  EXPECT_EQ(ask(client), "");
}

}  // namespace
}  // namespace watchrig::http
