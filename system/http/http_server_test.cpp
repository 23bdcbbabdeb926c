#include "system/http/http_server.hpp"

#include <fstream>
#include <thread>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/base/executor_pool.hpp"
#include "system/http/http_client.hpp"

namespace watchrig::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<void> echo(Request request, WebSocket socket) {
  co_await socket.send_text("hello " + request.param("name"));
  while (const auto text = co_await socket.receive()) co_await socket.send_text(*text);
}

asio::awaitable<Response> fail(Request) {
  throw std::runtime_error("broken on purpose");
  co_return Response{};
}

asio::awaitable<void> break_off(Request, WebSocket socket) {
  co_await socket.send_text("one word");
  throw std::runtime_error("broken on purpose");
}

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    router_.add_plain("GET", "/items/{id}", {}, "an item", [](const Request& request) {
      return json_response(200, {{"id", request.param("id")}, {"q", request.query_value("q").value_or("-")}});
    });
    router_.add_plain("POST", "/items", {}, "a new item", [](const Request& request) {
      const auto body = parse_json_object(request.body);
      return body ? json_response(201, *body) : error_response(body.error(), "body");
    });
    router_.add("GET", "/fail", {}, "always an exception", fail);
    router_.add_plain("GET", "/file", {}, "a file", [](const Request&) {
      const std::filesystem::path path = testing::TempDir() + "http_server_test.bin";
      std::ofstream(path) << std::string(300000, 'x');
      Response response;
      response.content_type = "video/mp4";
      response.file = *whole_file(std::make_shared<TemporaryFile>(path));
      return response;
    });
    router_.add_socket("/echo/{name}", {}, "an echo", echo);
    router_.add_socket("/broken", {}, "always an exception", break_off);
    router_.add_plain("GET", "/mine", {"own"}, "who asks", [](const Request& request) {
      return json_response(200, {{"account", request.account}, {"source", request.source()}});
    });
    router_.set_gate([](const Route& route, Request& request) -> std::optional<Response> {
      if (route.guard.right.empty()) return std::nullopt;
      if (request.headers["authorization"] == "broken") throw std::runtime_error("broken on purpose");
      if (request.headers["authorization"] != "Bearer key")
        return error_response(401, "denied", {}, "no key");
      request.account = "ann";
      return std::nullopt;
    });
    HttpServer::Options options;
    options.max_connections = 8;
    options.max_body_bytes = 1000;
    options.request_deadline = std::chrono::seconds(1);
    auto server = HttpServer::start(options, router_, [this] { return pool_.next(); });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    thread_ = std::jthread([this] { pool_.run(); });
    client_ = HttpClient("http://127.0.0.1:" + std::to_string(server_->port()));
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
  std::string exchange(std::string_view bytes) {
    auto socket = connect();
    asio::write(socket, asio::buffer(bytes));
    std::string answer;
    boost::system::error_code ended;
    asio::read(socket, asio::dynamic_buffer(answer), ended);
    return answer;
  }

  asio::io_context context_;
  base::ExecutorPool pool_{2};
  Router router_;
  std::unique_ptr<HttpServer> server_;
  std::jthread thread_;
  HttpClient client_{""};
};

TEST_F(HttpServerTest, DecodesPathAndQuery) {
  const auto answer = client_.json("GET", "/items/a%20b?q=x%26y");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("id").as_string(), "a b");
  EXPECT_EQ(answer->at("q").as_string(), "x&y");
}

TEST_F(HttpServerTest, UnknownPathIs404AndWrongMethod405WithAllow) {
  EXPECT_EQ(client_.request("GET", "/nothing")->status, 404);
  EXPECT_EQ(client_.request("GET", "/items/")->status, 404);
  const auto answer = client_.request("DELETE", "/items/1");
  EXPECT_EQ(answer->status, 405);
  EXPECT_TRUE(std::any_of(answer->headers.begin(), answer->headers.end(),
                          [](const auto& h) { return h.first == "Allow" && h.second == "GET"; }));
}

TEST_F(HttpServerTest, WhatIsNoTextIsRefusedInPathAndQuery) {
  for (const char* target :
       {"/items/%ff", "/items/%c0%ae", "/items/%ed%a0%80", "/items/a%00", "/items/1?q=%ff", "/items/1?q=%00",
        "/items/1?%ff=1", "/items/%", "/items/%zz"}) {
    const auto answer = client_.request("GET", target);
    ASSERT_TRUE(answer) << target;
    EXPECT_EQ(answer->status, 400) << target;
  }
  EXPECT_EQ(client_.json("GET", "/items/%F0%9F%98%80")->at("id").as_string(), "\xF0\x9F\x98\x80");
}

TEST_F(HttpServerTest, TheGateRefusesOrSaysWhoAsks) {
  EXPECT_EQ(client_.request("GET", "/mine")->status, 401);
  client_.set_token("key");
  const auto answer = client_.json("GET", "/mine");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("account").as_string(), "ann");
  EXPECT_EQ(answer->at("source").as_string(), "127.0.0.1");
}

