#include "system/app/backup_keeper.hpp"

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::app {

namespace asio = boost::asio;

namespace {

base::Duration pause(const base::Clock& clock) {
  const base::Duration minute = std::chrono::minutes(1);
  const base::Duration least = std::chrono::seconds(10);
  const auto real = clock.real(minute);
  return real < least ? minute * (least / std::max(real, base::Duration(1))) : minute;
}

http::Response make(platform::DatabaseBackups& backups, central::Central& central) {
  if (const auto made = backups.make(false); !made)
    central.events().append(
        {.type = "system.backup-failed", .cause = "database", .message = made.error().message});
  return http::no_content();
}

asio::awaitable<void> keep(asio::any_io_executor executor, const base::Clock& clock,
                           platform::DatabaseBackups& backups, api::WorkPool& workers,
                           central::Central& central) {
  base::Timer timer(executor, clock);
  for (;;) {
    const bool in_time = co_await timer.wait_for(pause(clock));
    if (!in_time) co_return;
    auto task = central.tasks().add("databases.copy", {});
    api::WorkPool::Work work = [&backups, &central, task = std::move(task)] {
      task->start();
      return make(backups, central);
    };
    const auto done = co_await workers.run(std::move(work));
    (void)done;  // a pool that is busy is asked again in a minute
  }
}

}  // namespace

void keep_backups(asio::any_io_executor executor, const base::Clock& clock,
                  platform::DatabaseBackups& backups, api::WorkPool& workers, central::Central& central) {
  base::spawn(executor, keep(executor, clock, backups, workers, central), "database backups");
}

}  // namespace watchrig::app
