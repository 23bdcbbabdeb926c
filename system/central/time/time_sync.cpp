#include "system/central/time/time_sync.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/central/host_name.hpp"
#include "system/central/settings/settings_lane.hpp"

namespace watchrig::central {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Duration;
using base::Error;
using base::ErrorKind;
using base::UtcTime;

namespace {

constexpr Duration least_corrected = std::chrono::milliseconds(1);
constexpr Duration first_retry = std::chrono::minutes(1);
constexpr Duration when_off = std::chrono::hours(1);
constexpr std::int64_t minutes_of_a_week = 7 * 24 * 60;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

FieldError refuse(std::string message) { return {"server", {ErrorKind::invalid, std::move(message)}}; }

FieldResult<void> check(const json::object& values) {
  const auto& server = values.at("server").as_string();
  if (server.empty() && values.at("enabled").as_bool())
    return refuse("server is missing: name or address of the NTP server");
  if (!server.empty() && !is_host_name(server)) return refuse("server must be a host name or an address");
  return {};
}

struct Plan {
  bool enabled = false;
  NtpServer server;
  Duration interval{};
};

Plan plan_from(const json::object& values) {
  return {values.at("enabled").as_bool(),
          {std::string(values.at("server").as_string()),
           static_cast<std::uint16_t>(values.at("port").as_int64())},
          std::chrono::minutes(values.at("interval").as_int64())};
}

}  // namespace

SettingSection ntp_section() {
  return {"ntp",
          "the time of an NTP server is taken",
          {flag_setting("enabled", false, "whether it is"),
           text_setting("server", "", 253, "its name or address"), port_setting("port", 123, "its UDP port"),
           number_setting("interval", 60, 1, minutes_of_a_week, "minutes from one time to the next")},
          check};
}

/// Everything but the mutex and what it guards belongs to the executor.
struct TimeSync::State {
  State(const Parts& p, const asio::any_io_executor& e, NtpManner m)
      : parts(p), executor(e), manner(m), timer(e, p.clock) {}

  static asio::awaitable<void> run(std::shared_ptr<State> self);
  /// False when one is under way.
  static asio::awaitable<bool> round(std::shared_ptr<State> self, bool any_time);
  void settle(const Plan& plan, const base::Result<NtpSample>& got, bool any_time);
  base::Result<> take(const NtpSample& got, bool any_time) const;
  void succeed(const Plan& plan, const NtpSample& got);
  void fail(const Plan& plan, const Error& error);
  void tell(std::string type, std::string cause, std::string message) const {
    parts.events.append({.type = std::move(type), .cause = std::move(cause), .message = std::move(message)});
  }
  void restart() {
    anew = true;
    ++changes;
    timer.cancel();
  }

  const Parts parts;
  const asio::any_io_executor executor;
  const NtpManner manner;
  base::Timer timer;
  bool stopped = false;
  bool anew = true;  ///< the settings have changed, or nothing was asked yet
  bool asking = false;
  unsigned changes = 0;  ///< of the settings
  unsigned failures = 0;
  unsigned slower = 1;  ///< the interval is that many times as long, since the server wished it
  ErrorKind told = ErrorKind::cancelled;

