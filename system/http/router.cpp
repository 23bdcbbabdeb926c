#include "system/http/router.hpp"

#include <fmt/format.h>

#include "system/base/correlation.hpp"
#include "system/base/text.hpp"

namespace watchrig::http {
namespace {

bool matches(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& params) {
  const auto wanted = base::split(pattern, '/');
  const auto given = base::split(path, '/');
  if (wanted.size() != given.size()) return false;
  std::map<std::string, std::string> found;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{')) {
      if (given[i].empty()) return false;
      found[std::string(wanted[i].substr(1, wanted[i].size() - 2))] = percent_decode(given[i]);
    } else if (wanted[i] != given[i]) {
      return false;
    }
  }
  params = std::move(found);
  return true;
}

constexpr const char* request_id = "x-request-id";

boost::asio::awaitable<Response> answer_plainly(PlainHandler handler, Request request) {
  const base::CorrelationScope scope(request.headers[request_id]);
  co_return handler(request);
}

/// What the handler does before it waits for the first time is in the scope.
boost::asio::awaitable<Response> begin(const Handler& handler, Request request) {
  const base::CorrelationScope scope(request.headers[request_id]);
  return handler(std::move(request));
}

boost::asio::awaitable<Response> answer_traced(Handler handler, Request request) {
  const std::string id = request.headers[request_id];
  Response response = co_await begin(handler, std::move(request));
  response.headers.emplace_back("X-Request-Id", id);
  co_return response;
}

/// The caller's own name for the request, if it is one, else a new one.
void name_request(Request& request) {
  std::string& id = request.headers[request_id];
  if (!base::is_correlation(id)) id = base::new_correlation();
}

}  // namespace

Route& Router::add(std::string method, std::string pattern, Guard guard, std::string summary,
                   Handler handler) {
  routes_.push_back(
      {std::move(method),
       std::move(pattern),
       std::move(guard),
       std::move(summary),
       [handler = std::move(handler)](Request request) { return answer_traced(handler, std::move(request)); },
       {},
       {}});
  return routes_.back();
}

Route& Router::add_plain(std::string method, std::string pattern, Guard guard, std::string summary,
                         PlainHandler handler) {
  return add(std::move(method), std::move(pattern), std::move(guard), std::move(summary),
             [handler = std::move(handler)](Request request) {
               return answer_plainly(handler, std::move(request));
             });
}

void Router::add_socket(std::string pattern, Guard guard, std::string summary, SocketHandler handler) {
  routes_.push_back(
      {"GET", std::move(pattern), std::move(guard), std::move(summary), {}, std::move(handler), {}});
}

std::variant<const Route*, Response> Router::match(Request& request, bool upgrade) const {
  name_request(request);
  std::string allowed;
  bool socket_only = false;
  for (const Route& route : routes_) {
    if (!matches(route.pattern, request.path, request.params)) continue;
    if (route.method == request.method && upgrade == static_cast<bool>(route.socket)) {
      if (auto refusal = gate_ ? gate_(route, request) : std::nullopt) return *std::move(refusal);
      return &route;
    }
    if (route.method == request.method && route.socket) socket_only = true;
    if (allowed.find(route.method) == std::string::npos)
      allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (socket_only) {
    return error_response(426, "invalid", {},
                          fmt::format("{} is a WebSocket: ask for an upgrade", request.path));
  }
  if (allowed.empty())
    return error_response(404, "not_found", {}, fmt::format("no resource {}", request.path));
  Response response =
      error_response(405, "invalid", {}, fmt::format("{} does not take {}", request.path, request.method));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

void Router::wrap(const std::function<Handler(const Route&)>& wrapper) {
  for (auto& route : routes_) {
    if (route.handler) route.handler = wrapper(route);
  }
}

}  // namespace watchrig::http
