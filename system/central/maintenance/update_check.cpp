#include "system/central/maintenance/update_check.hpp"

#include <mutex>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/central/settings/settings_lane.hpp"
#include "system/platform/web_client.hpp"

namespace watchrig::central {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr long ok = 200;

json::object to_json(const AnnouncedVersion& one) {
  return {{"version", one.version.text()}, {"notes", one.notes}, {"url", one.url}};
}

}  // namespace

/// Everything but the mutex and what it guards belongs to the executor.
struct UpdateCheck::State {
  State(const Parts& p, const asio::any_io_executor& e, base::Duration patience)
      : parts(p), executor(e), timer(e, p.clock), client(patience) {}

  static asio::awaitable<void> run(std::shared_ptr<State> self);
  static asio::awaitable<void> look(std::shared_ptr<State> self, std::string address);
  void take(const base::Result<UpdateFeed>& feed);
  void restart() {
    ++changes;
    timer.cancel();
  }

  const Parts parts;
  const asio::any_io_executor executor;
  base::Timer timer;
  platform::WebClient client;
  bool stopped = false;
  unsigned changes = 0;                ///< of the settings
  std::optional<ProgramVersion> told;  ///< by an event

  mutable std::mutex mutex;
  std::string shown = "off";
  std::string reason;
  UpdateFeed known;
  std::optional<base::UtcTime> checked;
};

void UpdateCheck::State::take(const base::Result<UpdateFeed>& feed) {
  bool newer = false;
  {
    const std::lock_guard lock(mutex);
    checked = parts.clock.now();
    reason = feed ? std::string() : feed.error().message;
    known = feed ? *feed : UpdateFeed{};
    newer = known.server && known.server->version > parts.own;
    shown = !feed ? "failed" : newer ? "newer" : "newest";
  }
  if (!newer || told == feed->server->version) return;
  told = feed->server->version;
  parts.events.append({.type = "system.update-available",
                       .message = fmt::format("version {} of the server is to be had; version {} is running: "
                                              "get it and install it as an upgrade",
                                              told->text(), parts.own.text())});
}

asio::awaitable<void> UpdateCheck::State::look(std::shared_ptr<State> self, std::string address) {
  const unsigned changes = self->changes;
  platform::WebRequest request{std::move(address), {}, {}, self->parts.authorities.bundle()};
  const auto page = co_await self->client.get(std::move(request));
  // What was asked by other settings does not count any more.
  if (self->stopped || changes != self->changes) co_return;
  if (!page) {
    self->take(page.error());
  } else if (page->status != ok) {
    self->take(
        base::Error{base::ErrorKind::unavailable, fmt::format("the address answers {}", page->status)});
  } else {
    self->take(read_update_feed(page->body));
  }
}

asio::awaitable<void> UpdateCheck::State::run(std::shared_ptr<State> self) {
  while (!self->stopped) {
    const unsigned changes = self->changes;
    const auto values = self->parts.settings.values("updates").values;
    const bool enabled = values.at("enabled").as_bool();
    {
      const std::lock_guard lock(self->mutex);
      if (!enabled) self->known = {};
      if (!enabled || self->shown == "off") self->shown = enabled ? "waiting" : "off";
      if (!enabled) self->reason.clear();
    }
    const std::string address(values.at("address").as_string());
    if (enabled) co_await look(self, address);
    if (self->stopped || changes != self->changes) continue;
    co_await self->timer.wait_for(std::chrono::minutes(values.at("period").as_int64()));
  }
}

UpdateCheck::UpdateCheck(const Parts& parts, asio::any_io_executor executor, base::Duration patience)
    : state_(std::make_shared<State>(parts, executor, patience)) {
  restart_with_settings(parts.settings, "updates", state_);
  base::spawn(std::move(executor), State::run(state_), "update check");
}

UpdateCheck::~UpdateCheck() {
  state_->client.stop();
  stop_on_lane(state_);
}

json::object UpdateCheck::status() const {
  const std::lock_guard lock(state_->mutex);
  json::object status{{"state", state_->shown}, {"running", state_->parts.own.text()}};
  if (const auto& server = state_->known.server) {
    status["server"] = to_json(*server);
    status["server"].as_object()["newer"] = server->version > state_->parts.own;
  }
  if (const auto& client = state_->known.client) status["client"] = to_json(*client);
  if (state_->checked) status["checked"] = base::format_utc(*state_->checked);
  if (!state_->reason.empty()) status["reason"] = state_->reason;
  return status;
}

}  // namespace watchrig::central
