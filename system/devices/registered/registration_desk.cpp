#include "system/devices/registered/registration_desk.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "system/base/spawn.hpp"
#include "system/base/text.hpp"
#include "system/base/timer.hpp"
#include "system/devices/registered/device_tunnel.hpp"

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

class RegistrationDesk::Unproven {
 public:
  Unproven(Self desk, asio::ip::address source) : desk_(std::move(desk)), source_(std::move(source)) {
    ++desk_->unproven_[source_];
    ++desk_->all_unproven_;
  }
  ~Unproven() {
    --desk_->all_unproven_;
    if (--desk_->unproven_[source_] == 0) desk_->unproven_.erase(source_);
  }
  Unproven(const Unproven&) = delete;
  Unproven& operator=(const Unproven&) = delete;

 private:
  const Self desk_;
  const asio::ip::address source_;
};

class RegistrationDesk::DeviceDialer final : public base::Dialer {
 public:
  DeviceDialer(Self desk, std::string device_id) : desk_(std::move(desk)), device_id_(std::move(device_id)) {}

  asio::awaitable<Result<tcp::socket>> dial(std::string service, base::Duration patience) override {
    const auto executor = co_await asio::this_coro::executor;
    const auto name = random_name();
    const auto tunnel = std::make_shared<DeviceTunnel>(executor, patience);
    asio::post(desk_->executor_, [desk = desk_, name, id = device_id_,
                                  wish = Wish{tunnel, nullptr, std::move(service)}]() mutable {
      desk->wish(name, id, std::move(wish));
    });
    co_await tunnel->wait();
    asio::post(desk_->executor_, [desk = desk_, name] { desk->end_wish(name); });
    auto socket = tunnel->take(executor);
    if (!socket) co_return Error(socket.error()).within(fmt::format("device \"{}\"", device_id_));
    co_return std::move(socket);
  }

 private:
  const Self desk_;
  const std::string device_id_;
};

std::shared_ptr<base::Dialer> RegistrationDesk::dialer(std::string device_id) {
  return std::make_shared<DeviceDialer>(shared_from_this(), std::move(device_id));
}

Result<RegistrationDesk::Acceptor> RegistrationDesk::listen(const Place& place) const {
  error_code failure;
  const tcp::endpoint endpoint(asio::ip::make_address(place.address, failure), place.port);
  if (failure)
    return Error{ErrorKind::invalid, fmt::format("\"{}\" is no address to listen on", place.address)};
  auto acceptor = std::make_shared<tcp::acceptor>(executor_);
  acceptor->open(endpoint.protocol(), failure);
  if (!failure) acceptor->set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) acceptor->bind(endpoint, failure);
  if (!failure) acceptor->listen(tcp::acceptor::max_listen_connections, failure);
  if (!failure) return acceptor;
  return Error{ErrorKind::conflict, fmt::format("cannot listen for devices on {}:{}: {}; choose another",
                                                place.address, place.port, failure.message())};
}

Result<> RegistrationDesk::try_place(const Place& place) const {
  const auto acceptor = listen(place);
  return acceptor ? Result<>{} : acceptor.error();
}

