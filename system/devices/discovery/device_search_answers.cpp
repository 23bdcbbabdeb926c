// What comes in answer to a search: counted, read, and asked further.
#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/base/text.hpp"
#include "system/devices/discovery/device_search.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::ErrorKind;
using protocols::DiscoveryKind;
using protocols::DiscoveryMessage;

namespace {

constexpr std::size_t most_at_once = 32;  // devices that are asked

std::pair<std::string, std::string> key_of(const FoundDevice& device) {
  return {device.endpoint, device.service.host};
}

}  // namespace

asio::awaitable<void> DeviceSearch::receive(std::shared_ptr<DeviceSearch> self, std::shared_ptr<Way> way) {
  std::string buffer(DiscoveryMessage::most_bytes, '\0');
  while (way->socket.is_open()) {
    boost::system::error_code error;
    Udp::endpoint from;
    const std::size_t size = co_await way->socket.async_receive_from(
        asio::buffer(buffer), from, asio::redirect_error(asio::use_awaitable, error));
    if (!error && way->socket.is_open()) self->take(std::string_view(buffer).substr(0, size), from);
  }
}

void DeviceSearch::take(std::string_view datagram, const Udp::endpoint& from) {
  const auto host = from.address().to_v4().to_uint();
  if (!is_wanted(host)) return;
  const auto message = protocols::read_discovery(datagram);
  {
    const std::lock_guard lock(mutex_);
    if (is_answer(message, host)) {
      for (const auto& target : message->targets) add(target, host);
    }
  }
  keep_asking();
}

/// Before the datagram is read, which takes time.
bool DeviceSearch::is_wanted(std::uint32_t host) {
  const std::lock_guard lock(mutex_);
  ++state_.counts.answers;
  if (!is_in_time()) return false;
  const auto within = [&](const AddressRange& range) { return range.contains(host); };
  if (order_.ranges.empty() || std::ranges::any_of(order_.ranges, within)) return true;
  return refuse(state_.counts.outside, host, "answers without having been asked");
}

/// Under the mutex, as are those that follow.
bool DeviceSearch::is_in_time() {
  const auto now = real_.now();
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    in_second_ = 0;
  }
  const bool in_time = ++in_second_ <= most_answers_a_second;
  if (!in_time) ++state_.counts.too_fast;
  return in_time;
}

bool DeviceSearch::refuse(std::uint64_t& count, std::uint32_t host, const std::string& why) {
  ++count;
  note(fmt::format("{}: {}", address_text(host), why));
  return false;
}

bool DeviceSearch::is_answer(const base::Result<DiscoveryMessage>& message, std::uint32_t host) {
  auto& counts = state_.counts;
  if (!message) return refuse(counts.malformed, host, message.error().message);
  if (message->kind != DiscoveryKind::probe_matches)
    return refuse(counts.malformed, host, "no answer to a probe");
  if (!asked_.contains(message->relates_to))
    return refuse(counts.unasked, host, "an answer to something that was not asked");
  return true;
}

void DeviceSearch::add(const protocols::DiscoveryTarget& target, std::uint32_t host) {
  if (known_.contains({target.endpoint, host})) return;
  auto found = read_found(target, address_text(host));
  auto& counts = state_.counts;
  if (!found) {
    ++(found.error().kind == ErrorKind::denied ? counts.elsewhere : counts.malformed);
    return note(found.error().message);
  }
  if (known_.size() >= most_devices || of_host_[host] >= most_of_a_host) {
    ++counts.too_many;
    return note(fmt::format("{}: one device more than are kept of all ({}) or of one host ({})",
                            address_text(host), most_devices, most_of_a_host));
  }
  note_rival(target.endpoint, host);
  found->trust = trust_();
  known_.emplace(target.endpoint, host);
  ++of_host_[host];
  unanswered_.emplace(key_of(*found), *found);
  to_ask_.push_back(*std::move(found));
}

/// Whoever answers first with the name of another device must not hide that one.
void DeviceSearch::note_rival(const std::string& endpoint, std::uint32_t host) {
  const auto other = known_.lower_bound({endpoint, 0});
  if (other == known_.end() || other->first != endpoint) return;
  note(fmt::format("{}: says to be {}, as {} does; one of them is not, or one device has two addresses",
                   address_text(host), endpoint, address_text(other->second)));
}

void DeviceSearch::keep_asking() {
  for (std::size_t waiting = to_ask_.size(); waiting > 0 && asking_ < most_at_once; --waiting) {
    ++asking_;
    base::spawn(executor_, question(shared_from_this(), search_), "question to a found device");
  }
}

asio::awaitable<void> DeviceSearch::question(std::shared_ptr<DeviceSearch> self, std::uint64_t search) {
  while (self->search_ == search && !self->to_ask_.empty()) {
    auto device = std::move(self->to_ask_.front());
    self->to_ask_.pop_front();
    auto told = co_await ask_found(self->clock_, std::move(device));
    if (self->search_ == search) self->answered(std::move(told));
  }
  if (self->search_ == search) --self->asking_;
}

void DeviceSearch::answered(FoundDevice device) {
  const std::lock_guard lock(mutex_);
  unanswered_.erase(key_of(device));
  keep(std::move(device));
}

void DeviceSearch::keep(FoundDevice device) {
  if (!order_.manufacturer.empty() && !base::equal_ignoring_case(order_.manufacturer, device.manufacturer)) {
    ++state_.counts.other_makers;
    return;
  }
  state_.devices.push_back(std::move(device));
}

}  // namespace watchrig::devices
