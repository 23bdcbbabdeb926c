#include "system/central/ddns/ddns_update.hpp"

#include <algorithm>
#include <mutex>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/central/ddns/ddns_service.hpp"
#include "system/central/settings/settings_lane.hpp"

namespace watchrig::central {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Duration;
using base::UtcTime;
using Kind = DdnsAnswer::Kind;

namespace {

constexpr Duration first_retry = std::chrono::minutes(1);
constexpr Duration of_trouble = std::chrono::minutes(30);
constexpr Duration when_off = std::chrono::hours(1);

}  // namespace

/// Everything but the mutex and what it guards belongs to the executor.
struct DdnsUpdate::State {
  State(const Parts& p, const asio::any_io_executor& e, Duration patience)
      : parts(p), executor(e), timer(e, p.clock), client(patience) {}

  static asio::awaitable<void> run(std::shared_ptr<State> self);
  static asio::awaitable<void> look(std::shared_ptr<State> self, const DdnsPlan& plan);
  static asio::awaitable<void> update(std::shared_ptr<State> self, const DdnsPlan& plan);
  void begin(const DdnsPlan& plan);
  void take_page(const DdnsPlan& plan, const base::Result<platform::WebAnswer>& page);
  void succeed(const DdnsPlan& plan, const DdnsAnswer& answer);
  void fail(const DdnsPlan& plan, const DdnsAnswer& answer);
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
  base::Timer timer;
  platform::WebClient client;
  bool stopped = false;
  bool anew = true;      ///< the settings have changed, or nothing was done yet
  unsigned changes = 0;  ///< of the settings
  unsigned failures = 0;
  std::string told;               ///< the reason of the last event
  std::string seen;               ///< the address on the page of the settings
  std::optional<UtcTime> glance;  ///< when that page is looked at again

