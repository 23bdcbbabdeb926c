#include "system/devices/discovery/device_move.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "system/base/timer.hpp"
#include "system/devices/discovery/device_search.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using protocols::add;
using protocols::text_at;

namespace {

constexpr auto patience = std::chrono::seconds(3);
constexpr auto between_looks = std::chrono::milliseconds(300);
/// Until a device is back: one that only changes its address, and one that has to start anew.
constexpr auto usual_wait = std::chrono::seconds(10), wait_for_start = std::chrono::seconds(90);

/// The card of the network by which a device is reached, as it tells of it.
struct Card {
  std::string token;
  std::string hardware;  ///< its MAC address, by which the device is known again
  bool dhcp = false;
};

/// One device on its way, asked with its account wherever it is.
class Move {
 public:
  Move(const base::Clock& clock, FoundDevice device, media::Credentials account, OnvifClient::Watch watch)
      : clock_(clock), device_(std::move(device)), account_(std::move(account)), watch_(std::move(watch)) {}

  asio::awaitable<Result<FoundDevice>> to(std::optional<StaticPlace> place);
  asio::awaitable<Result<FoundDevice>> to_port(std::uint16_t port);

 private:
  OnvifClient client(const OnvifAddress& where, OnvifClient::Watch watch = {}) const;
  asio::awaitable<Result<Card>> card_at(OnvifAddress where);
  asio::awaitable<Result<>> order(std::optional<StaticPlace> place);
  asio::awaitable<Result<>> unless_gone(Error error);
  asio::awaitable<void> restart_if(bool needed);
  asio::awaitable<bool> is_at(OnvifAddress where);
  asio::awaitable<Result<FoundDevice>> await_at(OnvifAddress where);
  asio::awaitable<std::optional<OnvifAddress>> look_around();
  asio::awaitable<void> learn_endpoint();
  asio::awaitable<Result<FoundDevice>> await_lease();
  asio::awaitable<Error> lost(std::string where);

