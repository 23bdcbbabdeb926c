#include "system/http/router.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/correlated_executor.hpp"
#include "system/base/text.hpp"

namespace watchrig::http {
namespace {

using Segments = std::vector<std::string_view>;

bool is_name(std::string_view segment) { return segment.starts_with('{'); }

bool matches(const Route& route, const Segments& given) {
  return std::ranges::equal(route.segments, given, [](const std::string& wanted, std::string_view segment) {
    return is_name(wanted) ? !segment.empty() : wanted == segment;
  });
}

std::map<std::string, std::string> params_of(const Route& route, const Segments& given) {
  std::map<std::string, std::string> params;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string& name = route.segments[i];
    if (is_name(name)) params[name.substr(1, name.size() - 2)] = percent_decode(given[i]);
  }
  return params;
}

constexpr const char* request_id = "x-request-id";

boost::asio::awaitable<Response> answer_plainly(PlainHandler handler, Request request) {
  co_return handler(request);
}

boost::asio::awaitable<Response> begin(const Handler& handler, Request request) {
  auto answer = handler(std::move(request));
  co_return co_await std::move(answer);
}

/// All that the handler does is in the scope of the request, before and after whatever it waits for.
boost::asio::awaitable<Response> answer_traced(Handler handler, Request request) {
  const std::string id = request.headers[request_id];
  const base::CorrelatedExecutor executor(co_await boost::asio::this_coro::executor, id);
  auto answer = begin(handler, std::move(request));
  Response response = co_await boost::asio::co_spawn(executor, std::move(answer), boost::asio::use_awaitable);
  response.headers.emplace_back("X-Request-Id", id);
  co_return response;
}

/// The caller's own name for the request, if it is one, else a new one.
void name_request(Request& request) {
  std::string& id = request.headers[request_id];
  if (!base::is_correlation(id)) id = base::new_correlation();
}

}  // namespace

Route& Router::keep(Route route) {
  for (const auto segment : base::split(route.pattern, '/')) route.segments.emplace_back(segment);
  return routes_.emplace_back(std::move(route));
}

Route& Router::add(std::string method, std::string pattern, Guard guard, std::string summary,
                   Handler handler) {
  return keep(
      {std::move(method),
       std::move(pattern),
       std::move(guard),
       std::move(summary),
       [handler = std::move(handler)](Request request) { return answer_traced(handler, std::move(request)); },
       {},
       {},
       {}});
}

Route& Router::add_plain(std::string method, std::string pattern, Guard guard, std::string summary,
                         PlainHandler handler) {
  return add(std::move(method), std::move(pattern), std::move(guard), std::move(summary),
             [handler = std::move(handler)](Request request) {
               return answer_plainly(handler, std::move(request));
             });
}

Route& Router::add_socket(std::string pattern, Guard guard, std::string summary, SocketHandler handler) {
  return keep(
      {"GET", std::move(pattern), std::move(guard), std::move(summary), {}, std::move(handler), {}, {}});
}

std::variant<const Route*, Response> Router::match(Request& request, bool upgrade) const {
  name_request(request);
  std::string allowed;
  bool socket_only = false;
  const Segments given = base::split(request.path, '/');
  for (const Route& route : routes_) {
    if (!matches(route, given)) continue;
    if (route.method == request.method && upgrade == static_cast<bool>(route.socket)) {
      request.params = params_of(route, given);
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
