#include "system/central/relay/relay_link.hpp"

#include <atomic>
#include <mutex>
#include <random>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/central/settings/settings_lane.hpp"
#include "system/devices/registered/registration_line.hpp"

namespace watchrig::central {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;
using base::Duration;
using base::Error;
using base::ErrorKind;
using base::UtcTime;
using boost::system::error_code;
using Said = protocols::RegistrationMessage::Kind;
using Wanted = std::shared_ptr<std::atomic<bool>>;

namespace {

constexpr Duration first_pause = std::chrono::seconds(5);
constexpr Duration longest_pause = std::chrono::minutes(5);
constexpr Duration stable = std::chrono::minutes(1);
constexpr Duration when_off = std::chrono::hours(1);
constexpr unsigned most_dialled = 16;
constexpr int most_missed = 3;

/// Relays that come back are not met by all of their servers at once.
Duration jittered(Duration pause) {
  static thread_local std::minstd_rand random(std::random_device{}());
  return pause / 100 * std::uniform_int_distribution<int>(75, 125)(random);
}

}  // namespace

/// Everything but the mutex and what it guards belongs to the executor.
struct RelayLink::State {
  State(RelayLink::Kind k, Parts p, const asio::any_io_executor& e, Duration real)
      : kind(std::move(k)), parts(std::move(p)), executor(e), patience(real), timer(e, parts.clock) {}

  static asio::awaitable<void> run(std::shared_ptr<State> self);
  /// Until the connection ends, and why it has.
  static asio::awaitable<Error> session(std::shared_ptr<State> self, const RelayPlan& plan);
  static asio::awaitable<Error> listen(std::shared_ptr<State> self,
                                       const std::shared_ptr<devices::RegistrationLine>& connection,
                                       const RelayPlan& plan);
  static asio::awaitable<void> open(std::shared_ptr<State> self,
                                    std::shared_ptr<devices::RegistrationLine> connection,
                                    protocols::RegistrationMessage asked, Wanted wanted);
  static asio::awaitable<std::vector<tcp::endpoint>> resolve(std::shared_ptr<State> self,
                                                             const RelayPlan& plan);
  void begin(const RelayPlan& plan);
  void succeed(const RelayPlan& plan);
  void fail(const RelayPlan& plan, const Error& error);
  void tell(const char* what, std::string cause, std::string message) const {
    parts.events.append(
        {.type = kind.section + what, .cause = std::move(cause), .message = std::move(message)});
  }
  void restart() {
    anew = true;
    *wanted = false;
    if (const auto present = current.lock()) present->close();
    timer.cancel();
  }

  const RelayLink::Kind kind;
  const Parts parts;
  const asio::any_io_executor executor;
  const Duration patience;
  base::Timer timer;
  std::weak_ptr<devices::RegistrationLine> current;
  Wanted wanted = std::make_shared<std::atomic<bool>>(true);  ///< what came by these settings
  bool stopped = false;
  bool anew = true;  ///< the settings have changed, or nothing was done yet
  unsigned dialled = 0;
  Duration pause = first_pause;
  std::string told;  ///< the reason of the last event

