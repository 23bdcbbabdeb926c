#include "system/api/etag.hpp"

#include <algorithm>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "system/api/named_turns.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::api {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;

asio::awaitable<void> yield() { co_await asio::post(asio::use_awaitable); }

/// A thing with a name, as the server has many, and a list of such things.
class EtagTest : public testing::Test {
 protected:
  void SetUp() override {
    router_.add_plain("GET", "/api/v1/things/{thing}", {}, "shows it",
                      [this](const Request&) { return http::json_response(200, json::string(name_)); });
    router_.add("PUT", "/api/v1/things/{thing}", {}, "renames it",
                [this](Request request) { return rename(this, std::move(request)); });
    router_.add_plain("PUT", "/api/v1/things/{thing}/colour", {}, "a part of it",
                      [](const Request&) { return http::no_content(); });
    router_.add_plain("POST", "/api/v1/deeds", {}, "shown by nobody",
                      [](const Request&) { return http::no_content(); });
    router_.add_plain("PUT", "/api/v1/things/{thing}/state", {"outputs"}, "a command",
                      [](const Request&) { return http::no_content(); });
    keep_versions(router_);
  }
  /// As slow as one who waits for a disk in between.
  static asio::awaitable<Response> rename(EtagTest* test, Request request) {
    for (int i = 0; i < 5; ++i) co_await yield();
    test->name_ = request.body;
    co_return http::json_response(200, json::string(test->name_));
  }
  static asio::awaitable<void> run(EtagTest* test, Request request, Response* response) {
    const auto matched = test->router_.match(request, false);
    *response = co_await (*std::get<const http::Route*>(matched)).handler(std::move(request));
  }
  void begin(std::string method, std::string path, std::map<std::string, std::string> headers,
             std::string body, Response& response) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers = std::move(headers);
    request.body = std::move(body);
    base::spawn(context_.get_executor(), run(this, std::move(request), &response), "request");
  }
  Response ask(std::string method, std::string path, std::map<std::string, std::string> headers = {},
               std::string body = {}) {
    Response response;
    begin(std::move(method), std::move(path), std::move(headers), std::move(body), response);
    context_.restart();
    context_.run();
    return response;
  }
  static std::string tag_of(const Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "ETag") return value;
    }
    return {};
  }

  asio::io_context context_;
  http::Router router_;
  std::string name_ = "one";
};

TEST_F(EtagTest, FollowsFromWhatIsShown) {
  const auto tag = tag_of(ask("GET", "/api/v1/things/t"));
  EXPECT_EQ(tag.size(), 18U) << tag;
  EXPECT_EQ(tag_of(ask("GET", "/api/v1/things/t")), tag);
  name_ = "two";
  EXPECT_NE(tag_of(ask("GET", "/api/v1/things/t")), tag);
}

TEST_F(EtagTest, WhoKnowsItAlreadyIsToldSo) {
  const auto tag = tag_of(ask("GET", "/api/v1/things/t"));
  const auto same = ask("GET", "/api/v1/things/t", {{"if-none-match", "\"x\", " + tag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(tag_of(same), tag);
  EXPECT_EQ(ask("GET", "/api/v1/things/t", {{"if-none-match", "\"x\""}}).status, 200);
}

TEST_F(EtagTest, AnOlderVersionIsNotChanged) {
  const auto tag = tag_of(ask("GET", "/api/v1/things/t"));
  EXPECT_EQ(ask("PUT", "/api/v1/things/t", {{"if-match", tag}}, "two").status, 200);
  EXPECT_EQ(ask("PUT", "/api/v1/things/t", {{"if-match", tag}}, "three").status, 412);
  EXPECT_EQ(name_, "two");
  EXPECT_EQ(ask("PUT", "/api/v1/things/t", {{"if-match", "*"}}, "four").status, 200);
  EXPECT_EQ(ask("PUT", "/api/v1/things/t", {}, "five").status, 200);
}

TEST_F(EtagTest, APartHasTheVersionOfTheWhole) {
  const auto tag = tag_of(ask("GET", "/api/v1/things/t"));
  EXPECT_EQ(ask("PUT", "/api/v1/things/t/colour", {{"if-match", tag}}).status, 204);
  EXPECT_EQ(ask("PUT", "/api/v1/things/t/colour", {{"if-match", "\"x\""}}).status, 412);
}

TEST_F(EtagTest, WhatIsShownByNobodyHasNoVersion) {
  EXPECT_EQ(ask("POST", "/api/v1/deeds").status, 204);
  EXPECT_EQ(ask("POST", "/api/v1/deeds", {{"if-match", "*"}}).status, 412);
}

TEST_F(EtagTest, OnlySoManyWait) {
  std::vector<Response> responses(NamedTurns::most_waiting + 2);
  for (auto& response : responses) begin("PUT", "/api/v1/things/t", {}, "x", response);
  context_.restart();
  context_.run();
  EXPECT_EQ(std::ranges::count(responses, 503, &Response::status), 1);
  EXPECT_EQ(std::ranges::count(responses, 200, &Response::status), NamedTurns::most_waiting + 1);
}

TEST_F(EtagTest, ACommandWaitsForNobody) {
  EXPECT_EQ(ask("PUT", "/api/v1/things/t/state", {{"if-match", "\"x\""}}).status, 204);
}

TEST_F(EtagTest, OfTwoAtATimeOneIsTooLate) {
  const auto tag = tag_of(ask("GET", "/api/v1/things/t"));
  Response first, second, third;
  begin("PUT", "/api/v1/things/t", {{"if-match", tag}}, "two", first);
  begin("PUT", "/api/v1/things/t", {{"if-match", tag}}, "three", second);
  begin("PUT", "/api/v1/things/u", {{"if-match", tag}}, "four", third);  // another thing waits for none
  context_.restart();
  context_.run();
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(second.status, 412);
  EXPECT_EQ(third.status, 200);
}

TEST_F(EtagTest, AVersionMayBeANumber) {
  Request request;
  EXPECT_TRUE(check_if_match(request, 3));
  for (const char* text : {"\"3\"", "*", "\"2\", \"3\""}) {
    request.headers["if-match"] = text;
    EXPECT_TRUE(check_if_match(request, 3)) << text;
  }
  for (const char* text : {"\"2\"", "3", "W/\"3\"", ""}) {
    request.headers["if-match"] = text;
    EXPECT_EQ(check_if_match(request, 3).error().field, "If-Match") << text;
  }
}

}  // namespace
}  // namespace watchrig::api
