#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "system/http/http_message.hpp"
#include "system/http/websocket.hpp"

namespace watchrig::http {

/// Answers a request; runs on the connection's executor and must not block it. An exception becomes a 500.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;
/// For answers that need no waiting.
using PlainHandler = std::function<Response(const Request&)>;
/// Owns an accepted WebSocket until it returns, which closes it.
using SocketHandler = std::function<boost::asio::awaitable<void>(Request, WebSocket)>;

/// What a route asks of who calls it. The words are the gate's; without any, it is for nobody but those who
/// may do everything.
struct Guard {
  std::string right;
  bool confirmed = false;  ///< the caller must have given the password again
  bool audited = true;     ///< changes are logged; false where nothing changes
};

/// A parameter of the query, for the API description.
struct QueryParameter {
  std::string name;
  std::string meaning;
  std::string type = "string";  ///< of JSON schema
};

struct Route {
  std::string method;
  std::string pattern;  ///< "/api/v1/channels/{id}"; a {name} matches one segment, decoded
  Guard guard;
  std::string summary;  ///< for the API description
  Handler handler;
  SocketHandler socket;  ///< taken instead of the handler when the client asks for an upgrade
  std::vector<QueryParameter> query;
  std::vector<std::string> segments;  ///< of the pattern; the router's own
};
/// Asked before a route answers: puts into the request who asks, or gives the answer that refuses it.
using Gate = std::function<std::optional<Response>(const Route&, Request&)>;

/// Which handler answers which method and path. Filled before the server starts, then only read, by any
/// thread.
class Router {
 public:
  /// The route may be described further until the next is added.
  Route& add(std::string method, std::string pattern, Guard guard, std::string summary, Handler handler);
  Route& add_plain(std::string method, std::string pattern, Guard guard, std::string summary,
                   PlainHandler handler);
  Route& add_socket(std::string pattern, Guard guard, std::string summary, SocketHandler handler);
  /// Without a gate every route answers everybody.
  void set_gate(Gate gate) { gate_ = std::move(gate); }

  /// The route for the request, into which it puts the pattern's {names} and what the gate has found out; or
  /// the answer that refuses it: 404, 405, 426, or the gate's.
  std::variant<const Route*, Response> match(Request& request, bool upgrade) const;

  /// Puts something around the handler of each route that was added.
  void wrap(const std::function<Handler(const Route&)>& wrapper);

  const std::vector<Route>& routes() const { return routes_; }

 private:
  Route& keep(Route route);

  std::vector<Route> routes_;
  Gate gate_;
};

}  // namespace watchrig::http
