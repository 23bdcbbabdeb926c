#include "system/devices/discovery/device_search.hpp"

#include <algorithm>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/devices/discovery/search_interfaces.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using protocols::DiscoveryMessage;

namespace {

constexpr std::size_t burst = 64;  // addresses that are asked at a time
constexpr auto between_bursts = std::chrono::milliseconds(40);
constexpr auto between_looks = std::chrono::milliseconds(50);
constexpr int rounds = 3;  // probes get lost, and so do answers that come all at once

}  // namespace

std::string_view to_string(SearchState::Phase phase) {
  constexpr std::string_view names[] = {"none", "running", "stopped", "done"};
  return names[static_cast<std::size_t>(phase)];
}

DeviceSearch::DeviceSearch(asio::any_io_executor executor, const base::Clock& clock, Trust trust)
    : executor_(std::move(executor)), clock_(clock), trust_(std::move(trust)), timer_(executor_, real_) {}

Result<> DeviceSearch::start(SearchOrder order) {
  std::uint64_t addresses = 0;
  for (const auto& range : order.ranges) addresses += range.size();
  if (addresses > most_addresses) {
    return Error{ErrorKind::full, fmt::format("{} addresses; at most {} are looked at in one search",
                                              addresses, most_addresses)};
  }
  {
    const std::lock_guard lock(mutex_);
    if (state_.phase == SearchState::Phase::running) {
      return Error{ErrorKind::conflict, "a search is running; stop it, or wait for its end"};
    }
    state_ = {SearchState::Phase::running, clock_.now(), {}, 0, {}, {}, {}};
    stopping_ = false;
  }
  asio::dispatch(executor_, [self = shared_from_this(), order = std::move(order)] {
    self->order_ = order;
    base::spawn(self->executor_, run(self), "search for devices");
  });
  return {};
}

void DeviceSearch::stop() {
  stopping_ = true;
  asio::dispatch(executor_, [self = shared_from_this()] { self->timer_.cancel(); });
}

SearchState DeviceSearch::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void DeviceSearch::moved(const FoundDevice& device, const std::string& from) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(state_.devices, [&](const FoundDevice& one) {
    return one.endpoint == device.endpoint && one.service.host == from;
  });
  if (found != state_.devices.end()) *found = device;
}

void DeviceSearch::advance(double progress) {
  order_.progress(progress);
  const std::lock_guard lock(mutex_);
  state_.progress = progress;
}

void DeviceSearch::note(std::string text) {
  if (state_.notes.size() < most_notes) state_.notes.push_back(std::move(text));
}

Result<> DeviceSearch::open_way(const std::string& address) {
  auto way = std::make_shared<Way>(executor_);
  const auto own = asio::ip::make_address_v4(address);
  boost::system::error_code error;
  way->socket.open(Udp::v4(), error);
  if (!error) way->socket.bind({own, 0}, error);
  if (!error && !own.is_unspecified())
    way->socket.set_option(asio::ip::multicast::outbound_interface(own), error);
  if (!error) way->socket.non_blocking(true, error);
  if (error) return Error{ErrorKind::io, fmt::format("{}: {}", address, error.message())};
  boost::system::error_code ignored;
  way->socket.set_option(asio::socket_base::receive_buffer_size(4 << 20), ignored);
  ways_.push_back(way);
  base::spawn(executor_, receive(shared_from_this(), std::move(way)), "answers to a search");
  return {};
}

/// A card on which nobody can be asked keeps nobody from being asked on the others.
Result<> DeviceSearch::open() {
  if (!order_.ranges.empty()) return open_way("0.0.0.0");
  Result<> failure = Error{ErrorKind::io, "no card of this machine is up"};
  const auto from = order_.own_addresses.empty() ? own_addresses() : order_.own_addresses;
  for (const auto& address : from) {
    auto opened = open_way(address);
    if (opened) continue;
    failure = opened;
    const std::lock_guard lock(mutex_);
    note(opened.error().message);
  }
  return ways_.empty() ? failure : Result<>();
}

