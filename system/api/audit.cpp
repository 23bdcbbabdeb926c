#include "system/api/audit.hpp"

#include <unordered_set>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/request_trace.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Handler;
using http::Request;
using http::Response;
using http::Route;

namespace {

constexpr int first_failure = 300;

/// A WebSocket that only the right to switch outputs opens does something, too.
bool is_audited(const Route& route) {
  const bool acts = route.method != "GET" || route.guard.right == "download" ||
                    (route.socket && route.guard.right == "outputs");
  return route.guard.audited && acts;
}

/// What the route is about, for the log: {"user": "ann"}. A token of a path is a secret.
json::object objects_of(const Request& request) {
  json::object objects;
  for (const auto& [name, value] : request.params) {
    if (name != "token") objects[name] = value;
  }
  return objects;
}

std::string code_of(const Response& response) {
  boost::system::error_code failure;
  const auto body = json::parse(response.body, failure);
  if (failure) return std::to_string(response.status);
  const auto* code = body.find_pointer("/error/code", failure);
  return code && code->is_string() ? std::string(code->as_string()) : std::to_string(response.status);
}

void tell_outcome(ServerParts& parts, const Route& route, const Request& request, const std::string& result) {
  // Who does what anybody may do tells it, or it could fill the log.
  if (request.account.empty()) return;
  central::Event event;
  const bool done = result == "ok";
  event.type = done ? "operation.done" : "operation.refused";
  event.message = fmt::format("{} {} by \"{}\"{}", request.method, route.pattern, request.account,
                              done ? "" : fmt::format(" was refused: {}", result));
  event.data = objects_of(request);
  event.data["operation"] = route.summary;
  event.result = result;
  tell(parts, request, std::move(event));
}

/// A coroutine owns what it is given: the route lives as long as the router.
asio::awaitable<Response> handle(ServerParts* parts, const Route* route, const Handler* handler,
                                 Request request) {
  request.told = std::make_shared<std::atomic<bool>>(false);
  std::string body = std::exchange(request.body, {});  // not copied with the rest
  const Request asked = request;
  request.body = std::move(body);
  try {
    Response response = co_await (*handler)(std::move(request));
    // What was not taken for want of room has done nothing, and must not push the log's older entries out.
    const bool taken = response.status != 503 || code_of(response) != "busy";
    if (taken && !*asked.told)
      tell_outcome(*parts, *route, asked, response.status < first_failure ? "ok" : code_of(response));
    co_return response;
  } catch (const std::exception&) {
    tell_outcome(*parts, *route, asked, "internal");
    throw;
  }
}

}  // namespace

void tell(ServerParts& parts, const Request& request, central::Event event) {
  if (event.account.empty()) event.account = request.account;
  event.source = request.source();
  event.correlation = trace_name(request);
  if (request.told) *request.told = true;
  parts.central.events().append(std::move(event));
}

void tell(ServerParts& parts, const Request& request, std::string type, std::string message,
          json::object data) {
  central::Event event;
  event.type = std::move(type);
  event.message = std::move(message);
  event.data = std::move(data);
  tell(parts, request, std::move(event));
}

namespace {

constexpr std::size_t most_entries = 50;

/// Entries of a list that the other has not.
json::array entries_of(const json::array& one, const json::array& other) {
  std::unordered_set<std::string> there;
  for (const auto& entry : other) there.insert(json::serialize(entry));
  json::array entries;
  for (const auto& entry : one) {
    if (!there.contains(json::serialize(entry)) && entries.size() < most_entries) entries.push_back(entry);
  }
  return entries;
}

}  // namespace

void add_difference(json::object& data, const json::object& before, const json::object& after) {
  const auto of = [](const json::object& one, const json::object& other) {
    json::object part;
    for (const auto& [name, value] : one) {
      const auto* there = other.if_contains(name);
      if (there && *there == value) continue;
      const bool lists = there && there->is_array() && value.is_array();
      part[name] = lists ? json::value(entries_of(value.get_array(), there->get_array())) : value;
    }
    return part;
  };
  if (!before.empty()) data["before"] = of(before, after);
  if (!after.empty()) data["after"] = of(after, before);
}

void tell_change(ServerParts& parts, const Request& request, std::string type, std::string message,
                 json::object data, const json::object& before, const json::object& after) {
  add_difference(data, before, after);
  tell(parts, request, std::move(type), std::move(message), std::move(data));
}

void tell_refused(ServerParts& parts, const Route& route, const Request& request, std::string_view code) {
  if (is_audited(route)) tell_outcome(parts, route, request, std::string(code));
}

void audit(http::Router& router, ServerParts& parts) {
  router.wrap([&parts](const Route& route) -> Handler {
    if (!is_audited(route)) return route.handler;
    auto inner = std::make_shared<const Handler>(route.handler);
    return [&parts, &route, inner](Request request) {
      return handle(&parts, &route, inner.get(), std::move(request));
    };
  });
}

}  // namespace watchrig::api
