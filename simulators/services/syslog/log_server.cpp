#include "simulators/services/syslog/log_server.hpp"

#include <array>

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/base/text.hpp"

namespace watchrig::services {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using boost::system::error_code;

constexpr kernel::Verb verbs[] = {kernel::Verb::reset};
constexpr std::size_t longest_entry = 64 * 1024;
constexpr std::size_t longest_length = 8;  // digits and the blank behind them
constexpr int most_clients = 16;
constexpr int most_attempts = 20;

}  // namespace

Result<ServicePlan> plan_log_server(const kernel::XmlFile& file, pugi::xml_node element) {
  kernel::XmlAttributes attributes(file, element);
  auto plan = plan_service(attributes);
  if (!plan) return plan.error();
  if (auto finished = attributes.finish(); !finished) return finished.error();
  plan->make = [id = plan->id, port = plan->port](const base::Clock& clock, asio::any_io_executor executor) {
    return std::make_shared<LogServer>(id, port, clock, std::move(executor));
  };
  return plan;
}

LogServer::LogServer(std::string id, std::uint16_t port, const base::Clock& clock,
                     asio::any_io_executor executor)
    : ServiceDevice(std::move(id), clock, {verbs, {}, {}}),
      port_(port),
      executor_(executor),
      datagrams_(executor),
      acceptor_(executor) {}

/// Both at the same port, whose number UDP chooses when none is given.
error_code LogServer::open() {
  error_code error;
  const auto loopback = asio::ip::address_v4::loopback();
  datagrams_ = Udp::socket(executor_);
  acceptor_ = Tcp::acceptor(executor_);
  datagrams_.open(Udp::v4(), error);
  if (!error) datagrams_.bind(Udp::endpoint(loopback, port_), error);
  const auto port = error ? port_ : datagrams_.local_endpoint().port();
  if (!error) acceptor_.open(Tcp::v4(), error);
  if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(Tcp::endpoint(loopback, port), error);
  if (!error) acceptor_.listen(most_clients, error);
  if (!error) port_ = port;
  return error;
}

Result<void> LogServer::start() {
  error_code error = open();
  // What is free for UDP may be taken for TCP.
  for (int more = most_attempts; error && port_ == 0 && more > 0; --more) error = open();
  if (error) {
    return Error{ErrorKind::unavailable,
                 fmt::format("log server \"{}\": port {}: {}", id_, port_, error.message())};
  }
  base::spawn(executor_, receive(shared_from_this()), "log server " + id_);
  base::spawn(executor_, accept(shared_from_this()), "log server " + id_);
  return {};
}

void LogServer::stop() {
  asio::post(executor_, [self = shared_from_this()] {
    error_code ignored;
    self->datagrams_.close(ignored);
    self->acceptor_.close(ignored);
    self->close_all();
  });
}

void LogServer::reset_connections() {
  asio::post(executor_, [self = shared_from_this()] { self->close_all(); });
}

void LogServer::close_all() {
  for (const auto& weak : std::exchange(sockets_, {})) {
    error_code ignored;
    if (const auto socket = weak.lock()) socket->close(ignored);
  }
}

asio::awaitable<void> LogServer::receive(std::shared_ptr<LogServer> self) {
  std::string buffer(longest_entry, '\0');
  while (self->datagrams_.is_open()) {
    error_code error;
    const std::size_t size = co_await self->datagrams_.async_receive(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (!error) self->keep("udp", buffer.substr(0, size));
  }
}

asio::awaitable<void> LogServer::accept(std::shared_ptr<LogServer> self) {
  while (self->acceptor_.is_open()) {
    auto socket = std::make_shared<Tcp::socket>(self->executor_);
    error_code error;
    co_await self->acceptor_.async_accept(*socket, asio::redirect_error(asio::use_awaitable, error));
    std::erase_if(self->sockets_, [](const auto& weak) { return weak.expired(); });
    if (error || self->sockets_.size() >= most_clients) continue;
    self->sockets_.push_back(socket);
    base::spawn(self->executor_, serve(self, socket), "client of log server " + self->id_);
  }
}

/// Until the client leaves, or sends what is no entry.
asio::awaitable<void> LogServer::serve(std::shared_ptr<LogServer> self, std::shared_ptr<Tcp::socket> socket) {
  std::string input;
  for (;;) {
    error_code error;
    const std::size_t end =
        co_await asio::async_read_until(*socket, asio::dynamic_buffer(input, longest_entry + longest_length),
                                        ' ', asio::redirect_error(asio::use_awaitable, error));
    if (error || end > longest_length) break;
    const auto length = base::parse_number<std::size_t>(std::string_view(input).substr(0, end - 1));
    input.erase(0, end);
    if (!length || *length > longest_entry) break;
    if (input.size() < *length) {
      co_await asio::async_read(*socket, asio::dynamic_buffer(input),
                                asio::transfer_exactly(*length - input.size()),
                                asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) break;
    self->keep("tcp", input.substr(0, *length));
    input.erase(0, *length);
  }
  error_code ignored;
  socket->close(ignored);
}

void LogServer::keep(std::string protocol, std::string text) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= most_entries) entries_.pop_front();
  entries_.push_back({std::move(protocol), std::move(text)});
}

json::object LogServer::description() const {
  return {{"id", id_}, {"kind", kind()}, {"virtual", true}, {"host", "127.0.0.1"}, {"port", port_}};
}

json::object LogServer::status() const { return {{"id", id_}, {"kind", kind()}}; }

Result<std::string> LogServer::ledger(const Query& query) const {
  if (!query.empty()) return Error{ErrorKind::invalid, "the ledger of a log server takes no query"};
  const std::lock_guard lock(mutex_);
  json::array entries;
  for (const auto& entry : entries_) entries.push_back({{"protocol", entry.protocol}, {"text", entry.text}});
  return json::serialize(json::object{{"entries", std::move(entries)}});
}

}  // namespace watchrig::services