  mutable std::mutex mutex;
  std::string shown = "off";
  std::string reason;
  std::optional<UtcTime> since;
  std::optional<UtcTime> next;
  std::uint64_t tunnels = 0;
};

void RelayLink::State::begin(const RelayPlan& plan) {
  pause = first_pause;
  told.clear();
  wanted = std::make_shared<std::atomic<bool>>(true);
  const std::lock_guard lock(mutex);
  shown = plan.enabled ? "connecting" : "off";
  reason.clear();
  since.reset();
  next.reset();
  tunnels = 0;
  if (plan.enabled) next = parts.clock.now();
}

// The state is shown before it is told: who hears of it looks.
void RelayLink::State::succeed(const RelayPlan& plan) {
  {
    const std::lock_guard lock(mutex);
    shown = "registered";
    reason.clear();
    since = parts.clock.now();
    next.reset();
  }
  told.clear();
  tell(".registered", {},
       fmt::format("{}: the server is registered with {} port {}", kind.what, plan.host, plan.port));
}

void RelayLink::State::fail(const RelayPlan& plan, const Error& error) {
  const auto message = fmt::format("{}: {} port {}: {}", kind.what, plan.host, plan.port, error.message);
  const auto now = parts.clock.now();
  const bool refused = error.kind == ErrorKind::denied;
  if (since && now - *since >= stable) pause = first_pause;
  {
    const std::lock_guard lock(mutex);
    shown = refused ? "refused" : "failed";
    reason = message;
    since.reset();
    next = now + (refused ? longest_pause : jittered(pause));
  }
  pause = std::min(pause * 2, longest_pause);
  if (std::exchange(told, error.message) == error.message) return;
  tell(".failed", std::string(base::to_string(error.kind)), message);
}

asio::awaitable<std::vector<tcp::endpoint>> RelayLink::State::resolve(std::shared_ptr<State> self,
                                                                      const RelayPlan& plan) {
  tcp::resolver resolver(self->executor);
  error_code failure;
  const auto found = co_await resolver.async_resolve(plan.host, std::to_string(plan.port),
                                                     asio::redirect_error(asio::use_awaitable, failure));
  std::vector<tcp::endpoint> endpoints;
  if (failure) co_return endpoints;
  for (const auto& entry : found) {
    const auto endpoint = entry.endpoint();
    if (!plan.ip6 || *plan.ip6 == endpoint.address().is_v6()) endpoints.push_back(endpoint);
  }
  co_return endpoints;
}

asio::awaitable<void> RelayLink::State::open(std::shared_ptr<State> self,
                                             std::shared_ptr<devices::RegistrationLine> connection,
                                             protocols::RegistrationMessage asked, Wanted wanted) {
  tcp::socket socket(self->executor);
  error_code failure;
  {
    const base::Watchdog watchdog(self->executor, self->patience, [&socket] {
      error_code ignored;
      socket.close(ignored);
    });
    co_await socket.async_connect(connection->peer(), asio::redirect_error(asio::use_awaitable, failure));
    const auto line = protocols::registration_line({{"type", "tunnel"}, {"tunnel", asked.tunnel}});
    if (!failure) {
      co_await asio::async_write(socket, asio::buffer(line),
                                 asio::redirect_error(asio::use_awaitable, failure));
    }
  }
  --self->dialled;
  if (self->stopped || !*wanted) co_return;
  if (failure) {
    connection->send({{"type", "closed"}, {"tunnel", asked.tunnel}, {"reason", failure.message()}});
    co_return;
  }
  {
    const std::lock_guard lock(self->mutex);
    ++self->tunnels;
  }
  self->parts.door(std::move(socket), asked.service == "https", [wanted] { return wanted->load(); });
}

asio::awaitable<Error> RelayLink::State::listen(std::shared_ptr<State> self,
                                                const std::shared_ptr<devices::RegistrationLine>& connection,
                                                const RelayPlan& plan) {
  // As long as the first answer says.
  std::optional<base::Watchdog> watchdog;
  watchdog.emplace(self->executor, self->patience, [connection] { connection->close(); });
  bool registered = false;
  for (;;) {
    const auto message = co_await connection->read();
    if (watchdog->expired()) co_return Error{ErrorKind::timeout, "it says nothing any more"};
    if (!message) co_return message.error();
    if (registered) watchdog->restart();
    if (message->kind == Said::refused) {
      co_return Error{ErrorKind::denied,
                      fmt::format("it refuses this server ({}); check what it knows it by", message->reason)};
    }
    if (!registered) {
      if (message->kind != Said::registered)
        co_return Error{ErrorKind::corrupt, "it does not answer the registration; check that it is a relay"};
      registered = true;
      watchdog.emplace(self->executor, message->keep_alive * most_missed,
                       [connection] { connection->close(); });
      connection->keep_alive(message->keep_alive);
      self->succeed(plan);
    } else if (message->kind == Said::open && self->dialled >= most_dialled) {
      connection->send({{"type", "closed"}, {"tunnel", message->tunnel}, {"reason", "too many at a time"}});
    } else if (message->kind == Said::open) {
      ++self->dialled;
      base::spawn(self->executor, open(self, connection, *message, self->wanted), "tunnel of a relay");
    }
  }
}

asio::awaitable<Error> RelayLink::State::session(std::shared_ptr<State> self, const RelayPlan& plan) {
  const auto connection = std::make_shared<devices::RegistrationLine>(self->executor);
  self->current = connection;
  const auto endpoints = co_await resolve(self, plan);
  if (endpoints.empty())
    co_return Error{ErrorKind::unavailable, "its address is not known; check it and the DNS server"};
  {
    const base::Watchdog watchdog(self->executor, self->patience, [connection] { connection->close(); });
    const auto connected = co_await connection->connect(endpoints);
    if (!connected) co_return connected.error();
  }
  json::object introduction{{"type", "register"}, {"version", 1}};
  for (const auto& member : self->kind.introduction(connection->own())) introduction.insert(member);
  connection->send(introduction);
  const auto error = co_await listen(self, connection, plan);
  connection->close();
  co_return error;
}

asio::awaitable<void> RelayLink::State::run(std::shared_ptr<State> self) {
  while (!self->stopped) {
    const auto plan = self->kind.plan(self->parts.settings.values(self->kind.section).values);
    if (std::exchange(self->anew, false)) self->begin(plan);
    const auto now = self->parts.clock.now();
    std::optional<UtcTime> due;
    {
      const std::lock_guard lock(self->mutex);
      due = self->next;
    }
    if (!plan.enabled || (due && *due > now)) {
      co_await self->timer.wait_until(plan.enabled ? *due : now + when_off);
      continue;
    }
    const auto error = co_await session(self, plan);
    // What was begun by other settings does not count any more.
    if (!self->stopped && !self->anew) self->fail(plan, error);
  }
}

RelayLink::RelayLink(Kind kind, Parts parts, asio::any_io_executor executor, Duration patience)
    : state_(std::make_shared<State>(std::move(kind), std::move(parts), executor, patience)) {
  restart_with_settings(state_->parts.settings, state_->kind.section, state_);
  base::spawn(std::move(executor), State::run(state_), state_->kind.what);
}

RelayLink::~RelayLink() { stop_on_lane(state_); }

json::object RelayLink::status() const {
  const auto plan = state_->kind.plan(state_->parts.settings.values(state_->kind.section).values);
  const std::lock_guard lock(state_->mutex);
  json::object status{
      {"state", state_->shown}, {"server", plan.host}, {"port", plan.port}, {"tunnels", state_->tunnels}};
  if (state_->since) status["since"] = base::format_utc(*state_->since);
  if (state_->next) status["next"] = base::format_utc(*state_->next);
  if (!state_->reason.empty()) status["reason"] = state_->reason;
  return status;
}

}  // namespace watchrig::central
