#include <thread>

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <gtest/gtest.h>

#include "system/base/executor_pool.hpp"
#include "system/http/http_client.hpp"
#include "system/http/http_server.hpp"
#include "system/http/testing/test_certificate.hpp"

namespace watchrig::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

asio::awaitable<void> echo(Request, WebSocket socket) {
  for (;;) {
    const auto text = co_await socket.receive();
    if (!text) co_return;
    co_await socket.send_text(*text);
  }
}

class HttpsServerTest : public testing::Test {
 protected:
  void SetUp() override {
    router_.add_plain("GET", "/big", {}, "a long answer", [](const Request&) {
      Response response;
      response.body = std::string(300000, 'x');
      return response;
    });
    router_.add_socket("/echo", {}, "an echo", echo);
    HttpServer::Options options;
    options.request_deadline = std::chrono::seconds(1);
    options.tls = *make_tls_identity(first_.certificate, first_.key);
    server_ = *HttpServer::start(options, router_, [this] { return pool_.next(); });
    thread_ = std::jthread([this] { pool_.run(); });
  }
  void TearDown() override {
    server_->stop();
    pool_.stop();
  }

  tcp::socket connect() {
    tcp::socket socket(context_);
    socket.connect({asio::ip::address_v4::loopback(), server_->port()});
    return socket;
  }
  HttpClient client(const std::string& trusted) {
    HttpClient client("https://127.0.0.1:" + std::to_string(server_->port()), std::chrono::seconds(20));
    client.set_trusted(trusted);
    return client;
  }

  const TestCertificate first_ = make_test_certificate("first");
  const TestCertificate second_ = make_test_certificate("second");
  asio::io_context context_;
  base::ExecutorPool pool_{2};
  Router router_;
  std::unique_ptr<HttpServer> server_;
  std::jthread thread_;
};

TEST_F(HttpsServerTest, AnswersAClientThatTrustsItsCertificateOnly) {
  const auto answer = client(first_.certificate).request("GET", "/big");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, std::string(300000, 'x'));
  EXPECT_FALSE(client(second_.certificate).request("GET", "/big"));
  EXPECT_FALSE(client("").request("GET", "/big"));
}

TEST_F(HttpsServerTest, ANewCertificateIsShownFromTheNextConnectionOn) {
  ssl::context trusting(ssl::context::tls_client);
  ssl::stream<tcp::socket> old(connect(), trusting);
  old.handshake(ssl::stream_base::client);
  server_->set_tls(*make_tls_identity(second_.certificate, second_.key));
  EXPECT_TRUE(client(second_.certificate).request("GET", "/big"));
  EXPECT_FALSE(client(first_.certificate).request("GET", "/big"));
  asio::write(old, asio::buffer(std::string("GET /big HTTP/1.1\r\n\r\n")));
  std::string status(15, ' ');
  asio::read(old, asio::buffer(status));
  EXPECT_EQ(status, "HTTP/1.1 200 OK");
}

TEST_F(HttpsServerTest, SpeaksTls12AndLaterOnly) {
  const auto handshake = [&](int version) {
    ssl::context old(ssl::context::tls_client);
    SSL_CTX_set_security_level(old.native_handle(), 0);
    SSL_CTX_set_min_proto_version(old.native_handle(), version);
    SSL_CTX_set_max_proto_version(old.native_handle(), version);
    ssl::stream<tcp::socket> stream(connect(), old);
    error_code failure;
    stream.handshake(ssl::stream_base::client, failure);
    return !failure;
  };
  EXPECT_FALSE(handshake(TLS1_VERSION));
  EXPECT_FALSE(handshake(TLS1_1_VERSION));
  EXPECT_TRUE(handshake(TLS1_2_VERSION));
  EXPECT_TRUE(handshake(TLS1_3_VERSION));
}

TEST_F(HttpsServerTest, WebSocketEchoesLongMessages) {
  ssl::context trusting(ssl::context::tls_client);
  boost::beast::websocket::stream<boost::beast::ssl_stream<tcp::socket>> socket(connect(), trusting);
  socket.next_layer().handshake(ssl::stream_base::client);
  socket.handshake("127.0.0.1", "/echo");
  const std::string text(60000, 'y');
  for (int i = 0; i < 3; ++i) {
    boost::beast::flat_buffer buffer;
    socket.write(asio::buffer(text));
    socket.read(buffer);
    EXPECT_EQ(boost::beast::buffers_to_string(buffer.data()), text);
  }
  socket.close(boost::beast::websocket::close_code::normal);
}

TEST_F(HttpsServerTest, WhoSpeaksNoTlsIsDroppedAndOthersServed) {
  auto plain = connect();
  asio::write(plain, asio::buffer(std::string("GET /big HTTP/1.1\r\n\r\n")));
  auto silent = connect();
  for (auto* socket : {&plain, &silent}) {
    std::string answer;
    error_code ended;
    asio::read(*socket, asio::dynamic_buffer(answer), ended);
    EXPECT_EQ(answer.find("HTTP"), std::string::npos);
  }
  EXPECT_TRUE(client(first_.certificate).request("GET", "/big"));
}

TEST_F(HttpsServerTest, TheClosedPortRefusesAtOnce) {
  server_->stop();
  tcp::socket socket(context_);
  error_code failure;
  socket.connect({asio::ip::address_v4::loopback(), server_->port()}, failure);
  EXPECT_EQ(failure, asio::error::connection_refused);
}

TEST_F(HttpsServerTest, AForeignOrBrokenKeyIsRefused) {
  EXPECT_FALSE(make_tls_identity(first_.certificate, second_.key));
  EXPECT_FALSE(make_tls_identity("no certificate", first_.key));
  EXPECT_FALSE(make_tls_identity(first_.certificate, "no key"));
}

}  // namespace
}  // namespace watchrig::http
