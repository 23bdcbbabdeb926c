#include "system/app/lease_keeper.hpp"

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::app {

namespace asio = boost::asio;

namespace {

http::Response renew(platform::HostNetwork& network, central::EventLog& events) {
  if (!network.lease_due()) return http::no_content();
  for (const auto& failure : network.renew_leases())
    events.append({.type = "network.failed", .cause = "dhcp", .message = "no new lease: " + failure});
  return http::no_content();
}

asio::awaitable<void> keep(asio::any_io_executor executor, const base::Clock& clock,
                           platform::HostNetwork& network, api::WorkPool& workers,
                           central::EventLog& events) {
  base::Timer timer(executor, clock);
  for (;;) {
    const bool in_time = co_await timer.wait_for(std::chrono::minutes(1));
    if (!in_time) co_return;
    // Asked there, because it waits for a change that is under way.
    api::WorkPool::Work work = [&network, &events] { return renew(network, events); };
    const auto done = co_await workers.run(std::move(work));
    (void)done;  // a pool that is busy is asked again in a minute
  }
}

}  // namespace

void keep_leases(asio::any_io_executor executor, const base::Clock& clock, platform::HostNetwork& network,
                 api::WorkPool& workers, central::EventLog& events) {
  base::spawn(executor, keep(executor, clock, network, workers, events), "DHCP leases");
}

}  // namespace watchrig::app
