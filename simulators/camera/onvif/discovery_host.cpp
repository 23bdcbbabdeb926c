#include "simulators/camera/onvif/discovery_host.hpp"

#include <algorithm>
#include <netinet/in.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::camera {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using protocols::DiscoveryKind;
using protocols::DiscoveryMessage;

namespace {

constexpr std::size_t most_heard = 256;

asio::ip::udp::endpoint group() {
  return {asio::ip::make_address_v4(DiscoveryMessage::group), DiscoveryMessage::port};
}

}  // namespace

DiscoveryHost::DiscoveryHost(asio::any_io_executor executor, const base::Clock& clock, std::uint64_t seed)
    : executor_(std::move(executor)),
      clock_(clock),
      seed_(seed),
      ids_(seed, "discovery", "messages"),
      timer_(executor_, clock) {}

/// The group's socket hears the group only, and not what comes in by other interfaces.
Result<DiscoveryHost::Socket> DiscoveryHost::open_socket(const std::string& address) {
  const auto own = asio::ip::make_address_v4(address);
  const auto loopback = asio::ip::address_v4::loopback();
  auto socket = std::make_shared<Udp::socket>(executor_);
  boost::system::error_code error;
  socket->open(Udp::v4(), error);
  if (!error) socket->set_option(Udp::socket::reuse_address(true), error);
  if (!error) socket->bind({own, DiscoveryMessage::port}, error);
  if (!error) socket->set_option(asio::ip::multicast::outbound_interface(loopback), error);
  if (!error && own.is_multicast()) {
    using OnlyJoined = asio::detail::socket_option::boolean<IPPROTO_IP, IP_MULTICAST_ALL>;
    socket->set_option(OnlyJoined(false), error);
    if (!error) socket->set_option(asio::ip::multicast::join_group(own, loopback), error);
  }
  if (!error) socket->non_blocking(true, error);
  if (!error) return socket;
  return Error{ErrorKind::unavailable,
               fmt::format("discovery on {} port {}: {}; stop the program that has it", address,
                           DiscoveryMessage::port, error.message())};
}

Result<> DiscoveryHost::open(const std::string& address) {
  const std::lock_guard lock(mutex_);
  for (const auto& one : {std::string(DiscoveryMessage::group), address}) {
    if (sockets_.contains(one)) continue;
    auto socket = open_socket(one);
    if (!socket) return socket.error();
    sockets_.emplace(one, *socket);
    base::spawn(executor_, receive(shared_from_this(), *socket, one), "discovery of cameras");
  }
  return {};
}

DiscoveryHost::Socket DiscoveryHost::socket_of(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  const auto found = sockets_.find(address);
  return found == sockets_.end() ? nullptr : found->second;
}

Result<> DiscoveryHost::join(const std::string& camera, Member member) {
  if (auto opened = open(member.address); !opened) return opened;
  asio::dispatch(executor_, [self = shared_from_this(), camera, member = std::move(member)] {
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(self->clock_.now()).time_since_epoch().count();
    self->cameras_[camera] = {member, {static_cast<std::uint64_t>(seconds), 0}};
    self->tell_everybody(camera, DiscoveryKind::hello);
  });
  return {};
}

void DiscoveryHost::announce(const std::string& camera) {
  asio::dispatch(executor_,
                 [self = shared_from_this(), camera] { self->tell_everybody(camera, DiscoveryKind::hello); });
}

void DiscoveryHost::leave(const std::string& camera, bool bye) {
  asio::dispatch(executor_, [self = shared_from_this(), camera, bye] {
    if (bye) self->tell_everybody(camera, DiscoveryKind::bye);
    self->cameras_.erase(camera);
  });
}

void DiscoveryHost::stop() {
  const std::lock_guard lock(mutex_);
  boost::system::error_code ignored;
  for (const auto& [address, socket] : sockets_) socket->close(ignored);
  timer_.cancel();
}

