#include "system/devices/registered/registration_desk.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "system/base/spawn.hpp"
#include "system/base/text.hpp"
#include "system/base/timer.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::Error;
using base::ErrorKind;
using base::Result;
using boost::system::error_code;
using Said = protocols::RegistrationMessage::Kind;

namespace {

constexpr int most_missed = 3;
constexpr auto accept_pause = std::chrono::milliseconds(100);
/// Guessing passwords is to take long.
constexpr auto before_refusal = std::chrono::seconds(1);

/// Empty where the system has no random numbers.
std::string random_name() {
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return {};
  return base::to_hex(random.data(), random.size());
}

asio::awaitable<void> pause(asio::steady_timer& timer, asio::steady_timer::duration time) {
  error_code ignored;
  timer.expires_after(time);
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace

Result<RegistrationDesk::Acceptor> RegistrationDesk::listen(const std::string& address,
                                                            std::uint16_t port) const {
  error_code failure;
  const tcp::endpoint endpoint(asio::ip::make_address(address, failure), port);
  if (failure) return Error{ErrorKind::invalid, fmt::format("\"{}\" is no address to listen on", address)};
  auto acceptor = std::make_shared<tcp::acceptor>(executor_);
  acceptor->open(endpoint.protocol(), failure);
  if (!failure) acceptor->set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor->bind(endpoint, failure);
  if (!failure) acceptor->listen(tcp::acceptor::max_listen_connections, failure);
  if (!failure) return acceptor;
  return Error{ErrorKind::conflict, fmt::format("cannot listen for devices on {}:{}: {}; choose another",
                                                address, port, failure.message())};
}

Result<> RegistrationDesk::try_open(const std::string& address, std::uint16_t port) const {
  const auto acceptor = listen(address, port);
  return acceptor ? Result<>{} : acceptor.error();
}

Result<> RegistrationDesk::open(const std::string& address, std::uint16_t port,
                                std::chrono::seconds keep_alive) {
  auto acceptor = listen(address, port);
  if (!acceptor) return acceptor.error();
  {
    const std::lock_guard lock(mutex_);
    acceptor_ = *acceptor;
    port_ = (*acceptor)->local_endpoint().port();
    keep_alive_ = keep_alive;
  }
  base::spawn(executor_, accept(shared_from_this(), *std::move(acceptor)), "registration of devices");
  return {};
}

void RegistrationDesk::close() {
  Acceptor acceptor;
  std::map<std::string, DevicePtr> devices;
  {
    const std::lock_guard lock(mutex_);
    acceptor = std::exchange(acceptor_, nullptr);
    devices = devices_;
    port_ = 0;
  }
  if (!acceptor) return;
  asio::post(executor_, [self = shared_from_this(), acceptor, devices = std::move(devices)] {
    error_code ignored;
    acceptor->close(ignored);
    for (const auto& [id, device] : devices) device->line->close();
  });
}

std::uint16_t RegistrationDesk::port() const {
  const std::lock_guard lock(mutex_);
  return port_;
}

std::vector<RegistrationDesk::Registered> RegistrationDesk::registered() const {
  const std::lock_guard lock(mutex_);
  std::vector<Registered> all;
  all.reserve(devices_.size());
  for (const auto& [id, device] : devices_) all.push_back(device->shown);
  return all;
}

std::vector<RegistrationDesk::Refused> RegistrationDesk::refused() const {
  const std::lock_guard lock(mutex_);
  return {refused_.begin(), refused_.end()};
}

asio::awaitable<void> RegistrationDesk::accept(Self self, Acceptor acceptor) {
  asio::steady_timer timer(self->executor_);
  while (acceptor->is_open()) {
    tcp::socket socket(self->executor_);
    error_code failure;
    co_await acceptor->async_accept(socket, asio::redirect_error(asio::use_awaitable, failure));
    if (failure == asio::error::operation_aborted) co_return;
    if (failure) {
      co_await pause(timer, accept_pause);
      continue;
    }
    const auto source = socket.remote_endpoint(failure).address();
    if (failure || self->unproven_ >= most_unproven || !self->options_.admit(source)) continue;
    base::spawn(self->executor_, serve(self, std::move(socket)), "connection of a device");
  }
}

asio::awaitable<void> RegistrationDesk::serve(Self self, tcp::socket socket) {
  const auto line = std::make_shared<RegistrationLine>(std::move(socket));
  ++self->unproven_;
  std::optional<base::Watchdog> watchdog;
  watchdog.emplace(self->executor_, self->options_.patience, [line] { line->close(); });
  const auto first = co_await line->read();
  watchdog.reset();
  if (first && first->kind == Said::enrol) {
    line->begin();
    co_await enrol(self, line, first->device_id);
    co_return;
  }
  --self->unproven_;
  if (first && first->kind == Said::tunnel) co_return self->take_tunnel(first->tunnel, *line);
  line->close();
}

asio::awaitable<bool> RegistrationDesk::prove(Line line, std::string device_id, std::string password) {
  const auto nonce = random_name();
  if (nonce.empty()) co_return false;
  line->send({{"type", "challenge"}, {"nonce", nonce}});
  const auto answer = co_await line->read();
  const auto proof = protocols::registration_proof(password, device_id, nonce);
  co_return answer && answer->digest.size() == proof.size() &&
      CRYPTO_memcmp(answer->digest.data(), proof.data(), proof.size()) == 0;
}

asio::awaitable<void> RegistrationDesk::enrol(Self self, Line line, std::string device_id) {
  const auto password = self->options_.password(device_id);
  bool proven = false;
  if (password) {
    const base::Watchdog watchdog(self->executor_, self->options_.patience, [line] { line->close(); });
    proven = co_await prove(line, device_id, *password);
  }
  if (!proven) {
    asio::steady_timer timer(self->executor_);
    co_await pause(timer, before_refusal);
    self->refuse(line, device_id, password ? "wrong password" : password.error().message);
  }
  --self->unproven_;
  if (proven) co_await keep(self, self->enter(line, device_id), *password);
}

void RegistrationDesk::refuse(const Line& line, const std::string& device_id, const std::string& reason) {
  line->send({{"type", "refused"}, {"reason", reason}});
  line->finish();
  const auto now = clock_.now();
  const auto source = line->peer().address().to_string();
  bool known = false;
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::ranges::find(refused_, device_id, &Refused::device_id);
    if (same != refused_.end()) {
      known = same->reason == reason && same->source == source && now - same->time < repeated;
      refused_.erase(same);
    } else if (refused_.size() >= most_refusals) {
      refused_.pop_front();
    }
    refused_.push_back({device_id, source, reason, now});
  }
  if (!known) tell(News::Kind::refused, device_id, *line, reason);
}

RegistrationDesk::DevicePtr RegistrationDesk::enter(const Line& line, const std::string& device_id) {
  const auto device = std::make_shared<Device>();
  device->line = line;
  device->shown = {device_id, line->peer().address().to_string(), clock_.now()};
  DevicePtr before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(devices_[device_id], device);
    device->keep_alive = keep_alive_;
    std::erase_if(refused_, [&](const Refused& one) { return one.device_id == device_id; });
  }
  if (before) {
    before->replaced = true;
    before->line->close();
  }
  line->send({{"type", "registered"}, {"keep_alive", device->keep_alive.count()}});
  tell(News::Kind::registered, device_id, *line, {});
  return device;
}

