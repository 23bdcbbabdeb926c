#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>

#include "system/base/executor_pool.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using boost::system::error_code;

const std::string head = "POST / HTTP/1.0\r\nx-sessioncookie: a\r\nContent-Length: 32767\r\n\r\n";

/// A server of HTTP, and behind it a listener of the test.
class PassThroughTest : public ::testing::Test {
 protected:
  void SetUp() override {
    HttpServer::Options options;
    options.rtsp = [this] { return behind.local_endpoint(); };
    server = *HttpServer::start(options, router, [this] { return asio::any_io_executor(pool.next()); });
    thread = std::thread([this] { pool.run(); });
  }
  void TearDown() override {
    server->stop();
    pool.stop();
    thread.join();
  }
  tcp::socket ask() {
    tcp::socket client(own);
    client.connect({asio::ip::address_v4::loopback(), server->port()});
    asio::write(client, asio::buffer(head));
    return client;
  }
  /// Until all that was asked of the server's thread is done.
  void settle() {
    std::promise<void> done;
    asio::post(pool.next(), [&] { done.set_value(); });
    done.get_future().wait();
  }
  /// Whether the server closes the connection.
  bool ends(tcp::socket& client) {
    bool ended = false;
    char byte = 0;
    client.async_read_some(asio::buffer(&byte, 1), [&](error_code failure, std::size_t) {
      ended = failure && failure != asio::error::operation_aborted;
    });
    own.restart();
    own.run_for(5s);
    client.cancel();
    own.restart();
    own.run();
    return ended;
  }
  /// Writes as much as all on the way holds.
  void fill(tcp::socket& client) {
    const std::vector<char> bytes(64 * 1024, 'A');
    do {
      client.async_write_some(asio::buffer(bytes), [](error_code, std::size_t) {});
      own.restart();
    } while (own.run_one_for(300ms) > 0);
    client.cancel();
    own.restart();
    own.run();
  }

  Router router;
  base::ExecutorPool pool{1};
  std::unique_ptr<HttpServer> server;
  std::thread thread;
  asio::io_context own;
  tcp::acceptor behind{own, {asio::ip::address_v4::loopback(), 0}};
};

TEST_F(PassThroughTest, ends_with_the_server) {
  auto client = ask();
  auto peer = behind.accept();
  std::string got(head.size(), ' ');
  asio::read(peer, asio::buffer(got));
  EXPECT_THAT(got, ::testing::StartsWith("POST / HTTP/1.0\r\n"));
  server->stop();
  EXPECT_TRUE(ends(client));
}

TEST_F(PassThroughTest, ends_with_the_server_also_while_a_request_waits_to_be_taken) {
  auto client = ask();
  auto peer = behind.accept();
  fill(client);  // nothing is read behind the server, which waits to write
  server->stop();
  settle();
  std::thread reader([&peer] {
    std::vector<char> taken(64 * 1024);
    for (error_code failure; !failure;) peer.read_some(asio::buffer(taken), failure);
  });
  EXPECT_TRUE(ends(client));
  error_code ignored;
  peer.shutdown(tcp::socket::shutdown_both, ignored);
  reader.join();
}

}  // namespace
}  // namespace watchrig::http
