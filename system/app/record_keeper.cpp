#include "system/app/record_keeper.hpp"

#include <memory>

#include <boost/asio/post.hpp>

#include "system/app/look_pause.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::app {

namespace asio = boost::asio;

namespace {

constexpr base::Duration look_again = std::chrono::seconds(1);
constexpr base::Duration real_pause = std::chrono::milliseconds(50);

void record(central::RecordDesk& desk, central::StorageOrders& orders, const std::string& channel) {
  const auto told = orders.record_soon(channel);
  if (told) return;
  base::log_warning("what is recorded of channel {}: {}", channel, told.error().message);
  desk.forget(channel);
}

asio::awaitable<void> keep(asio::any_io_executor executor, const base::Clock* clock,
                           central::RecordDesk* desk, central::StorageOrders* orders) {
  base::Timer timer(executor, *clock);
  for (;;) {
    const bool in_time = co_await timer.wait_for(look_pause(*clock, look_again, real_pause));
    if (!in_time) co_return;
    for (const auto& channel : desk->changed()) record(*desk, *orders, channel);
  }
}

}  // namespace

void keep_recording(asio::any_io_executor executor, const base::Clock& clock, central::RecordDesk& desk,
                    central::StorageOrders& orders) {
  desk.on_event([executor, &desk, &orders](const std::string& channel) {
    asio::post(executor, [&desk, &orders, channel] {
      if (desk.has_changed(channel)) record(desk, orders, channel);
    });
  });
  base::spawn(executor, keep(executor, &clock, &desk, &orders), "record plans");
}

}  // namespace watchrig::app
