#include "simulators/services/relay/relay_server.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"

namespace watchrig::services {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;
using boost::system::error_code;
using kernel::Verb;

namespace {

constexpr Verb verbs[] = {Verb::reset, Verb::stall, Verb::lie};
constexpr std::string_view lies[] = {"refuse", "garbage", "too-long", "many-tunnels"};
constexpr std::size_t longest_line = 4096;
constexpr std::size_t most_unsent = 256;
constexpr std::size_t most_waiting = 64;
constexpr int many = 200;

std::string line(const json::object& message) { return json::serialize(message) + "\n"; }

/// Nothing when it is no message.
json::object message_of(std::string_view text) {
  error_code failure;
  const auto value = json::parse(text, failure);
  return !failure && value.is_object() ? value.get_object() : json::object();
}

std::string text_in(const json::object& message, std::string_view name) {
  const auto* value = message.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

void close(asio::ip::tcp::socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

}  // namespace

Result<ServicePlan> plan_relay_server(const kernel::XmlFile& file, pugi::xml_node element) {
  kernel::XmlAttributes attributes(file, element);
  auto plan = plan_service(attributes);
  if (!plan) return plan.error();
  RelayServer::Spec spec;
  spec.port = plan->port;
  if (attributes.has("device-id")) spec.device_id = attributes.text("device-id");
  const auto keep_alive = attributes.integer("keep-alive", spec.keep_alive, 5, 300);
  if (!keep_alive) return keep_alive.error();
  spec.keep_alive = static_cast<int>(*keep_alive);
  if (auto finished = attributes.finish(); !finished) return finished.error();
  plan->make = [id = plan->id, spec](const base::Clock& clock, asio::any_io_executor executor) {
    return std::make_shared<RelayServer>(id, spec, clock, std::move(executor));
  };
  return plan;
}

RelayServer::RelayServer(std::string id, Spec spec, const base::Clock& clock, asio::any_io_executor executor)
    : ServiceDevice(std::move(id), clock, {verbs, {}, lies}),
      spec_(std::move(spec)),
      executor_(executor),
      acceptor_(executor) {}

Result<void> RelayServer::start() {
  error_code error;
  const Tcp::endpoint endpoint(asio::ip::address_v4::loopback(), spec_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(most_connections, error);
  if (error) {
    return Error{ErrorKind::unavailable,
                 fmt::format("relay \"{}\": port {}: {}", id_, spec_.port, error.message())};
  }
  port_ = acceptor_.local_endpoint().port();
  base::spawn(executor_, accept(shared_from_this()), "relay " + id_);
  return {};
}

void RelayServer::stop() {
  asio::post(executor_, [self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
    self->close_all();
  });
}

void RelayServer::reset_connections() {
  asio::post(executor_, [self = shared_from_this()] { self->close_all(); });
}

void RelayServer::close_all() {
  waiting_.clear();
  for (const auto& weak : std::exchange(sockets_, {})) {
    if (const auto socket = weak.lock()) close(*socket);
  }
}

asio::awaitable<void> RelayServer::accept(Self self) {
  while (self->acceptor_.is_open()) {
    auto socket = std::make_shared<Tcp::socket>(self->executor_);
    error_code error;
    co_await self->acceptor_.async_accept(*socket, asio::redirect_error(asio::use_awaitable, error));
    std::erase_if(self->sockets_, [](const auto& weak) { return weak.expired(); });
    if (error || self->sockets_.size() >= most_connections) continue;
    self->sockets_.push_back(socket);
    base::spawn(self->executor_, serve(self, socket), "connection of relay " + self->id_);
  }
}

asio::awaitable<void> RelayServer::serve(Self self, Socket socket) {
  std::string input(longest_line, '\0');
  error_code error;
  input.resize(co_await socket->async_read_some(asio::buffer(input),
                                                asio::redirect_error(asio::use_awaitable, error)));
  if (error) co_return;
  if (input.front() != '{') co_return self->take_client(socket, std::move(input));
  const std::size_t end =
      co_await asio::async_read_until(*socket, asio::dynamic_buffer(input, longest_line), '\n',
                                      asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return;
  const auto message = message_of(std::string_view(input).substr(0, end));
  input.erase(0, end);
  const auto type = text_in(message, "type");
  if (type == "register") co_await control(self, socket, std::move(input), message);
  if (type == "tunnel") co_await lead(self, socket, text_in(message, "tunnel"));
  close(*socket);
}

std::string RelayServer::answer() const {
  if (in_force(Verb::lie, "garbage")) return "SSH-2.0-OpenSSH_9.2\r\n";
  if (in_force(Verb::lie, "too-long")) return std::string(2048, 'x');
  return line({{"type", "registered"}, {"keep_alive", spec_.keep_alive}});
}

asio::awaitable<void> RelayServer::control(Self self, Socket socket, std::string input,
                                           json::object registration) {
  const bool known =
      self->spec_.device_id.empty() || text_in(registration, "device_id") == self->spec_.device_id;
  {
    const std::lock_guard lock(self->mutex_);
    if (self->registrations_.size() >= most_registrations) self->registrations_.pop_front();
    self->registrations_.push_back(registration);
  }
  if (!known || self->in_force(Verb::lie, "refuse")) {
    const auto refusal = line({{"type", "refused"}, {"reason", "unknown device id"}});
    error_code ignored;
    co_await asio::async_write(*socket, asio::buffer(refusal),
                               asio::redirect_error(asio::use_awaitable, ignored));
    co_return;
  }
  const auto lines = std::make_shared<base::BoundedQueue<std::string>>(
      self->executor_, base::BoundedQueue<std::string>::Limits{most_unsent}, base::Overflow::refuse);
  base::spawn(self->executor_, write(socket, lines), "messages of relay " + self->id_);
  if (!self->in_force(Verb::stall)) lines->push(self->answer());
  for (int i = 0; i < many && self->in_force(Verb::lie, "many-tunnels"); ++i)
    lines->push(line({{"type", "open"}, {"tunnel", fmt::format("nobody-{}", i)}}));
  self->present_ = lines;
  for (error_code error; !error;) {
    const std::size_t end =
        co_await asio::async_read_until(*socket, asio::dynamic_buffer(input, longest_line), '\n',
                                        asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    const auto type = text_in(message_of(std::string_view(input).substr(0, end)), "type");
    input.erase(0, end);
    if (type == "alive" && !self->in_force(Verb::stall)) lines->push(line({{"type", "alive"}}));
    const std::lock_guard lock(self->mutex_);
    self->alive_ += type == "alive" ? 1 : 0;
    self->closed_ += type == "closed" ? 1 : 0;
  }
  if (self->present_ == lines) self->present_.reset();
  lines->close();
}

asio::awaitable<void> RelayServer::write(Socket socket, Lines lines) {
  for (error_code error; !error;) {
    const auto next = co_await lines->pop();
    if (!next) break;
    co_await asio::async_write(*socket, asio::buffer(*next),
                               asio::redirect_error(asio::use_awaitable, error));
  }
}

void RelayServer::take_client(Socket socket, std::string sent) {
  if (!present_ || waiting_.size() >= most_waiting) return close(*socket);
  const auto name = fmt::format("t{}", ++named_);
  waiting_[name] = {std::move(socket), std::move(sent)};
  present_->push(line({{"type", "open"}, {"tunnel", name}, {"service", "http"}}));
}

asio::awaitable<void> RelayServer::lead(Self self, Socket tunnel, std::string name) {
  const auto found = self->waiting_.find(name);
  if (found == self->waiting_.end()) co_return;
  Waiting client = std::move(found->second);
  self->waiting_.erase(found);
  {
    const std::lock_guard lock(self->mutex_);
    ++self->tunnels_;
  }
  base::spawn(self->executor_, pump(tunnel, client.socket, {}), "tunnel of relay " + self->id_);
  co_await pump(client.socket, tunnel, std::move(client.sent));
}

asio::awaitable<void> RelayServer::pump(Socket from, Socket to, std::string first) {
  std::string buffer = std::move(first);
  for (error_code error; !error;) {
    co_await asio::async_write(*to, asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    buffer.resize(64 * std::size_t{1024});
    buffer.resize(co_await from->async_read_some(asio::buffer(buffer),
                                                 asio::redirect_error(asio::use_awaitable, error)));
  }
  close(*from);
  close(*to);
}

json::object RelayServer::description() const {
  return {{"id", id_}, {"kind", kind()}, {"virtual", true}, {"host", "127.0.0.1"}, {"port", port_}};
}

json::object RelayServer::status() const { return {{"id", id_}, {"kind", kind()}}; }

Result<std::string> RelayServer::ledger(const Query& query) const {
  if (!query.empty()) return Error{ErrorKind::invalid, "the ledger of a relay takes no parameters"};
  const std::lock_guard lock(mutex_);
  return json::serialize(
      json::object{{"registrations", json::array(registrations_.begin(), registrations_.end())},
                   {"alive", alive_},
                   {"tunnels", tunnels_},
                   {"closed", closed_}});
}

}  // namespace watchrig::services