asio::awaitable<void> RegistrationDesk::keep(Self self, DevicePtr device, std::string password) {
  const auto line = device->line;
  base::Watchdog watchdog(self->executor_, device->keep_alive * most_missed, [line] { line->close(); });
  std::string ended;
  for (;;) {
    const auto message = co_await line->read();
    if (!message) {
      ended = watchdog.expired() ? "it says nothing any more" : message.error().message;
      break;
    }
    watchdog.restart();
    if (message->kind == Said::closed) self->fail_tunnel(message->tunnel, device, message->reason);
    if (message->kind != Said::alive) continue;
    const auto present = self->options_.password(device->shown.device_id);
    if (!present || *present != password) {
      ended = present ? "its password was changed" : present.error().message;
      line->send({{"type", "refused"}, {"reason", ended}});
      break;
    }
    line->send({{"type", "alive"}});
  }
  line->finish();
  self->leave(device, ended);
}

void RegistrationDesk::leave(const DevicePtr& device, const std::string& reason) {
  for (const auto& [name, tunnel] : tunnels_) {
    if (tunnel->device == device) fail_tunnel(name, device, "its registration has ended");
  }
  if (device->replaced) return;
  {
    const std::lock_guard lock(mutex_);
    devices_.erase(device->shown.device_id);
  }
  tell(News::Kind::lost, device->shown.device_id, *device->line, reason);
}

