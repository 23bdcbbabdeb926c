#pragma once

#include <map>
#include <mutex>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "system/http/connection_stream.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::http {

/// What a server's listener and its connections share.
struct HttpServer::State : std::enable_shared_from_this<State> {
  using StreamPtr = std::shared_ptr<ConnectionStream>;
  using Address = boost::asio::ip::address;
  using Message = boost::beast::http::request<boost::beast::http::string_body>;
  struct Place;
  struct Caller {
    Address source;
    std::uint16_t port = 0;
    std::function<bool()> wanted;  ///< whether it may go on; none: always
  };
  template <class T = void>
  using Awaitable = boost::asio::awaitable<T>;

  State(const Options& o, const Router& r, Executors e);

  Awaitable<> accept();
  /// Takes a connection, if its source may connect and there is room.
  void take(boost::asio::ip::tcp::socket socket, const Address& source, std::function<bool()> wanted);
  /// From the first byte of a connection to its end.
  Awaitable<> serve(StreamPtr stream, Caller caller);
  /// True when the last one was refused before all of it was read.
  Awaitable<bool> serve_requests(StreamPtr stream, Caller caller);
  Awaitable<bool> answer(StreamPtr stream, Message message, std::string peer);
  Awaitable<bool> send(ConnectionStream& stream, Response response, bool keep_alive, bool head);
  Awaitable<> upgrade(StreamPtr stream, Message message, const Route& route, Request request);
  /// The route for the request, or the answer when there is none; that is a 500 after an exception.
  std::variant<const Route*, Response> find_route(Request& request, bool upgrade) const;
  /// False when there is no room for it, or the server has stopped.
  bool enter(const StreamPtr& stream, const Address& source);
  void leave(const StreamPtr& stream);
  std::size_t open_streams() const;
  bool has_stopped() const;
  TlsIdentityPtr present_identity() const;

  const Options options;
  const Router& router;
  const Executors executors;
  boost::asio::ip::tcp::acceptor acceptor;
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  bool stopped = false;
  TlsIdentityPtr identity;
  std::map<StreamPtr, Address> streams;
  std::map<Address, std::size_t> sources;  ///< how many streams each has
  std::vector<std::weak_ptr<WebSocket::State>> sockets;
};

}  // namespace watchrig::http
