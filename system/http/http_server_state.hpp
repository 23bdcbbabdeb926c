#pragma once

#include <map>
#include <mutex>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "system/http/connection_stream.hpp"
#include "system/http/http_server.hpp"
#include "system/http/response_writer.hpp"

namespace watchrig::http {

/// What a server's listener and its connections share.
struct HttpServer::State : std::enable_shared_from_this<State> {
  using StreamPtr = std::shared_ptr<ConnectionStream>;
  using Address = boost::asio::ip::address;
  using Message = boost::beast::http::request<boost::beast::http::string_body>;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  struct Place;
  class LargeBody;
  struct Caller {
    Address source;
    std::uint16_t port = 0;
    std::function<bool()> wanted;  ///< whether it may go on; none: always
    bool encrypted = false;
  };
  /// What comes after a request.
  enum class Next { request, end, end_with_rest };  ///< the last: it was refused before all of it was read
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
  bool may_go_on(const Caller& caller) const;
  /// The request whose header was read. Its body comes after the gate has let it in.
  Awaitable<Next> answer(const StreamPtr& stream, Parser& parser, boost::beast::flat_buffer& buffer,
                         const Caller& caller);
  Awaitable<Next> refuse(const StreamPtr& stream, Response refusal);
  /// What the handler answers; a 500 after an exception.
  Awaitable<Response> ask(const Route& route, Request request);
  Awaitable<bool> send(ConnectionStream& stream, Response response, AnswerForm form);
  Awaitable<> upgrade(StreamPtr stream, Message message, const Route& route, Request request);
  /// The route for the request, or the answer when there is none; that is a 500 after an exception.
  std::variant<const Route*, Response> find_route(std::string_view target, Request& request,
                                                  bool upgrade) const;
  /// False when there is no room for it, or the server has stopped.
  bool enter(const StreamPtr& stream, const Address& source);
  void leave(const StreamPtr& stream);
  /// The same for a large body.
  bool enter_large(const Address& source);
  void leave_large(const Address& source);
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
  std::map<Address, std::size_t> large_bodies;  ///< that are read or answered now, of each source
  std::size_t large_in_all = 0;
};

}  // namespace watchrig::http