void RegistrationDesk::tell(News::Kind kind, const std::string& device_id, const RegistrationLine& line,
                            std::string reason) {
  options_.tell({kind, device_id, line.peer().address().to_string(), std::move(reason)});
}

void RegistrationDesk::take_tunnel(const std::string& name, RegistrationLine& line) {
  const auto asked = tunnels_.find(name);
  if (asked == tunnels_.end() || asked->second->socket) return line.close();
  auto socket = line.release();
  if (socket) {
    asked->second->socket = std::make_shared<tcp::socket>(std::move(*socket));
  } else {
    asked->second->failure = socket.error().message;
  }
  asked->second->arrival.cancel();
}

void RegistrationDesk::fail_tunnel(const std::string& name, const DevicePtr& device,
                                   const std::string& reason) {
  const auto asked = tunnels_.find(name);
  if (asked == tunnels_.end() || asked->second->device != device) return;
  asked->second->failure = reason.empty() ? "it gives no reason" : reason;
  asked->second->arrival.cancel();
}

asio::awaitable<Result<std::shared_ptr<tcp::socket>>> RegistrationDesk::make(Self self, std::string peer,
                                                                             std::string service,
                                                                             base::Duration patience) {
  DevicePtr device;
  {
    const std::lock_guard lock(self->mutex_);
    const auto found = self->devices_.find(peer);
    if (found != self->devices_.end()) device = found->second;
  }
  if (!device) {
    co_return Error{ErrorKind::unavailable,
                    fmt::format("the device \"{}\" is not registered; check its server address, port, id and "
                                "password",
                                peer)};
  }
  const auto name = random_name();
  if (device->opening >= most_opening || name.empty()) {
    co_return Error{ErrorKind::unavailable,
                    fmt::format("too many connections to the device \"{}\" are being made", peer)};
  }
  const auto tunnel = std::make_shared<Tunnel>(Tunnel{device, asio::steady_timer(self->executor_), {}, {}});
  self->tunnels_.emplace(name, tunnel);
  ++device->opening;
  device->line->send({{"type", "open"}, {"tunnel", name}, {"service", service}});
  co_await pause(tunnel->arrival, std::chrono::duration_cast<asio::steady_timer::duration>(patience));
  self->tunnels_.erase(name);
  --device->opening;
  if (tunnel->socket) {
    const std::lock_guard lock(self->mutex_);
    ++device->shown.connections;
    co_return tunnel->socket;
  }
  if (tunnel->failure.empty()) {
    co_return Error{ErrorKind::timeout,
                    fmt::format("the device \"{}\" is registered but makes no connection within {}", peer,
                                base::format_duration(patience))};
  }
  co_return Error{ErrorKind::unavailable,
                  fmt::format("the device \"{}\" makes no connection: {}", peer, tunnel->failure)};
}

asio::awaitable<Result<tcp::socket>> RegistrationDesk::dial(std::string peer, std::string service,
                                                            base::Duration patience) {
  const auto executor = co_await asio::this_coro::executor;
  auto work = make(shared_from_this(), std::move(peer), std::move(service), patience);
  auto made = co_await asio::co_spawn(executor_, std::move(work), asio::use_awaitable);
  if (!made) co_return made.error();
  error_code failure;
  const auto protocol = (*made)->local_endpoint(failure).protocol();
  tcp::socket own(executor);
  const auto native = (*made)->release(failure);
  if (!failure) own.assign(protocol, native, failure);
  if (failure) co_return Error{ErrorKind::unavailable, failure.message()};
  co_return std::move(own);
}

}  // namespace watchrig::devices