TEST_F(HttpServerTest, BadBodiesAreRefusedAndNamed) {
  EXPECT_EQ(client_.request("POST", "/items", R"({"a":1})")->status, 201);
  for (const char* body : {"", "{", "[]", "null", R"({"a":})"}) {
    const auto answer = client_.request("POST", "/items", body);
    EXPECT_EQ(answer->status, 400) << body;
    EXPECT_NE(answer->body.find(R"("code":"invalid")"), std::string::npos) << answer->body;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += R"({"a":)";
  EXPECT_EQ(client_.request("POST", "/items", deep)->status, 400);
}

TEST_F(HttpServerTest, BodyLimitHoldsAtItsEdge) {
  const std::string frame = R"({"a":""})";
  const auto body = [&](std::size_t size) {
    return R"({"a":")" + std::string(size - frame.size(), 'x') + R"("})";
  };
  EXPECT_EQ(client_.request("POST", "/items", body(1000))->status, 201);
  EXPECT_EQ(client_.request("POST", "/items", body(1001))->status, 413);
}

TEST_F(HttpServerTest, HeaderFloodIs431) {
  EXPECT_TRUE(
      exchange("GET / HTTP/1.1\r\nA: " + std::string(20000, 'a') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
}

TEST_F(HttpServerTest, GarbageIs400AndHalfARequestIsDropped) {
  EXPECT_TRUE(exchange("\x16\x03\x01 what is this\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(exchange("GET /%zz HTTP/1.1\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_EQ(exchange("GET /items/1 HT"), "");
}

TEST_F(HttpServerTest, AnEncodingThatMayHideARequestIs400AndEndsTheConnection) {
  for (const char* header :
       {"xchunked\r\nContent-Length: 2", "chunked, identity", "chunked\r\nTransfer-Encoding: chunked"}) {
    const auto answer = exchange(fmt::format(
        "POST /items HTTP/1.1\r\nTransfer-Encoding: {}\r\n\r\n{{}}GET /items/hidden HTTP/1.1\r\n\r\n",
        header));
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 400") << header;
    EXPECT_EQ(answer.find("HTTP/1.1 2"), std::string::npos) << answer;
  }
}

TEST_F(HttpServerTest, AnExceptionOfAHandlerIs500AndTheServerGoesOn) {
  const auto answer = client_.request("GET", "/fail");
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->body.find("on purpose"), std::string::npos);
  EXPECT_EQ(client_.request("GET", "/items/1")->status, 200);
}

TEST_F(HttpServerTest, AnExceptionOfTheGateIs500AndTheServerGoesOn) {
  EXPECT_TRUE(exchange("GET /mine HTTP/1.1\r\nAuthorization: broken\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 500"));
  EXPECT_EQ(client_.request("GET", "/items/1")->status, 200);
}

TEST_F(HttpServerTest, AnExceptionOfASocketHandlerGivesItsPlaceBack) {
  for (int i = 0; i < 20; ++i) {
    boost::beast::websocket::stream<tcp::socket> socket(connect());
    boost::system::error_code failure;
    socket.handshake("127.0.0.1", "/broken", failure);
    ASSERT_FALSE(failure) << "connection " << i << ": " << failure.message();
    boost::beast::flat_buffer buffer;
    while (!failure) socket.read(buffer, failure);
    EXPECT_EQ(failure, boost::beast::websocket::error::closed);
    while (server_->connections() > 0) asio::steady_timer(context_, std::chrono::milliseconds(10)).wait();
  }
}

TEST_F(HttpServerTest, AFileIsSentWholeAndRemoved) {
  const std::filesystem::path target = testing::TempDir() + "http_client_test.bin";
  const auto done = client_.download("/file", target);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(std::filesystem::file_size(target), 300000U);
  std::filesystem::remove(target);
  server_->stop();
}

TEST_F(HttpServerTest, TooManyConnectionsAreRefusedAndOthersServed) {
  std::vector<tcp::socket> idle;
  for (int i = 0; i < 7; ++i) {
    idle.push_back(connect());
    asio::write(idle.back(), asio::buffer(std::string("GET /items/1 HTTP/1.1\r\n\r\n")));
    char first = 0;
    asio::read(idle.back(), asio::buffer(&first, 1));
  }
  EXPECT_EQ(client_.request("GET", "/items/1")->status, 200);
  auto last = connect();
  asio::write(last, asio::buffer(std::string("GET /items/1 HTTP/1.1\r\n\r\n")));
  char first = 0;
  asio::read(last, asio::buffer(&first, 1));
  boost::system::error_code failure;
  auto refused = connect();
  asio::read(refused, asio::buffer(&first, 1), failure);
  EXPECT_TRUE(failure);
}

TEST_F(HttpServerTest, WebSocketEchoesAndPlainGetOnItIs426) {
  EXPECT_EQ(client_.request("GET", "/echo/you")->status, 426);
  boost::beast::websocket::stream<tcp::socket> socket(connect());
  socket.handshake("127.0.0.1", "/echo/you");
  boost::beast::flat_buffer buffer;
  socket.read(buffer);
  EXPECT_EQ(boost::beast::buffers_to_string(buffer.data()), "hello you");
  buffer.clear();
  socket.write(asio::buffer(std::string("again")));
  socket.read(buffer);
  EXPECT_EQ(boost::beast::buffers_to_string(buffer.data()), "again");
  buffer.clear();
  server_->stop();
  boost::system::error_code ended;
  socket.read(buffer, ended);
  EXPECT_TRUE(ended);
}

TEST_F(HttpServerTest, APortInUseIsNamed) {
  HttpServer::Options options;
  options.port = server_->port();
  options.address = "127.0.0.1";
  const auto second = HttpServer::start(options, router_, [this] { return pool_.next(); });
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(server_->port())), std::string::npos);
}

}  // namespace
}  // namespace watchrig::http
