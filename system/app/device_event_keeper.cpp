#include "system/app/device_event_keeper.hpp"

#include <map>

#include "system/api/device_contact.hpp"
#include "system/app/device_event_log.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::app {

namespace asio = boost::asio;

namespace {

/// How soon a change of the devices is seen; and not more often in real time.
constexpr base::Duration look_again = std::chrono::seconds(2), real_pause = std::chrono::milliseconds(200);

base::Duration pause(const base::Clock& clock) {
  const auto real = std::max(clock.real(look_again), base::Duration(1));
  return real < real_pause ? look_again * (real_pause / real) : look_again;
}

struct Followed {
  central::DevicePtr device;
  std::shared_ptr<DeviceEventLog> log;
  std::shared_ptr<devices::AlarmFeed> feed;
};

class Keeper {
 public:
  Keeper(asio::any_io_executor executor, const base::Clock& clock, base::Metrics& metrics,
         central::Central& central)
      : executor_(std::move(executor)), clock_(clock), metrics_(metrics), central_(central) {}

  static asio::awaitable<void> run(std::shared_ptr<Keeper> keeper) {
    base::Timer timer(keeper->executor_, keeper->clock_);
    for (;;) {
      keeper->look();
      const bool in_time = co_await timer.wait_for(pause(keeper->clock_));
      if (!in_time) co_return;
    }
  }

 private:
  void look() {
    central::DeviceQuery query;
    query.limit = central::DeviceRegistry::most_devices;
    query.accept = [](const central::Device& device) { return device.connected && speaks_onvif(device); };
    std::map<std::string, Followed> followed;
    for (auto& device : central_.registry().list(query).items) follow(std::move(device), followed);
    for (auto& [id, gone] : followed_) gone.feed->stop();
    followed_ = std::move(followed);
  }

  void follow(central::DevicePtr device, std::map<std::string, Followed>& followed) {
    const auto id = device->id;
    if (const auto known = followed_.find(id); known != followed_.end()) {
      if (known->second.device == device || same_contact(*known->second.device, *device)) {
        known->second.device = device;
        known->second.log->rename(std::move(device));
        followed.insert(followed_.extract(known));
        return;
      }
    }
    auto contact = api::onvif_contact(central_, *device, device->streams.at("main"));
    if (!contact) return;
    auto log = std::make_shared<DeviceEventLog>(central_.events(), central_.device_notes(), metrics_, device);
    auto feed = devices::AlarmFeed::start(executor_, clock_,
                                          {*std::move(contact), std::hash<std::string>()(id)}, log);
    followed.emplace(id, Followed{std::move(device), std::move(log), std::move(feed)});
  }

  static bool same_contact(const central::Device& a, const central::Device& b) {
    return a.driver == b.driver && a.streams == b.streams && a.username == b.username &&
           a.password == b.password && a.certificate == b.certificate;
  }

  const asio::any_io_executor executor_;
  const base::Clock& clock_;
  base::Metrics& metrics_;
  central::Central& central_;
  std::map<std::string, Followed> followed_;  ///< by the device's id
};

}  // namespace

void keep_device_events(asio::any_io_executor executor, const base::Clock& clock, base::Metrics& metrics,
                        central::Central& central) {
  auto keeper = std::make_shared<Keeper>(executor, clock, metrics, central);
  base::spawn(std::move(executor), Keeper::run(std::move(keeper)), "events of devices");
}

}  // namespace watchrig::app
