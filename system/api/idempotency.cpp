#include "system/api/idempotency.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/api/gate.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using http::Handler;
using http::Request;
using http::Response;
using http::Route;

namespace {

constexpr std::size_t longest_key = 255;

bool is_key(const std::string& text) {
  return !text.empty() && text.size() <= longest_key &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// What makes it the same request.
std::string told_by(const Request& request) {
  std::string text = request.method;
  for (const auto& [name, value] : request.query) text += fmt::format("\n{}={}", name, value);
  return fmt::format("{}\n\n{}", text, request.body);
}

asio::awaitable<Response> answer_once(std::shared_ptr<KeptAnswers> answers,
                                      std::shared_ptr<const Handler> handler, Request request) {
  const auto header = request.headers.find("idempotency-key");
  if (header == request.headers.end()) co_return co_await (*handler)(std::move(request));
  if (!is_key(header->second)) {
    co_return http::error_response(400, "invalid", "Idempotency-Key",
                                   "a key has 1 to 255 printable characters without spaces");
  }
  const auto key = fmt::format("{}\n{}\n{}", request.account, request.path, header->second);
  if (auto known = answers->begin(key, told_by(request))) co_return *std::move(known);
  try {
    Response response = co_await (*handler)(std::move(request));
    answers->end(key, response);
    co_return response;
  } catch (...) {
    answers->end(key, http::error_response(500, "io", {}, {}));
    throw;
  }
}

}  // namespace

void once_for_each_key(http::Router& router, std::shared_ptr<KeptAnswers> answers) {
  router.wrap([&answers](const Route& route) -> Handler {
    const bool applies = route.method == "POST" || route.method == "PATCH";
    if (!applies || route.guard.right == everybody) return route.handler;
    auto inner = std::make_shared<const Handler>(route.handler);
    return [answers, inner](Request request) { return answer_once(answers, inner, std::move(request)); };
  });
}

}  // namespace watchrig::api
