#include "simulators/camera/registration/registrar.hpp"

#include <array>

#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "system/base/spawn.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t longest_line = 1024;
constexpr auto between_attempts = std::chrono::seconds(2);
constexpr std::chrono::seconds usual_pause{30};

json::object message_of(std::string_view line) {
  error_code failure;
  const auto value = json::parse(line, failure);
  return !failure && value.is_object() ? value.get_object() : json::object();
}

std::string text_in(const json::object& message, std::string_view name) {
  const auto* value = message.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string proof(const std::string& password, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), password.data(), static_cast<int>(password.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return base::to_hex(digest.data(), size);
}

void close(tcp::socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

}  // namespace

void Registrar::start() { base::spawn(executor_, run(shared_from_this()), "registration of a camera"); }

void Registrar::stop() {
  asio::post(executor_, [self = shared_from_this()] {
    self->stopped_ = true;
    self->close_all();
  });
}

void Registrar::set_cut(bool cut) {
  asio::post(executor_, [self = shared_from_this(), cut] {
    self->cut_ = cut;
    if (cut) self->close_all();
  });
}

void Registrar::close_all() {
  for (const auto& one : sockets_) {
    if (const auto socket = one.lock()) close(*socket);
  }
  sockets_.clear();
  timer_.cancel();
  alive_.cancel();
}

asio::awaitable<Registrar::Socket> Registrar::connect(Self self, tcp::endpoint to) {
  std::erase_if(self->sockets_, [](const auto& one) { return one.expired(); });
  const auto socket = std::make_shared<tcp::socket>(self->executor_);
  self->sockets_.push_back(socket);
  error_code failure;
  socket->open(to.protocol(), failure);
  if (!failure) socket->bind({self->plan_.own, 0}, failure);
  if (!failure) co_await socket->async_connect(to, asio::redirect_error(asio::use_awaitable, failure));
  if (!failure) co_return socket;
  self->show("connecting", failure.message());
  co_return nullptr;
}

void Registrar::show(std::string state, std::string reason) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(state);
  reason_ = std::move(reason);
}

json::object Registrar::status() const {
  const std::lock_guard lock(mutex_);
  return {{"state", state_},
          {"server", fmt::format("{}:{}", plan_.server.address().to_string(), plan_.server.port())},
          {"device_id", plan_.device_id},
          {"reason", reason_},
          {"tunnels", tunnels_}};
}

asio::awaitable<bool> Registrar::say(Socket socket, json::object message) {
  error_code failure;
  const auto line = json::serialize(message) + "\n";
  co_await asio::async_write(*socket, asio::buffer(line), asio::redirect_error(asio::use_awaitable, failure));
  co_return !failure;
}

asio::awaitable<void> Registrar::run(Self self) {
  while (!self->stopped_) {
    if (!self->cut_) {
      const auto socket = co_await connect(self, self->plan_.server);
      if (socket) {
        co_await session(self, socket);
        close(*socket);
      }
      self->alive_.cancel();
    }
    if (self->stopped_) break;
    error_code ignored;
    self->timer_.expires_after(between_attempts);
    co_await self->timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<void> Registrar::session(Self self, Socket socket) {
  const auto& plan = self->plan_;
  const json::object enrolment{{"type", "register"}, {"version", 1}, {"device_id", plan.device_id}};
  co_await say(socket, enrolment);
  std::string input;
  for (error_code failure;;) {
    const std::size_t end =
        co_await asio::async_read_until(*socket, asio::dynamic_buffer(input, longest_line), '\n',
                                        asio::redirect_error(asio::use_awaitable, failure));
    if (failure) break;
    const auto message = message_of(std::string_view(input).substr(0, end));
    input.erase(0, end);
    const auto type = text_in(message, "type");
    if (type == "challenge") {
      const auto digest = proof(plan.password, plan.device_id + "\n" + text_in(message, "nonce"));
      const json::object answer{{"type", "proof"}, {"digest", digest}};
      co_await say(socket, answer);
    } else if (type == "registered") {
      const auto* seconds = message.if_contains("keep_alive");
      const auto pause =
          seconds && seconds->is_int64() ? std::chrono::seconds(seconds->get_int64()) : usual_pause;
      self->show("registered");
      base::spawn(self->executor_, stay_alive(self, socket, pause), "signs of life of a camera");
    } else if (type == "refused") {
      self->show("refused", text_in(message, "reason"));
      co_return;
    } else if (type == "open") {
      base::spawn(self->executor_, lead(self, text_in(message, "tunnel"), text_in(message, "service")),
                  "connection to a camera");
    }
  }
  self->show("connecting", "the server has closed the connection");
}

asio::awaitable<void> Registrar::stay_alive(Self self, Socket socket, std::chrono::seconds pause) {
  const json::object sign{{"type", "alive"}};
  while (socket->is_open()) {
    error_code cancelled;
    self->alive_.expires_after(pause);
    co_await self->alive_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (cancelled || !socket->is_open()) co_return;
    co_await say(socket, sign);
  }
}

asio::awaitable<void> Registrar::lead(Self self, std::string tunnel, std::string service) {
  const auto own = self->plan_.service(service);
  if (!own) co_return;
  const auto inside = co_await connect(self, *own);
  if (!inside) co_return;
  const auto outside = co_await connect(self, self->plan_.server);
  if (!outside) co_return;
  const json::object here{{"type", "tunnel"}, {"tunnel", tunnel}};
  co_await say(outside, here);
  {
    const std::lock_guard lock(self->mutex_);
    ++self->tunnels_;
  }
  base::spawn(self->executor_, pump(outside, inside), "connection to a camera");
  co_await pump(inside, outside);
}

asio::awaitable<void> Registrar::pump(Socket from, Socket to) {
  std::string buffer;
  for (error_code failure; !failure;) {
    buffer.resize(64 * std::size_t{1024});
    buffer.resize(co_await from->async_read_some(asio::buffer(buffer),
                                                 asio::redirect_error(asio::use_awaitable, failure)));
    if (failure) break;
    co_await asio::async_write(*to, asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, failure));
  }
  close(*from);
  close(*to);
}

}  // namespace watchrig::camera
