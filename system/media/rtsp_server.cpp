#include "system/media/rtsp_server.hpp"

#include <mutex>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/media/rtsp_connection.hpp"
#include "system/media/rtsp_server_context.hpp"

namespace watchrig::media {

using asio::ip::tcp;
using base::Error;
using base::ErrorKind;
using base::Result;

/// Accepts connections and knows those that live. The acceptor is used on several threads, always under the
/// mutex.
class RtspServer::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::shared_ptr<RtspServerContext> context, std::function<asio::any_io_executor()> executors)
      : context_(std::move(context)), executors_(std::move(executors)), retry_(executors_()) {}

  Result<> listen();
  void stop_accepting();
  void close_connections(bool reset);
  void stop();
  void move_to(std::string address, std::uint16_t port);
  void set_tls(TlsContext context);
  std::uint16_t port() const;
  RtspServerContext& context() { return *context_; }

 private:
  void accept_next();
  void accepted(const boost::system::error_code& error, tcp::socket socket);

  const std::shared_ptr<RtspServerContext> context_;
  const std::function<asio::any_io_executor()> executors_;
  mutable std::mutex mutex_;  ///< also of address, port and TLS in the options
  asio::steady_timer retry_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::vector<std::weak_ptr<RtspConnection>> connections_;
  std::size_t sweep_at_ = 64;
};

Result<> RtspServer::Listener::listen() {
  const std::lock_guard lock(mutex_);
  auto& options = context_->options;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return Error{ErrorKind::invalid, fmt::format("RTSP address \"{}\" is no IP address", options.address)};
  if (acceptor_) return {};
  auto acceptor = std::make_unique<tcp::acceptor>(retry_.get_executor());
  const tcp::endpoint endpoint(address, options.port);
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Error{ErrorKind::unavailable,
                 fmt::format("RTSP port {} on {}: {}; choose another port or stop what uses it", options.port,
                             options.address, error.message())};
  }
  options.port = acceptor->local_endpoint().port();
  acceptor_ = std::move(acceptor);
  accept_next();
  return {};
}

void RtspServer::Listener::move_to(std::string address, std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  context_->options.address = std::move(address);
  context_->options.port = port;
}

void RtspServer::Listener::set_tls(TlsContext context) {
  const std::lock_guard lock(mutex_);
  context_->options.tls = std::move(context);
}

std::uint16_t RtspServer::Listener::port() const {
  const std::lock_guard lock(mutex_);
  return context_->options.port;
}

void RtspServer::Listener::accept_next() {
  acceptor_->async_accept(executors_(),
                          [self = shared_from_this()](boost::system::error_code error, tcp::socket socket) {
                            self->accepted(error, std::move(socket));
                          });
}

void RtspServer::Listener::accepted(const boost::system::error_code& error, tcp::socket socket) {
  const std::lock_guard lock(mutex_);
  if (!acceptor_ || error == asio::error::operation_aborted) return;
  if (error) {
    base::log_warning("RTSP port {}: cannot accept a connection: {}", context_->options.port,
                      error.message());
    retry_.expires_after(std::chrono::milliseconds(100));
    retry_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
      const std::lock_guard again(self->mutex_);
      if (!cancelled && self->acceptor_) self->accept_next();
    });
    return;
  }
  accept_next();
  boost::system::error_code gone;
  const auto source = socket.remote_endpoint(gone).address();
  const auto& admit = context_->options.admit;
  if (gone || (admit && !admit(source))) return;
  ++context_->counters.accepted;
  if (context_->counters.connections >= context_->options.max_connections) {
    base::log_warning("RTSP port {}: more than {} connections, one more was refused", context_->options.port,
                      context_->options.max_connections);
    return;
  }
  const auto connection = std::make_shared<RtspConnection>(context_, std::move(socket));
  if (connections_.size() >= sweep_at_) {
    std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
    sweep_at_ = std::max<std::size_t>(64, connections_.size() * 2);
  }
  connections_.push_back(connection);
  base::spawn(connection->executor(), RtspConnection::run(connection), "RTSP connection");
}

void RtspServer::Listener::stop_accepting() {
  const std::lock_guard lock(mutex_);
  acceptor_.reset();
}

void RtspServer::Listener::close_connections(bool reset) {
  const std::lock_guard lock(mutex_);
  for (const auto& weak : connections_) {
    if (const auto connection = weak.lock()) connection->close(reset);
  }
  connections_.clear();
}

void RtspServer::Listener::stop() {
  stop_accepting();
  close_connections(false);
}

Result<std::unique_ptr<RtspServer>> RtspServer::start(Options options, const base::Clock& clock,
                                                      std::function<asio::any_io_executor()> executors,
                                                      std::shared_ptr<RtspContent> content) {
  auto context = std::make_shared<RtspServerContext>(std::move(options), clock, std::move(content));
  auto listener = std::make_shared<Listener>(std::move(context), std::move(executors));
  if (auto listening = listener->listen(); !listening) return std::move(listening).error();
  return std::unique_ptr<RtspServer>(new RtspServer(std::move(listener)));
}

RtspServer::RtspServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}

RtspServer::~RtspServer() { stop(); }

std::uint16_t RtspServer::port() const { return listener_->port(); }

RtspServer::Stats RtspServer::stats() const {
  const auto& c = listener_->context().counters;
  return {c.accepted, c.connections,  c.playing,  c.sessions,     c.bytes,
          c.packets,  c.slow_readers, c.timeouts, c.lost_reported};
}

void RtspServer::stop_accepting() { listener_->stop_accepting(); }

Result<> RtspServer::resume_accepting() { return listener_->listen(); }

void RtspServer::move_to(std::string address, std::uint16_t port) {
  listener_->move_to(std::move(address), port);
}

void RtspServer::set_tls(TlsContext context) { listener_->set_tls(std::move(context)); }

void RtspServer::drop_all_sessions(bool reset) { listener_->close_connections(reset); }

void RtspServer::stall(bool on) { listener_->context().stalled = on; }

void RtspServer::stop() { listener_->stop(); }

}  // namespace watchrig::media
