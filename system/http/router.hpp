#pragma once

#include <functional>
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

struct Route {
  std::string method;
  std::string pattern;  ///< "/api/v1/channels/{id}"; a {name} matches one segment, decoded
  std::string summary;  ///< for the API description
  Handler handler;
  SocketHandler socket;  ///< taken instead of the handler when the client asks for an upgrade
};

/// Which handler answers which method and path. Filled before the server starts, then only read, by any
/// thread.
class Router {
 public:
  void add(std::string method, std::string pattern, std::string summary, Handler handler);
  void add_plain(std::string method, std::string pattern, std::string summary, PlainHandler handler);
  void add_socket(std::string pattern, std::string summary, SocketHandler handler);

  /// The route for the method and path, whose {names} it puts into `params`; or the 404 or 405 to answer.
  std::variant<const Route*, Response> match(std::string_view method, std::string_view path, bool upgrade,
                                             std::map<std::string, std::string>& params) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace watchrig::http