/// Devices answer to one of the two types or to both.
std::string DeviceSearch::probe(bool by_device_type) {
  DiscoveryMessage message;
  message.id = protocols::message_id(random_(), random_());
  message.question.types = {
      by_device_type
          ? protocols::QualifiedName{std::string(protocols::uri_of_prefix("tds")), "Device"}
          : protocols::QualifiedName{std::string(protocols::uri_of_prefix("dn")), "NetworkVideoTransmitter"}};
  asked_.insert(message.id);
  return protocols::write_discovery(message);
}

void DeviceSearch::send(Way& way, const std::string& datagram, std::uint32_t to) {
  boost::system::error_code error;
  way.socket.send_to(asio::buffer(datagram), {asio::ip::address_v4(to), DiscoveryMessage::port}, 0, error);
  // Nobody there is no news; what this machine cannot send at all is.
  if (!error || error == asio::error::connection_refused || error == asio::error::would_block) return;
  const std::lock_guard lock(mutex_);
  note(fmt::format("{} cannot be asked: {}", address_text(to), error.message()));
}

/// False when the search is to end.
asio::awaitable<bool> DeviceSearch::pause(std::chrono::milliseconds time) {
  const auto end = real_.now() + time;
  while (!stopping_ && real_.now() < end) co_await timer_.wait_until(end);
  co_return !stopping_;
}

asio::awaitable<void> DeviceSearch::ask_everybody(std::shared_ptr<DeviceSearch> self) {
  const auto group = asio::ip::make_address_v4(DiscoveryMessage::group).to_uint();
  for (int round = 0; round < rounds; ++round) {
    const auto datagram = self->probe(round == 1);
    for (const auto& way : self->ways_) self->send(*way, datagram, group);
    const bool goes_on = co_await self->pause(self->order_.time / rounds);
    if (!goes_on) co_return;
    self->advance(0.9 * (round + 1) / rounds);
  }
}

asio::awaitable<void> DeviceSearch::ask_addresses(std::shared_ptr<DeviceSearch> self) {
  std::vector<std::uint32_t> all;
  for (const auto& range : self->order_.ranges) {
    for (std::uint64_t i = 0; i < range.size(); ++i)
      all.push_back(range.first + static_cast<std::uint32_t>(i));
  }
  for (int round = 0; round < 2; ++round) {
    const auto datagram = self->probe(round == 1);
    for (std::size_t i = 0; i < all.size(); ++i) {
      self->send(*self->ways_.front(), datagram, all[i]);
      if ((i + 1) % burst != 0) continue;
      const bool goes_on = co_await self->pause(between_bursts);
      if (!goes_on) co_return;
      self->advance(0.4 * (round + static_cast<double>(i) / static_cast<double>(all.size())));
    }
    const bool goes_on = co_await self->pause(self->order_.time / 2);
    if (!goes_on) co_return;
    self->advance(0.45 * (round + 1));
  }
}

asio::awaitable<void> DeviceSearch::run(std::shared_ptr<DeviceSearch> self) {
  ++self->search_;
  self->advance(0);
  const auto deadline = self->real_.now() + longest;
  if (const auto opened = self->open(); !opened) {
    const std::lock_guard lock(self->mutex_);
    self->note(opened.error().message);
    self->stopping_ = true;
  }
  if (!self->stopping_ && self->order_.ranges.empty()) co_await ask_everybody(self);
  if (!self->stopping_ && !self->order_.ranges.empty()) co_await ask_addresses(self);
  while (!self->stopping_ && (self->asking_ > 0 || !self->to_ask_.empty()) && self->real_.now() < deadline) {
    const bool goes_on = co_await self->pause(between_looks);
    if (!goes_on) break;
  }
  self->end();
}

void DeviceSearch::end() {
  boost::system::error_code ignored;
  for (const auto& way : ways_) way->socket.close(ignored);
  ways_.clear();
  asked_.clear();
  known_.clear();
  of_host_.clear();
  to_ask_.clear();
  asking_ = 0;
  ++search_;
  const std::lock_guard lock(mutex_);
  for (auto& [key, device] : unanswered_) keep(std::move(device));
  unanswered_.clear();
  order_ = {};
  state_.phase = stopping_ ? SearchState::Phase::stopped : SearchState::Phase::done;
  if (!stopping_) state_.progress = 1;
  state_.ended = clock_.now();
}

}  // namespace watchrig::devices