void RegistrationDesk::listen_at(std::optional<Place> place) {
  asio::post(executor_, [self = shared_from_this(), place = std::move(place)] {
    ++self->places_;
    Acceptor acceptor;
    {
      const std::lock_guard lock(self->mutex_);
      acceptor = std::exchange(self->acceptor_, nullptr);
      self->port_ = 0;
      for (const auto& [id, device] : self->devices_) device->line->close();
    }
    error_code ignored;
    if (acceptor) acceptor->close(ignored);
    if (!place) return;
    auto opened = self->listen(*place);
    if (!opened) return self->tell(News::Kind::closed, {}, {}, opened.error().message);
    {
      const std::lock_guard lock(self->mutex_);
      self->acceptor_ = *opened;
      self->place_ = *place;
      self->port_ = (*opened)->local_endpoint(ignored).port();
    }
    base::spawn(self->executor_, accept(self, *std::move(opened)), "registration of devices");
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

std::vector<RefusalBook::Refused> RegistrationDesk::refused() const {
  const std::lock_guard lock(mutex_);
  return refusals_.refused();
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
    if (failure || !self->options_.admit(source)) continue;
    const auto same = self->unproven_.find(source);
    if (self->all_unproven_ >= most_unproven ||
        (same != self->unproven_.end() && same->second >= most_of_a_source)) {
      continue;
    }
    auto place = std::make_unique<Unproven>(self, source);
    base::spawn(self->executor_, serve(self, std::move(socket), std::move(place)), "connection of a device");
  }
}

asio::awaitable<void> RegistrationDesk::serve(Self self, tcp::socket socket,
                                              std::unique_ptr<Unproven> place) {
  const auto line = std::make_shared<RegistrationLine>(std::move(socket));
  std::optional<base::Watchdog> watchdog;
  watchdog.emplace(self->executor_, self->options_.patience, [line] { line->close(); });
  const auto first = co_await line->read();
  watchdog.reset();
  if (first && first->kind == Said::enrol) {
    line->begin();
    co_await enrol(self, line, first->device_id, std::move(place));
  } else if (first && first->kind == Said::tunnel) {
    self->take_tunnel(first->tunnel, *line);
  } else {
    line->close();
  }
}

asio::awaitable<Result<>> RegistrationDesk::prove(Line line, std::string device_id, std::string password) {
  const auto nonce = random_name();
  if (nonce.empty()) co_return Error{ErrorKind::unavailable, "no random numbers"};
  line->send({{"type", "challenge"}, {"nonce", nonce}});
  const auto answer = co_await line->read();
  if (!answer) co_return answer.error();
  if (answer->kind != Said::proof) co_return Error{ErrorKind::corrupt, "it does not answer the challenge"};
  const auto proof = protocols::registration_proof(password, device_id, nonce);
  if (answer->digest.size() == proof.size() &&
      CRYPTO_memcmp(answer->digest.data(), proof.data(), proof.size()) == 0) {
    co_return Result<>{};
  }
  co_return Error{ErrorKind::denied, "wrong password"};
}

asio::awaitable<void> RegistrationDesk::enrol(Self self, Line line, std::string device_id,
                                              std::unique_ptr<Unproven> place) {
  const auto begun = self->places_;
  const auto password = self->options_.password(device_id);
  Result<> proven = password ? Result<>{} : password.error();
  if (password) {
    const base::Watchdog watchdog(self->executor_, self->options_.patience, [line] { line->close(); });
    auto done = co_await prove(line, device_id, *password);
    proven = std::move(done);
  }
  if (!proven) {
    // Who breaks off has said nothing wrong.
    if (password && proven.error().kind != ErrorKind::denied) co_return line->close();
    asio::steady_timer timer(self->executor_);
    co_await pause(timer, before_refusal);
    co_return self->refuse(line, device_id, proven.error().message);
  }
  place.reset();
  if (begun != self->places_) co_return line->close();
  co_await keep(self, self->enter(line, device_id, *password));
}

void RegistrationDesk::refuse(const Line& line, const std::string& device_id, const std::string& reason) {
  line->send({{"type", "refused"}, {"reason", reason}});
  line->finish();
  const auto source = line->peer().address().to_string();
  bool tells = false;
  {
    const std::lock_guard lock(mutex_);
    tells = refusals_.note(device_id, source, reason, clock_.now());
  }
  if (tells) tell(News::Kind::refused, device_id, source, reason);
}

RegistrationDesk::DevicePtr RegistrationDesk::enter(const Line& line, const std::string& device_id,
                                                    const std::string& password) {
  const auto device = std::make_shared<Device>();
  device->line = line;
  device->shown = {device_id, line->peer().address().to_string(), clock_.now()};
  device->password = password;
  DevicePtr before;
  {
    const std::lock_guard lock(mutex_);
    device->keep_alive = place_.keep_alive;
    before = std::exchange(devices_[device_id], device);
    refusals_.forget(device_id);
  }
  if (before) {
    before->replaced = true;
    before->line->close();
  }
  line->send({{"type", "registered"}, {"keep_alive", device->keep_alive.count()}});
  tell(News::Kind::registered, device_id, device->shown.source, {});
  return device;
}

std::optional<std::string> RegistrationDesk::objection(const Device& device) const {
  const auto present = options_.password(device.shown.device_id);
  if (!present) return present.error().message;
  if (*present != device.password) return "its password was changed";
  if (!options_.admit(device.line->peer().address())) return "its address is not admitted any more";
  return std::nullopt;
}

asio::awaitable<void> RegistrationDesk::keep(Self self, DevicePtr device) {
  const auto line = device->line;
  base::Watchdog watchdog(self->executor_, device->keep_alive * most_missed, [line] { line->close(); });
  std::string ended;
  while (ended.empty()) {
    const auto message = co_await line->read();
    if (!message && !device->ended.empty()) {
      ended = device->ended;
    } else if (!message) {
      ended = watchdog.expired() ? "it gives no sign of life any more" : message.error().message;
    } else if (message->kind == Said::closed) {
      self->fail_tunnel(message->tunnel, device, message->reason);
    } else if (message->kind == Said::alive) {
      watchdog.restart();
      ended = self->objection(*device).value_or("");
      if (ended.empty())
        line->send({{"type", "alive"}});
      else
        line->send({{"type", "refused"}, {"reason", ended}});
    }
  }
  line->finish();
  self->leave(device, ended);
}

void RegistrationDesk::leave(const DevicePtr& device, const std::string& reason) {
  for (const auto& [name, wish] : wishes_) {
    if (wish.device == device) fail_tunnel(name, device, "its registration has ended");
  }
  if (device->replaced) return;
  {
    const std::lock_guard lock(mutex_);
    devices_.erase(device->shown.device_id);
  }
  tell(News::Kind::lost, device->shown.device_id, device->shown.source, reason);
}

void RegistrationDesk::tell(News::Kind kind, const std::string& device_id, const std::string& source,
                            std::string reason) {
  options_.tell({kind, device_id, source, std::move(reason)});
}

void RegistrationDesk::wish(const std::string& name, const std::string& device_id, Wish wish) {
  const auto fail = [&wish](std::string reason) {
    if (const auto tunnel = wish.tunnel.lock()) tunnel->fail(std::move(reason));
  };
  {
    const std::lock_guard lock(mutex_);
    const auto found = devices_.find(device_id);
    if (found != devices_.end()) wish.device = found->second;
  }
  if (!wish.device)
    return fail("is not registered; check the server address, port, id and password that it has");
  Device& device = *wish.device;
  if (const auto why = objection(device)) {
    device.ended = *why;
    device.line->close();
    return fail(*why);
  }
  if (device.waiting.size() >= most_waiting || name.empty())
    return fail("too many connections to it are being made");
  device.waiting.push_back(name);
  wishes_.emplace(name, std::move(wish));
  if (device.opening < most_opening) ask(name);
}

void RegistrationDesk::ask(const std::string& name) {
  Wish& wish = wishes_.at(name);
  std::erase(wish.device->waiting, name);
  wish.asked = true;
  ++wish.device->opening;
  wish.device->line->send({{"type", "open"}, {"tunnel", name}, {"service", wish.service}});
}

/// Whoever waited has it, or waits no longer.
void RegistrationDesk::end_wish(const std::string& name) {
  const auto ended = wishes_.find(name);
  if (ended == wishes_.end()) return;
  const auto device = ended->second.device;
  const bool asked = ended->second.asked;
  wishes_.erase(ended);
  std::erase(device->waiting, name);
  if (!asked) return;
  --device->opening;
  if (!device->waiting.empty()) ask(std::string(device->waiting.front()));
}

void RegistrationDesk::take_tunnel(const std::string& name, RegistrationLine& line) {
  const auto asked = wishes_.find(name);
  const auto tunnel = asked == wishes_.end() ? nullptr : asked->second.tunnel.lock();
  if (!tunnel || !asked->second.asked) return line.close();
  auto socket = line.release();
  if (!socket) return tunnel->fail(socket.error().message);
  if (!tunnel->deliver(std::move(*socket))) return;
  const std::lock_guard lock(mutex_);
  ++asked->second.device->shown.connections;
}

void RegistrationDesk::fail_tunnel(const std::string& name, const DevicePtr& device,
                                   const std::string& reason) {
  const auto asked = wishes_.find(name);
  if (asked == wishes_.end() || asked->second.device != device) return;
  if (const auto tunnel = asked->second.tunnel.lock())
    tunnel->fail("makes no connection: " + (reason.empty() ? "it gives no reason" : reason));
}

}  // namespace watchrig::devices