  mutable std::mutex mutex;
  std::string shown = "off";
  std::string reason;
  std::optional<NtpSample> sample;
  std::optional<UtcTime> last_sync;
  std::optional<UtcTime> last_attempt;
  std::optional<UtcTime> next;  ///< none: not before somebody wants it
};

base::Result<> TimeSync::State::take(const NtpSample& got, bool any_time) const {
  if (std::chrono::abs(got.offset) <= std::max(least_corrected, got.delay / 2)) return {};
  if (!any_time && std::chrono::abs(got.offset) > most_believed) {
    return Error{
        ErrorKind::conflict,
        fmt::format("its time is {:+.0f} s from the clock here, which is not believed; compare both, and "
                    "synchronise by hand if the NTP server is right",
                    seconds(got.offset))};
  }
  auto set = parts.server_clock.set(parts.clock.now() + got.offset);
  if (set || set.error().kind != ErrorKind::io) return set;
  base::log_warning("{}", set.error().message);
  return {};
}

// The state is shown before it is told: who hears of it looks.
void TimeSync::State::succeed(const Plan& plan, const NtpSample& got) {
  const bool news = shown != "synchronised" || std::chrono::abs(got.offset) >= least_told;
  failures = 0;
  told = ErrorKind::cancelled;
  {
    const std::lock_guard lock(mutex);
    shown = "synchronised";
    reason.clear();
    sample = got;
    last_sync = parts.clock.now();
    next.reset();
    if (plan.enabled) next = *last_sync + plan.interval * slower;
  }
  if (!news) return;
  tell("time.synchronised", {},
       fmt::format("the time is that of the NTP server {} (offset {:+.6f} s, delay {:.6f} s, stratum {})",
                   plan.server.host, seconds(got.offset), seconds(got.delay), got.stratum));
}

void TimeSync::State::fail(const Plan& plan, const Error& error) {
  const auto message = fmt::format("NTP server {}: {}", plan.server.host, error.message);
  if (error.kind == ErrorKind::full) slower = std::min(slower * 2, 64U);
  const Duration longest = plan.interval * slower;
  const Duration pause = error.kind == ErrorKind::full
                             ? longest
                             : std::min(longest, first_retry * (1U << std::min(failures, 16U)));
  ++failures;
  {
    const std::lock_guard lock(mutex);
    shown = error.kind == ErrorKind::denied ? "refused" : "failed";
    reason = message;
    next.reset();
    if (plan.enabled && error.kind != ErrorKind::denied) next = parts.clock.now() + pause;
  }
  if (std::exchange(told, error.kind) == error.kind) return;
  tell("time.not-synchronised", std::string(base::to_string(error.kind)), message);
}

void TimeSync::State::settle(const Plan& plan, const base::Result<NtpSample>& got, bool any_time) {
  if (!got) return fail(plan, got.error());
  if (const auto taken = take(*got, any_time); !taken) return fail(plan, taken.error());
  succeed(plan, *got);
}

asio::awaitable<bool> TimeSync::State::round(std::shared_ptr<State> self, bool any_time) {
  if (self->asking) co_return false;
  self->asking = true;
  const Plan plan = plan_from(self->parts.settings.values("ntp").values);
  {
    const std::lock_guard lock(self->mutex);
    self->last_attempt = self->parts.clock.now();
  }
  const unsigned changes = self->changes;
  const auto answer = co_await ask_ntp(plan.server, self->parts.clock, self->manner);
  self->asking = false;
  // What was asked by other settings does not count any more.
  if (!self->stopped && changes == self->changes) self->settle(plan, answer, any_time);
  self->timer.cancel();  // the loop looks when the next time is
  co_return true;
}

asio::awaitable<void> TimeSync::State::run(std::shared_ptr<State> self) {
  while (!self->stopped) {
    const Plan plan = plan_from(self->parts.settings.values("ntp").values);
    const bool first = std::exchange(self->anew, false);
    if (first) {
      self->failures = 0;
      self->slower = 1;
      self->told = ErrorKind::cancelled;
      const std::lock_guard lock(self->mutex);
      self->shown = plan.enabled ? "waiting" : "off";
      self->reason.clear();
      self->next.reset();
      if (plan.enabled) self->next = self->parts.clock.now();
    }
    std::optional<UtcTime> due;
    {
      const std::lock_guard lock(self->mutex);
      due = self->next;
    }
    const auto now = self->parts.clock.now();
    if (plan.enabled && due && *due <= now && !self->asking) {
      co_await round(self, first);
      continue;
    }
    const UtcTime until = due && *due > now ? *due : now + when_off;
    co_await self->timer.wait_until(until);
  }
}

TimeSync::TimeSync(const Parts& parts, asio::any_io_executor executor, NtpManner manner)
    : state_(std::make_shared<State>(parts, executor, manner)) {
  restart_with_settings(parts.settings, "ntp", state_);
  base::spawn(std::move(executor), State::run(state_), "NTP");
}

TimeSync::~TimeSync() { stop_on_lane(state_); }

asio::awaitable<FieldResult<void>> TimeSync::synchronise() {
  const auto state = state_;
  if (state->parts.settings.text("ntp", "server").empty())
    co_return refuse("server is missing in the settings ntp: name or address of the NTP server");
  const bool asked = co_await asio::co_spawn(state->executor, State::round(state, true), asio::use_awaitable);
  if (!asked)
    co_return FieldError{
        {}, {ErrorKind::conflict, "the NTP server is being asked already; look again in a moment"}};
  co_return FieldResult<void>();
}

json::object TimeSync::status() const {
  const auto values = state_->parts.settings.values("ntp").values;
  const std::lock_guard lock(state_->mutex);
  json::object status{{"state", state_->shown},
                      {"server", values.at("server")},
                      {"port", values.at("port")},
                      {"interval_minutes", values.at("interval")}};
  const auto put = [&](const char* name, const std::optional<UtcTime>& time) {
    if (time) status[name] = base::format_utc(*time);
  };
  put("last_sync", state_->last_sync);
  put("last_attempt", state_->last_attempt);
  put("next", state_->next);
  if (const auto& sample = state_->sample) {
    status["offset_seconds"] = seconds(sample->offset);
    status["delay_seconds"] = seconds(sample->delay);
    status["stratum"] = sample->stratum;
    status["reference"] = sample->reference;
  }
  if (!state_->reason.empty()) status["reason"] = state_->reason;
  return status;
}

}  // namespace watchrig::central
