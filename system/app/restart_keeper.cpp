#include "system/app/restart_keeper.hpp"

#include <algorithm>

#include "system/app/look_pause.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/central/schedules/restart_plan.hpp"

namespace watchrig::app {

namespace asio = boost::asio;

namespace {

constexpr base::Duration look_again = std::chrono::seconds(10);
constexpr base::Duration real_pause = std::chrono::milliseconds(100);
constexpr base::Duration most_late = std::chrono::minutes(5);

/// Whether a restart was due within (from, to].
bool is_due(const central::Settings& settings, base::UtcTime from, base::UtcTime to) {
  const auto plan = central::RestartPlan::from(settings.values("restart").values);
  const auto local = central::LocalTime::from(settings.values("time").values);
  return plan && *plan && local && (*plan)->next(*local, from) <= to;
}

asio::awaitable<void> keep(asio::any_io_executor executor, const base::Clock* clock,
                           const central::Settings* settings, std::function<void()> restart) {
  base::Timer timer(executor, *clock);
  auto last = clock->now();
  for (;;) {
    const auto wait = look_pause(*clock, look_again, real_pause);
    const bool in_time = co_await timer.wait_for(wait);
    if (!in_time) co_return;
    const auto now = clock->now();
    const auto from = std::max(last, now - std::max(most_late, 2 * wait));
    if (is_due(*settings, from, now)) restart();
    last = std::max(last, now);
  }
}

}  // namespace

void keep_restarting(asio::any_io_executor executor, const base::Clock& clock,
                     const central::Settings& settings, std::function<void()> restart) {
  base::spawn(executor, keep(executor, &clock, &settings, std::move(restart)), "scheduled restart");
}

}  // namespace watchrig::app
