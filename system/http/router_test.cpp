#include "system/http/router.hpp"

#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "system/base/correlation.hpp"

namespace watchrig::http {
namespace {

namespace asio = boost::asio;

/// Two requests at a time on one thread; each handler notes what the thread's correlation is.
class RouterTest : public testing::Test {
 protected:
  void ask(const std::string& path, const std::string& name) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.headers["x-request-id"] = name;
    const auto found = router.match(request, false);
    auto answer = std::get<const Route*>(found)->handler(std::move(request));
    asio::co_spawn(io, std::move(answer), [this](const std::exception_ptr& failure, Response response) {
      failed = failed || failure;
      responses.push_back(std::move(response));
    });
  }

  asio::io_context io{1};
  Router router;
  std::vector<std::string> seen;
  std::vector<Response> responses;
  bool failed = false;
};

TEST_F(RouterTest, ACoroutineKeepsTheNameOfItsRequestOverWhateverItWaitsFor) {
  router.add("GET", "/slow/{name}", {}, "waits", [this](Request request) -> asio::awaitable<Response> {
    const auto name = request.param("name");
    for (int turn = 0; turn < 3; ++turn) {
      seen.push_back(name + base::correlation());
      asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
      co_await timer.async_wait(asio::use_awaitable);
      co_await asio::post(io, asio::use_awaitable);
    }
    seen.push_back(name + base::correlation());
    co_return Response{};
  });
  ask("/slow/a", "a");
  ask("/slow/b", "b");
  io.run();
  ASSERT_EQ(responses.size(), 2U);
  EXPECT_FALSE(failed);
  for (const auto& response : responses)
    EXPECT_EQ(response.headers.back().first, "X-Request-Id") << response.headers.back().second;
  EXPECT_EQ(seen.size(), 8U);
  for (const auto& both : seen) EXPECT_TRUE(both == "aa" || both == "bb") << both;
  EXPECT_EQ(base::correlation(), "");
}

TEST_F(RouterTest, WhatAnswersAtOnceIsInTheScopeToo) {
  router.add_plain("GET", "/plain", {}, "at once", [this](const Request&) {
    seen.push_back(base::correlation());
    return Response{};
  });
  ask("/plain", "p");
  io.run();
  EXPECT_EQ(seen, std::vector<std::string>{"p"});
}

TEST_F(RouterTest, AnExceptionOfAHandlerComesThrough) {
  router.add("GET", "/broken", {}, "throws", [](Request) -> asio::awaitable<Response> {
    throw std::runtime_error("broken");
    co_return Response{};
  });
  ask("/broken", "x");
  io.run();
  EXPECT_TRUE(failed);
  EXPECT_EQ(base::correlation(), "");
}

}  // namespace
}  // namespace watchrig::http