asio::awaitable<void> DiscoveryHost::receive(std::shared_ptr<DiscoveryHost> self, Socket socket,
                                             std::string address) {
  std::string buffer(DiscoveryMessage::most_bytes, '\0');
  while (socket->is_open()) {
    boost::system::error_code error;
    Udp::endpoint from;
    const std::size_t size = co_await socket->async_receive_from(
        asio::buffer(buffer), from, asio::redirect_error(asio::use_awaitable, error));
    if (!error) self->take(std::string_view(buffer).substr(0, size), from, address);
  }
}

/// What is no question, or no message at all, is not for cameras.
void DiscoveryHost::take(std::string_view datagram, const Udp::endpoint& from, const std::string& address) {
  const auto message = protocols::read_discovery(datagram);
  if (!message) return;
  const bool probe = message->kind == DiscoveryKind::probe;
  if (!probe && message->kind != DiscoveryKind::resolve) return;
  if (!is_new(fmt::format("{} {}", message->id, address))) return;
  const bool to_all = address == DiscoveryMessage::group;
  const auto now = clock_.now();
  for (const auto& [camera, attendance] : cameras_) {
    if (!to_all && attendance.member.address != address) continue;
    const auto target = attendance.member.describe();
    const auto& question = message->question;
    if (!target || (probe ? !protocols::matches(*target, question) : question.endpoint != target->endpoint))
      continue;
    base::Duration delay{};
    if (to_all && probe) {
      const kernel::Dice dice(seed_, camera, "discovery");
      delay =
          std::chrono::microseconds(dice.bits(messages_) % (longest_delay / std::chrono::microseconds(1)));
    }
    answer_later(now + delay, {camera, probe ? DiscoveryKind::probe_matches : DiscoveryKind::resolve_matches,
                               message->id, from});
  }
}

bool DiscoveryHost::is_new(std::string id) {
  if (std::ranges::find(heard_, id) != heard_.end()) return false;
  heard_.push_back(std::move(id));
  if (heard_.size() > most_heard) heard_.pop_front();
  return true;
}

void DiscoveryHost::answer_later(base::UtcTime when, Answer answer) {
  if (pending_.size() >= most_pending) return;
  pending_.emplace(when, std::move(answer));
  if (answering_) return timer_.cancel();
  answering_ = true;
  base::spawn(executor_, answer_in_time(shared_from_this()), "answers of cameras to a probe");
}

asio::awaitable<void> DiscoveryHost::answer_in_time(std::shared_ptr<DiscoveryHost> self) {
  while (!self->pending_.empty()) {
    const auto first = self->pending_.begin();
    if (first->first > self->clock_.now()) {
      co_await self->timer_.wait_until(first->first);
      continue;
    }
    const Answer answer = std::move(first->second);
    self->pending_.erase(first);
    self->answer_now(answer);
  }
  self->answering_ = false;
}

void DiscoveryHost::answer_now(const Answer& answer) {
  const auto camera = cameras_.find(answer.camera);
  if (camera == cameras_.end()) return;
  auto target = camera->second.member.describe();
  if (!target) return;
  send(camera->second, {answer.kind, {}, answer.relates_to, {}, {}, {*std::move(target)}}, answer.to);
}

void DiscoveryHost::tell_everybody(const std::string& camera, DiscoveryKind kind) {
  const auto found = cameras_.find(camera);
  if (found == cameras_.end()) return;
  auto target = found->second.member.describe();
  if (target) send(found->second, {kind, {}, {}, {}, {}, {*std::move(target)}}, group());
}

/// A datagram that the socket does not take at once is lost, as one on the way would be.
void DiscoveryHost::send(Attendance& camera, DiscoveryMessage message, const Udp::endpoint& to) {
  const auto socket = socket_of(camera.member.address);
  if (!socket || !socket->is_open()) return;
  const auto number = ++messages_;
  ++camera.sequence.number;
  message.id = protocols::message_id(ids_.bits(number, 0), ids_.bits(number, 1));
  message.sequence = camera.sequence;
  boost::system::error_code error;
  socket->send_to(asio::buffer(protocols::write_discovery(message)), to, 0, error);
  if (error) base::log_warning("discovery from {}: {}", camera.member.address, error.message());
}

}  // namespace watchrig::camera