  const base::Clock& clock_;
  const base::Clock real_;
  FoundDevice device_;
  const media::Credentials account_;
  const OnvifClient::Watch watch_;
  Card card_;
  base::Duration wait_ = usual_wait;
};

OnvifClient Move::client(const OnvifAddress& where, OnvifClient::Watch watch) const {
  OnvifClient::Options options;
  options.address = where;
  options.credentials = account_;
  options.trust = device_.trust;
  options.deadline = patience;
  options.watch = std::move(watch);
  return {clock_, std::move(options)};
}

asio::awaitable<Result<Card>> Move::card_at(OnvifAddress where) {
  OnvifClient asked = client(where);
  const auto clock = co_await asked.take_clock();
  if (!clock) co_return clock.error();
  const auto told = co_await asked.ask(where.path, "tds:GetNetworkInterfaces", {});
  if (!told) co_return told.error();
  const auto card = protocols::child(told->content(), "NetworkInterfaces");
  Card found{card.attribute("token").value(), text_at(card, "Info/HwAddress"),
             text_at(card, "IPv4/Config/DHCP") == "true"};
  if (!found.token.empty() && !found.hardware.empty()) co_return found;
  co_return Error{ErrorKind::unsupported, where.host + " tells of no network card that could be set"};
}

asio::awaitable<void> Move::restart_if(bool needed) {
  if (!needed) co_return;
  wait_ = wait_for_start;
  OnvifClient asked = client(device_.service, watch_);
  const auto clock = co_await asked.take_clock();
  if (!clock) co_return;
  co_await asked.ask(device_.service.path, "tds:SystemReboot", {});
}

/// The gateway goes first: after the card it might be asked in vain.
asio::awaitable<Result<>> Move::order(std::optional<StaticPlace> place) {
  OnvifClient asked = client(device_.service, watch_);
  const auto clock = co_await asked.take_clock();
  if (!clock) co_return clock.error();
  if (place && place->gateway != 0) {
    const OnvifClient::Fill gateway = [&](pugi::xml_node request) {
      add(request, "tds:IPv4Address", address_text(place->gateway));
    };
    const auto set = co_await asked.ask(device_.service.path, "tds:SetNetworkDefaultGateway", gateway);
    if (!set) co_return set.error();
  }
  const OnvifClient::Fill fill = [&](pugi::xml_node request) {
    add(request, "tds:InterfaceToken", card_.token);
    auto v4 = add(add(request, "tds:NetworkInterface"), "tt:IPv4");
    add(v4, "tt:Enabled", "true");
    if (place) {
      auto manual = add(v4, "tt:Manual");
      add(manual, "tt:Address", address_text(place->address));
      add(manual, "tt:PrefixLength", std::to_string(place->prefix_length()));
    }
    add(v4, "tt:DHCP", place ? "false" : "true");
  };
  const auto told = co_await asked.ask(device_.service.path, "tds:SetNetworkInterfaces", fill);
  if (!told) {
    auto refused = co_await unless_gone(told.error());
    co_return refused;
  }
  // What was set holds, restarted or not; where the device is then is looked for.
  co_await restart_if(text_at(told->content(), "RebootNeeded") == "true");
  co_return Result<>();
}

/// Many devices move before they answer: where no answer came and it is gone, it has taken the change.
asio::awaitable<Result<>> Move::unless_gone(Error error) {
  const bool silent =
      error.kind == ErrorKind::timeout || error.kind == ErrorKind::unavailable || error.kind == ErrorKind::io;
  if (!silent) co_return error;
  const bool stays = co_await is_at(device_.service);
  if (stays) co_return error;
  co_return Result<>();
}

asio::awaitable<bool> Move::is_at(OnvifAddress where) {
  const auto card = co_await card_at(std::move(where));
  co_return card && card->hardware == card_.hardware;
}

asio::awaitable<Error> Move::lost(std::string where) {
  const bool stays = co_await is_at(device_.service);
  const auto from = fmt::format("{}:{}", device_.service.host, device_.service.port);
  co_return Error{
      ErrorKind::unavailable,
      stays ? fmt::format("{} took the change and stays where it is; look at its own page", from)
            : fmt::format("{} took the change and does not answer {} within {} s; search for it, "
                          "or look at the device itself",
                          from, where, std::chrono::duration_cast<std::chrono::seconds>(wait_).count())};
}

asio::awaitable<Result<FoundDevice>> Move::await_at(OnvifAddress where) {
  base::Timer timer(co_await asio::this_coro::executor, real_);
  for (const auto end = real_.now() + wait_; real_.now() < end;) {
    co_await timer.wait_for(between_looks);
    const bool there = co_await is_at(where);
    if (!there) continue;
    device_.service = where;
    co_return device_;
  }
  auto error = co_await lost(fmt::format("at {}:{}", where.host, where.port));
  co_return error;
}

/// By a search of its own, so that what operators have found stays.
/// Others of the network are asked nothing by TLS: they are not to be judged by this device's certificate.
asio::awaitable<std::optional<OnvifAddress>> Move::look_around() {
  const auto executor = co_await asio::this_coro::executor;
  const auto search = std::make_shared<DeviceSearch>(executor, clock_, [] { return base::TlsTrust(); });
  SearchOrder order;
  order.time = std::chrono::milliseconds(1500);
  if (const auto started = search->start(std::move(order)); !started) co_return std::nullopt;
  base::Timer timer(executor, real_);
  auto state = search->state();
  while (state.phase == SearchState::Phase::running) {
    co_await timer.wait_for(between_looks);
    state = search->state();
  }
  for (const auto& one : state.devices) {
    if (one.endpoint != device_.endpoint) continue;
    const bool same = co_await is_at(one.service);
    if (same) co_return one.service;
  }
  co_return std::nullopt;
}

/// By which it is known when it answers a search; one that does not tell it is found at its old address only.
asio::awaitable<void> Move::learn_endpoint() {
  if (!device_.endpoint.empty()) co_return;
  OnvifClient asked = client(device_.service);
  const auto told = co_await asked.ask(device_.service.path, "tds:GetEndpointReference", {});
  if (told) device_.endpoint = text_at(told->content(), "GUID");
}

/// Where it is by DHCP nobody knows before: at its old address, or wherever it answers a search.
asio::awaitable<Result<FoundDevice>> Move::await_lease() {
  base::Timer timer(co_await asio::this_coro::executor, real_);
  for (const auto end = real_.now() + wait_; real_.now() < end;) {
    co_await timer.wait_for(between_looks);
    const auto card = co_await card_at(device_.service);
    if (card && card->hardware == card_.hardware) {
      if (card->dhcp) co_return device_;
      continue;
    }
    const auto elsewhere = co_await look_around();
    if (!elsewhere) continue;
    device_.service = *elsewhere;
    co_return device_;
  }
  auto error = co_await lost("anywhere on the segments of this server");
  co_return error;
}

asio::awaitable<Result<FoundDevice>> Move::to(std::optional<StaticPlace> place) {
  const auto card = co_await card_at(device_.service);
  if (!card) co_return card.error();
  card_ = *card;
  if (!place) co_await learn_endpoint();
  const auto ordered = co_await order(place);
  if (!ordered) co_return ordered.error();
  if (!place) {
    auto leased = co_await await_lease();
    co_return leased;
  }
  auto where = device_.service;
  where.host = address_text(place->address);
  auto moved = co_await await_at(std::move(where));
  co_return moved;
}

asio::awaitable<Result<FoundDevice>> Move::to_port(std::uint16_t port) {
  const auto card = co_await card_at(device_.service);
  if (!card) co_return card.error();
  card_ = *card;
  OnvifClient asked = client(device_.service, watch_);
  const auto clock = co_await asked.take_clock();
  if (!clock) co_return clock.error();
  const OnvifClient::Fill fill = [&](pugi::xml_node request) {
    auto protocol = add(request, "tds:NetworkProtocols");
    add(protocol, "tt:Name", device_.service.tls ? "HTTPS" : "HTTP");
    add(protocol, "tt:Enabled", "true");
    add(protocol, "tt:Port", std::to_string(port));
  };
  const auto told = co_await asked.ask(device_.service.path, "tds:SetNetworkProtocols", fill);
  if (!told) {
    const auto refused = co_await unless_gone(told.error());
    if (!refused) co_return refused.error();
  }
  auto where = device_.service;
  where.port = port;
  auto moved = co_await await_at(std::move(where));
  co_return moved;
}

}  // namespace

asio::awaitable<Result<FoundDevice>> move_device(const base::Clock& clock, FoundDevice device,
                                                 media::Credentials account, std::optional<StaticPlace> place,
                                                 OnvifClient::Watch watch) {
  Move move(clock, std::move(device), std::move(account), std::move(watch));
  auto done = co_await move.to(place);
  co_return done;
}

asio::awaitable<Result<FoundDevice>> move_device_port(const base::Clock& clock, FoundDevice device,
                                                      media::Credentials account, std::uint16_t port,
                                                      OnvifClient::Watch watch) {
  Move move(clock, std::move(device), std::move(account), std::move(watch));
  auto done = co_await move.to_port(port);
  co_return done;
}

}  // namespace watchrig::devices
