#include "system/api/etag.hpp"

#include <algorithm>
#include <array>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <openssl/sha.h>

#include "system/api/gate.hpp"
#include "system/api/named_turns.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Handler;
using http::Request;
using http::Response;
using http::Route;

namespace {

constexpr const char* etag = "ETag";
constexpr std::string_view api_root = "/api/v1";

std::string tag_of(std::string_view content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  std::string tag = "\"";
  for (std::size_t i = 0; i < 8; ++i) tag += fmt::format("{:02x}", digest[i]);
  return tag + "\"";
}

std::string tag_of(const Response& response) {
  const auto header =
      std::ranges::find(response.headers, etag, [](const auto& entry) { return entry.first; });
  return header == response.headers.end() ? std::string() : header->second;
}

/// Whether a header with a list of tags names this one.
bool names(std::string_view header, std::string_view tag) {
  return std::ranges::any_of(base::split(header, ','), [&](std::string_view entry) {
    return base::trim(entry) == "*" || base::trim(entry) == tag;
  });
}

Response outdated(std::string_view tag) {
  return http::error_response(
      412, "outdated", "If-Match",
      tag.empty() ? std::string("there is nothing here that has a version: leave If-Match out")
                  : fmt::format("it was changed meanwhile and is now {}: read it again", tag));
}

Response busy() {
  auto response = http::error_response(503, "busy", {}, "too many wait to change this: ask again");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

/// It has a device do something, and leaves nothing that could have a version.
bool is_command(const Route& route) {
  if (route.guard.right != "ptz" && route.guard.right != "outputs") return false;
  static constexpr std::string_view ends[] = {"/state", "/home", "/operator", "/talk",
                                              "/auxiliaries/{auxiliary}"};
  return route.method == "POST" ||
         (route.method != "GET" &&
          std::ranges::any_of(ends, [&](std::string_view end) { return route.pattern.ends_with(end); }));
}

Response with_own_etag(Response response) {
  const bool shows = response.status == 200 && !response.file && response.content_type == "application/json";
  if (shows && tag_of(response).empty()) response.headers.emplace_back(etag, tag_of(response.body));
  return response;
}

asio::awaitable<Response> show(std::shared_ptr<const Handler> handler, Request request) {
  const auto header = request.headers.find("if-none-match");
  const std::string known = header == request.headers.end() ? std::string() : header->second;
  Response response = with_own_etag(co_await (*handler)(std::move(request)));
  const auto tag = tag_of(response);
  if (known.empty() || tag.empty() || !names(known, tag)) co_return response;
  Response same = http::no_content();
  same.status = 304;
  same.headers = std::move(response.headers);
  co_return same;
}

/// What a changing route is about: who shows it, and how many segments of the path name it.
struct Subject {
  const Route* shown = nullptr;
  std::size_t segments = 0;
  bool is_whole = false;  ///< it is shown at the very path
};

Subject subject_of(const http::Router& router, std::string pattern) {
  const std::string whole = pattern;
  for (; pattern.size() > api_root.size(); pattern.resize(pattern.rfind('/'))) {
    for (const auto& route : router.routes()) {
      if (route.method == "GET" && route.handler && route.pattern == pattern &&
          route.guard.right != "download")
        return {&route, route.segments.size(), pattern == whole};
    }
  }
  return {};
}

std::string path_of(const Subject& subject, const Request& request) {
  const auto segments = base::split(request.path, '/');
  return fmt::format("{}", fmt::join(segments.begin(), segments.begin() + subject.segments, "/"));
}

/// What a GET answers now, without a query and conditions.
asio::awaitable<Response> look(const Subject& subject, const Request& request) {
  Request asked = request;
  asked.method = "GET";
  asked.body.clear();
  asked.query.clear();
  asked.headers.erase("if-none-match");
  co_return co_await subject.shown->handler(std::move(asked));
}

asio::awaitable<Response> change(std::shared_ptr<NamedTurns> turns, Subject subject,
                                 std::shared_ptr<const Handler> handler, Request request) {
  const auto header = request.headers.find("if-match");
  const bool conditional = header != request.headers.end();
  if (!subject.shown) {
    if (conditional) co_return outdated({});
    co_return co_await (*handler)(std::move(request));
  }
  const bool waits = conditional || (subject.is_whole && request.method != "POST");
  if (!waits) co_return co_await (*handler)(std::move(request));
  const auto turn = co_await turns->take(path_of(subject, request));
  if (!turn) co_return busy();
  if (conditional) {
    const std::string wanted = header->second;
    Response now = co_await look(subject, request);
    if (now.status >= 300) co_return now;
    if (const auto tag = tag_of(now); tag.empty() || !names(wanted, tag)) co_return outdated(tag);
  }
  co_return co_await (*handler)(std::move(request));
}

}  // namespace

Response with_etag(Response response, std::int64_t revision) {
  response.headers.emplace_back(etag, fmt::format("\"{}\"", revision));
  return response;
}

Response with_etag(Response response, const json::object& facts) {
  response.headers.emplace_back(etag, tag_of(json::serialize(facts)));
  return response;
}

central::FieldResult<void> check_if_match(const Request& request, std::int64_t revision) {
  const auto header = request.headers.find("if-match");
  const auto tag = fmt::format("\"{}\"", revision);
  if (header == request.headers.end() || names(header->second, tag)) return {};
  return central::FieldError{
      "If-Match",
      {base::ErrorKind::conflict, fmt::format("it was changed meanwhile and is now {}: read it again", tag)}};
}

bool has_version(const Route& route) {
  const auto& right = route.guard.right;
  return right != everybody && right != "download" && !is_command(route);
}

void keep_versions(http::Router& router) {
  const auto turns = std::make_shared<NamedTurns>();
  router.wrap([&](const Route& route) -> Handler {
    if (!has_version(route)) return route.handler;
    auto inner = std::make_shared<const Handler>(route.handler);
    if (route.method == "GET") return [inner](Request request) { return show(inner, std::move(request)); };
    return [turns, inner, subject = subject_of(router, route.pattern)](Request request) {
      return change(turns, subject, inner, std::move(request));
    };
  });
}

}  // namespace watchrig::api
