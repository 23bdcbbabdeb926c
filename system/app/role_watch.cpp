#include "system/app/role_watch.hpp"

#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::app {

namespace asio = boost::asio;

namespace {

constexpr base::Duration between = std::chrono::seconds(30);
constexpr std::chrono::duration<double> least_real(1);

base::Duration pause(const base::Clock& clock) {
  return std::max(between, std::chrono::duration_cast<base::Duration>(least_real * clock.settings().scale));
}

asio::awaitable<void> keep(asio::any_io_executor executor, const base::Clock& clock, api::WorkPool& workers,
                           RoleWatch& watch) {
  base::Timer timer(executor, clock);
  for (;;) {
    const bool in_time = co_await timer.wait_for(pause(clock));
    if (!in_time) co_return;
    api::WorkPool::Work work = [&watch] {
      watch.ask_all();
      return http::no_content();
    };
    const auto done = co_await workers.run(std::move(work));
    (void)done;  // a pool that is busy is asked again
  }
}

}  // namespace

void RoleWatch::ask_all() {
  for (const auto* role : {platform::central_role, platform::storage_role}) {
    note(role, bus_.ask(platform::to_message("app", role, platform::KeepAlive{}), patience_));
  }
}

void RoleWatch::note(const std::string& role, const base::Result<boost::json::object>& answer) {
  if (answer) {
    if (silent_.erase(role) > 0)
      events_.append(
          {.type = "system.role-answers", .message = fmt::format("the role {} answers again", role)});
    return;
  }
  if (!silent_.insert(role).second) return;
  events_.append(
      {.type = "system.role-silent",
       .cause = std::string(base::to_string(answer.error().kind)),
       .message = fmt::format("the role {} does not answer: {}; if it stays so, restart the server", role,
                              answer.error().message)});
}

void watch_roles(asio::any_io_executor executor, const base::Clock& clock, api::WorkPool& workers,
                 RoleWatch& watch) {
  base::spawn(executor, keep(executor, clock, workers, watch), "keep-alive of roles");
}

}  // namespace watchrig::app
