#include "system/http/http_fetch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "system/http/http_server.hpp"

namespace watchrig::http {
namespace {

namespace asio = boost::asio;
using base::ErrorKind;

class HttpFetchTest : public testing::Test {
 protected:
  HttpFetchTest() {
    router_.add_plain("POST", "/echo", {}, "", [](const Request& request) {
      return Response{200, "text/plain", request.body + request.headers.at("x-mark"), {}, {}};
    });
    router_.add_plain("GET", "/away", {}, "", [](const Request&) {
      return Response{302, "", "", {}, {{"Location", "/echo"}}};
    });
    server_ = *HttpServer::start({}, router_, [this] { return context_.get_executor(); });
  }

  base::Result<Response> ask(FetchRequest request) {
    base::Result<Response> answer = base::Error{};
    asio::co_spawn(context_, fetch(std::move(request)),
                   [&](std::exception_ptr, base::Result<Response> result) {
                     answer = std::move(result);
                     context_.stop();
                   });
    context_.run();
    context_.restart();
    return answer;
  }
  FetchRequest request(std::string target) const {
    FetchRequest request;
    request.host = "127.0.0.1";
    request.port = server_->port();
    request.target = std::move(target);
    return request;
  }

  asio::io_context context_{1};
  Router router_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpFetchTest, SendsHeadersAndBodyByAddressOrName) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    auto asked = request("/echo");
    asked.method = "POST";
    asked.host = host;
    asked.headers = {{"X-Mark", "!"}};
    asked.body = "hello";
    const auto answer = ask(asked);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "hello!");
  }
}

TEST_F(HttpFetchTest, GivesAnswersOfAnyStatusAndFollowsNoRedirect) {
  EXPECT_EQ(ask(request("/nowhere"))->status, 404);
  EXPECT_EQ(ask(request("/away"))->status, 302);
}

TEST_F(HttpFetchTest, LargeAnswersAreGivenUp) {
  auto asked = request("/nowhere");
  asked.max_body_bytes = 4;
  EXPECT_EQ(ask(asked).error().kind, ErrorKind::full);
}

TEST_F(HttpFetchTest, WhoIsNotThereOrSaysNothingIsTold) {
  asio::ip::tcp::acceptor silent(context_, {asio::ip::address_v4::loopback(), 0});
  auto asked = request("/");
  asked.port = silent.local_endpoint().port();
  asked.deadline = std::chrono::milliseconds(100);
  EXPECT_EQ(ask(asked).error().kind, ErrorKind::timeout);
  silent.close();
  EXPECT_EQ(ask(asked).error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace watchrig::http