  mutable std::mutex mutex;
  std::string shown = "off";
  std::string reason;
  std::string source_failure;
  std::string code;
  std::string wan;
  std::optional<UtcTime> last_update;
  std::optional<UtcTime> last_attempt;
  std::optional<UtcTime> next;  ///< none: not before the settings change
};

void DdnsUpdate::State::begin(const DdnsPlan& plan) {
  failures = 0;
  told.clear();
  seen.clear();
  glance.reset();
  const auto now = parts.clock.now();
  if (plan.enabled && !plan.address_source.empty()) glance = now;
  const std::lock_guard lock(mutex);
  shown = plan.enabled ? "waiting" : "off";
  reason.clear();
  source_failure.clear();
  code.clear();
  wan.clear();
  next.reset();
  if (plan.enabled) next = now;
}

void DdnsUpdate::State::take_page(const DdnsPlan& plan, const base::Result<platform::WebAnswer>& page) {
  const auto address = page && page->status == 200 ? address_on_page(page->body) : std::nullopt;
  const std::lock_guard lock(mutex);
  if (!address) {
    source_failure = page ? fmt::format("{} answers {} without an address", plan.address_source, page->status)
                          : fmt::format("{}: {}", plan.address_source, page.error().message);
    return;
  }
  source_failure.clear();
  // The service may see another address than the page, for good.
  const bool changed = *address != (seen.empty() ? wan : seen);
  seen = *address;
  // A service that has failed is not asked sooner for it.
  if (shown == "updated" && changed) next = parts.clock.now();
}

asio::awaitable<void> DdnsUpdate::State::look(std::shared_ptr<State> self, const DdnsPlan& plan) {
  const unsigned changes = self->changes;
  platform::WebRequest request{plan.address_source, {}, {}, self->parts.authorities.bundle()};
  const auto page = co_await self->client.get(std::move(request));
  self->glance = self->parts.clock.now() + plan.address_period;
  if (!self->stopped && changes == self->changes) self->take_page(plan, page);
}

// The state is shown before it is told: who hears of it looks.
void DdnsUpdate::State::succeed(const DdnsPlan& plan, const DdnsAnswer& answer) {
  failures = 0;
  told.clear();
  bool news = false;
  std::string address;
  {
    const std::lock_guard lock(mutex);
    address = answer.address.value_or(seen);
    news = shown != "updated" || wan != address;
    shown = "updated";
    reason.clear();
    code = answer.code;
    wan = address;
    last_update = parts.clock.now();
    next = *last_update + plan.period;
  }
  if (!news) return;
  tell("ddns.updated", answer.code,
       fmt::format("the name {} leads to {}, says the DDNS service {}", plan.domain,
                   address.empty() ? "this network" : address, plan.service));
}

void DdnsUpdate::State::fail(const DdnsPlan& plan, const DdnsAnswer& answer) {
  const auto message = fmt::format("DDNS service {}: {} ({})", plan.service, answer.message, plan.domain);
  const Duration longest = std::max(plan.period, first_retry);
  const Duration pause = answer.kind == Kind::busy
                             ? of_trouble
                             : std::min(longest, first_retry * (1U << std::min(failures, 16U)));
  ++failures;
  {
    const std::lock_guard lock(mutex);
    shown = answer.kind == Kind::refused ? "refused" : "failed";
    reason = message;
    code = answer.code;
    next.reset();
    if (answer.kind != Kind::refused) next = parts.clock.now() + pause;
  }
  if (answer.kind == Kind::refused) glance.reset();
  if (std::exchange(told, answer.message) == answer.message) return;
  tell("ddns.failed", answer.code.empty() ? "service" : answer.code, message);
}

asio::awaitable<void> DdnsUpdate::State::update(std::shared_ptr<State> self, const DdnsPlan& plan) {
  {
    const std::lock_guard lock(self->mutex);
    self->last_attempt = self->parts.clock.now();
  }
  const unsigned changes = self->changes;
  platform::WebRequest request = plan.request;
  request.authorities = self->parts.authorities.bundle();
  if (!self->seen.empty()) request.url += "&myip=" + self->seen;
  const auto page = co_await self->client.get(std::move(request));
  // What was asked by other settings does not count any more.
  if (self->stopped || changes != self->changes) co_return;
  const auto answer = page ? ddns_answer(*page) : DdnsAnswer{Kind::failed, {}, {}, page.error().message};
  if (answer.kind == Kind::updated) {
    self->succeed(plan, answer);
  } else {
    self->fail(plan, answer);
  }
}

asio::awaitable<void> DdnsUpdate::State::run(std::shared_ptr<State> self) {
  while (!self->stopped) {
    const DdnsPlan plan = ddns_plan(self->parts.settings.values("ddns").values);
    if (std::exchange(self->anew, false)) self->begin(plan);
    const auto now = self->parts.clock.now();
    if (self->glance && *self->glance <= now) {
      co_await look(self, plan);
      continue;
    }
    std::optional<UtcTime> due;
    {
      const std::lock_guard lock(self->mutex);
      due = self->next;
    }
    if (due && *due <= now) {
      co_await update(self, plan);
      continue;
    }
    UtcTime until = now + when_off;
    if (due) until = std::min(until, *due);
    if (self->glance) until = std::min(until, *self->glance);
    co_await self->timer.wait_until(until);
  }
}

DdnsUpdate::DdnsUpdate(const Parts& parts, asio::any_io_executor executor, Duration patience)
    : state_(std::make_shared<State>(parts, executor, patience)) {
  restart_with_settings(parts.settings, "ddns", state_);
  base::spawn(std::move(executor), State::run(state_), "DDNS");
}

DdnsUpdate::~DdnsUpdate() {
  state_->client.stop();
  stop_on_lane(state_);
}

json::object DdnsUpdate::status() const {
  const auto values = state_->parts.settings.values("ddns").values;
  const std::lock_guard lock(state_->mutex);
  json::object status{{"state", state_->shown},
                      {"type", values.at("type")},
                      {"server", ddns_plan(values).service},
                      {"domain", values.at("domain")},
                      {"period_minutes", values.at("period")}};
  const auto put_time = [&](const char* name, const std::optional<UtcTime>& time) {
    if (time) status[name] = base::format_utc(*time);
  };
  const auto put = [&](const char* name, const std::string& text) {
    if (!text.empty()) status[name] = text;
  };
  put("wan_address", state_->wan);
  put("answer", state_->code);
  put_time("last_update", state_->last_update);
  put_time("last_attempt", state_->last_attempt);
  put_time("next", state_->next);
  put("reason", state_->reason);
  put("address_source_failure", state_->source_failure);
  return status;
}

}  // namespace watchrig::central
