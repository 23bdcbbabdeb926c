#include "system/app/record_keeper.hpp"

#include <memory>

#include <boost/asio/post.hpp>

#include "system/app/look_pause.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/central/recording/disk_groups.hpp"
#include "system/central/recording/record_desk.hpp"

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

/// Looked at as seldom as what has expired.
constexpr base::Duration look_at_limits = std::chrono::seconds(10);

/// Gives storage the limits of channels and the disk groups of volumes: at the start, and when they have
/// changed.
class LimitTeller {
 public:
  void look(central::Central& central, central::StorageOrders& orders, base::UtcTime now) {
    if (now < next_look_ && next_look_ - now <= look_at_limits) return;
    next_look_ = now + look_at_limits;
    tell(limits_, central.record_desk().kept(), "how long recordings are kept",
         [&](auto wanted) { return orders.retain(std::move(wanted)); });
    tell(groups_, central.disk_groups().volumes(), "the disk groups",
         [&](auto wanted) { return orders.group(std::move(wanted)); });
  }

 private:
  template <class Wanted, class Order>
  static void tell(std::optional<Wanted>& told, Wanted wanted, const char* what, const Order& order) {
    if (told == wanted) return;
    if (const auto done = order(wanted); done) {
      told = std::move(wanted);
    } else {
      base::log_warning("{}: {}", what, done.error().message);
    }
  }

  base::UtcTime next_look_;
  std::optional<std::vector<platform::KeptChannel>> limits_;
  std::optional<std::vector<platform::GroupedVolume>> groups_;
};

asio::awaitable<void> keep(asio::any_io_executor executor, const base::Clock* clock,
                           central::Central* central, central::StorageOrders* orders) {
  base::Timer timer(executor, *clock);
  auto& desk = central->record_desk();
  LimitTeller limits;
  for (;;) {
    const bool in_time = co_await timer.wait_for(look_pause(*clock, look_again, real_pause));
    if (!in_time) co_return;
    for (const auto& channel : desk.changed()) record(desk, *orders, channel);
    limits.look(*central, *orders, clock->now());
  }
}

}  // namespace

void keep_recording(asio::any_io_executor executor, const base::Clock& clock, central::Central& central,
                    central::StorageOrders& orders) {
  auto& desk = central.record_desk();
  desk.on_event([executor, &desk, &orders](const std::string& channel) {
    asio::post(executor, [&desk, &orders, channel] {
      if (desk.has_changed(channel)) record(desk, orders, channel);
    });
  });
  base::spawn(executor, keep(executor, &clock, &central, &orders), "record plans");
}

}  // namespace watchrig::app
