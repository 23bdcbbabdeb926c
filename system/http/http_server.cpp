#include "system/http/http_server.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/plain_address.hpp"
#include "system/base/spawn.hpp"
#include "system/http/http_server_state.hpp"
#include "system/http/websocket_state.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Between attempts to accept while the process has no descriptor left, of which the kernel tells at once.
constexpr std::chrono::milliseconds accept_pause{100};

constexpr std::chrono::seconds between_looks{1};

/// Ends a connection, whatever it is used for, soon after it is not wanted any more.
asio::awaitable<void> watch(std::weak_ptr<ConnectionStream> weak, std::function<bool()> wanted) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    error_code ignored;
    timer.expires_after(between_looks);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto stream = weak.lock();
    if (!stream) co_return;
    if (wanted()) continue;
    stream->next_layer().close();
    co_return;
  }
}

}  // namespace

HttpServer::State::State(const Options& o, const Router& r, Executors e)
    : options(o), router(r), executors(std::move(e)), acceptor(executors()), identity(o.tls) {}

bool HttpServer::State::enter(const StreamPtr& stream, const Address& source) {
  const std::lock_guard lock(mutex);
  if (stopped || streams.size() >= options.max_connections) return false;
  const auto host = base::source_of(source);
  const auto of_source = sources.find(host);
  if (of_source != sources.end() && of_source->second >= options.max_connections_per_source) return false;
  ++sources[host];
  return streams.emplace(stream, host).second;
}

void HttpServer::State::leave(const StreamPtr& stream) {
  const std::lock_guard lock(mutex);
  const auto found = streams.find(stream);
  if (found == streams.end()) return;
  const auto of_source = sources.find(found->second);
  if (--of_source->second == 0) sources.erase(of_source);
  streams.erase(found);
}

std::size_t HttpServer::State::open_streams() const {
  const std::lock_guard lock(mutex);
  return streams.size();
}

bool HttpServer::State::has_stopped() const {
  const std::lock_guard lock(mutex);
  return stopped;
}

TlsIdentityPtr HttpServer::State::present_identity() const {
  const std::lock_guard lock(mutex);
  return identity;
}

asio::awaitable<void> HttpServer::State::accept() {
  const auto self = shared_from_this();
  asio::steady_timer pause(acceptor.get_executor());
  for (bool told = false;;) {
    error_code failure;
    tcp::socket socket(executors());
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, failure));
    if (failure == asio::error::operation_aborted || !acceptor.is_open() || has_stopped()) co_return;
    if (failure) {
      if (!told) {
        base::log_warning("HTTP port {}: cannot accept connections: {}; they wait until it can", port,
                          failure.message());
      }
      told = true;
      pause.expires_after(accept_pause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failure));
      continue;
    }
    told = false;
    const auto source = socket.remote_endpoint(failure).address();
    if (failure) continue;  // it has gone again
    take(std::move(socket), source, nullptr);
  }
}

void HttpServer::State::take(tcp::socket socket, const Address& source, std::function<bool()> wanted) {
  if (options.admit && !options.admit(source)) {
    base::log_debug("HTTP port {}: {} may not connect", port, source.to_string());
    return;
  }
  error_code failure;
  const Caller caller{source, socket.remote_endpoint(failure).port(), std::move(wanted)};
  auto stream = std::make_shared<ConnectionStream>(std::move(socket));
  if (enter(stream, source)) {
    base::spawn(stream->get_executor(), serve(stream, caller), "HTTP connection");
    if (caller.wanted) base::spawn(stream->get_executor(), watch(stream, caller.wanted), "HTTP connection");
  } else {
    base::log_warning(
        "HTTP port {}: a connection from {} was refused: {} are open, at most {}, of one host {}", port,
        source.to_string(), open_streams(), options.max_connections, options.max_connections_per_source);
  }
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { stop(); }

base::Result<std::unique_ptr<HttpServer>> HttpServer::start(const Options& options, const Router& router,
                                                            Executors executors) {
  auto state = std::make_shared<State>(options, router, std::move(executors));
  error_code failure;
  const auto address = asio::ip::make_address(options.address, failure);
  const tcp::endpoint endpoint(address, options.port);
  if (!failure) state->acceptor.open(endpoint.protocol(), failure);
  if (!failure) state->acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) state->acceptor.bind(endpoint, failure);
  if (!failure) state->acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) {
    return base::Error{
        base::ErrorKind::unavailable,
        fmt::format("{} cannot listen on {}:{}: {} (choose another port, or 0 for any free one)",
                    options.tls ? "HTTPS" : "HTTP", options.address, options.port, failure.message())};
  }
  state->port = state->acceptor.local_endpoint().port();
  base::spawn(state->acceptor.get_executor(), state->accept(), "HTTP listener");
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

void HttpServer::serve(tcp::socket socket, std::function<bool()> wanted) {
  error_code failure;
  const auto peer = socket.remote_endpoint(failure);
  if (failure) return;  // it has gone again
  tcp::socket own(state_->executors());
  own.assign(peer.protocol(), socket.release(failure), failure);
  if (failure) return;
  const auto address = base::plain_address(peer.address());
  state_->take(std::move(own), address.is_loopback() ? State::Address(asio::ip::address_v4::any()) : address,
               std::move(wanted));
}

std::uint16_t HttpServer::port() const { return state_->port; }

std::size_t HttpServer::connections() const { return state_->open_streams(); }

void HttpServer::set_tls(TlsIdentityPtr identity) {
  const std::lock_guard lock(state_->mutex);
  if (state_->identity) state_->identity = std::move(identity);
}

void HttpServer::stop() {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopped) return;
  state_->stopped = true;
  // Closes the port at once; the descriptor is the acceptor's, on its own executor.
  ::shutdown(state_->acceptor.native_handle(), SHUT_RDWR);
  asio::post(state_->acceptor.get_executor(), [state = state_] {
    error_code ignored;
    state->acceptor.close(ignored);
  });
  for (const auto& entry : state_->streams) {
    const State::StreamPtr& stream = entry.first;
    asio::post(stream->get_executor(), [stream] { stream->next_layer().cancel(); });
  }
  for (const auto& weak : state_->sockets) {
    if (const auto socket = weak.lock()) {
      asio::post(socket->socket.get_executor(), [socket] { WebSocket(socket).close(); });
    }
  }
}

}  // namespace watchrig::http
