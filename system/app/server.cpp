#include "system/app/server.hpp"

#include <cstdio>
#include <fstream>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/adding_desk.hpp"
#include "system/api/program_version.hpp"
#include "system/api/ptz_desk.hpp"
#include "system/app/backup_keeper.hpp"
#include "system/app/card_keeper.hpp"
#include "system/app/device_event_keeper.hpp"
#include "system/app/device_information_keeper.hpp"
#include "system/app/device_time_keeper.hpp"
#include "system/app/device_ways.hpp"
#include "system/app/front_door.hpp"
#include "system/app/lease_keeper.hpp"
#include "system/app/open_exports.hpp"
#include "system/app/prepared_data.hpp"
#include "system/app/record_keeper.hpp"
#include "system/app/restart.hpp"
#include "system/app/restart_keeper.hpp"
#include "system/app/role_watch.hpp"
#include "system/app/trial_start.hpp"
#include "system/base/executor_pool.hpp"
#include "system/base/log.hpp"
#include "system/base/open_files.hpp"
#include "system/central/central_inbox.hpp"
#include "system/central/certificates/device_trust.hpp"
#include "system/central/configuration/configuration_transfer.hpp"
#include "system/central/maintenance/installed_program.hpp"
#include "system/central/recording/disk_groups.hpp"
#include "system/central/recording/record_desk.hpp"
#include "system/platform/data_erasure.hpp"
#include "system/platform/data_folder.hpp"
#include "system/platform/in_process_bus.hpp"
#include "system/storage/storage_role.hpp"

namespace watchrig::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

/// Of real time: the answer to whoever ends the server goes out first.
constexpr auto until_end = std::chrono::milliseconds(500);

central::ProgramVersion own_version() {
  return central::ProgramVersion::from(api::program_version()).value_or(central::ProgramVersion{});
}

/// All parts of a server, in the order in which they depend on each other.
class Server {
 public:
  Server(const ServerOptions& options, const base::CorrectedClock::Correction& correction)
      : options_(options), clock_(options.clock, correction), pool_(options.threads) {}

  /// Nobody gets messages any more while its parts end.
  ~Server() { bus_.stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Result<Ended> run();

 private:
  Result<> open_stores();
  Result<> may_end(std::optional<central::UpgradeKind> installed) const;
  Result<> end(api::Ending ending, const std::string& why);
  Result<> order_factory_default(const std::string& why);
  void restart_as_scheduled();
  void stop(const std::string& cause);
  void tell_of_upgrade();
  void print_ready_line() const;
  void activate(const central::Device& device, bool continued);

  const ServerOptions& options_;
  base::CorrectedClock clock_;
  PreparedData data_;  ///< with the lock of the data folder, which no other server may touch
  base::Metrics metrics_;
  base::ExecutorPool pool_;
  std::atomic<bool> ending_ = false;         ///< somebody has ended the server over HTTP
  api::Ending how_ = api::Ending::shutdown;  ///< once it is ending
  boost::asio::steady_timer end_timer_{pool_.next()};
  platform::MessageTrace trace_{10'000, options_.trace_file};
  platform::InProcessBus bus_{clock_, trace_};
  central::StorageOrders storage_orders_{
      bus_,
      {[this](const std::string& device) { return central_->registry().find(device); },
       [this](const std::string& channel) { return central_->registry().find_channel(channel); },
       [this](const central::Channel& channel) { return central_->record_desk().order(channel); }}};
  central::StorageQueries storage_queries_{bus_};
  api::WorkPool workers_{2, 64};
  api::WorkPool fetchers_{4, 16};
  api::WorkPool hashers_{1, 32};
  std::unique_ptr<central::Central> central_;
  std::unique_ptr<central::LicenceStore> licence_;
  std::unique_ptr<central::UpgradeStore> upgrades_;
  std::unique_ptr<central::UpdateCheck> updates_;
  std::unique_ptr<api::HttpsSwitch> https_;
  std::unique_ptr<storage::StorageRole> storage_;
  std::optional<platform::SigningKey> signing_key_;
  std::unique_ptr<storage::ExportQueue> exports_;
  std::unique_ptr<RoleWatch> role_watch_;
  std::unique_ptr<platform::HostNetwork> host_network_;
  std::unique_ptr<platform::CardWatch> cards_;  // ends before the log
  std::shared_ptr<devices::DeviceSearch> search_;
  std::unique_ptr<api::PtzDesk> ptz_;
  std::unique_ptr<api::AddingDesk> adding_;
  api::OpenPorts ports_;
  std::unique_ptr<api::ServerParts> parts_;
  std::unique_ptr<FrontDoor> door_;
};

Result<> Server::open_stores() {
  const fs::path& data = options_.data;
  const fs::path scratch = data / "scratch";
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  if (auto made = platform::make_folder(scratch, fs::perms::owner_all); !made) return made;

  auto central = central::Central::open(data, clock_, options_.settings, options_.product);
  if (!central) return central.error();
  central_ = std::move(*central);
  auto licence =
      central::LicenceStore::open({data / central::licence_folder, options_.dongle}, options_.maker, clock_);
  if (!licence) return licence.error();
  licence_ = std::move(*licence);
  upgrades_ = std::make_unique<central::UpgradeStore>(data / central::upgrade_folder, options_.maker,
                                                      own_version(), try_program, clock_);
  updates_ = std::make_unique<central::UpdateCheck>(
      central::UpdateCheck::Parts{clock_, central_->settings(), central_->authorities(), central_->events(),
                                  own_version()},
      pool_.next());
  https_ =
      std::make_unique<api::HttpsSwitch>(central_->certificates(), central_->settings(), central_->access());
  central_->device_notes().follow(bus_);
  central::Inbox inbox{central_->events(), central_->channel_states()};
  if (auto served = central::serve_central(bus_, inbox); !served) return served;
  storage::Options options;
  for (const auto& directory : options_.volumes) {
    if (directory.is_absolute() &&
        fs::weakly_canonical(directory).native().starts_with(fs::weakly_canonical(data).native() + "/")) {
      return Error{
          ErrorKind::invalid,
          fmt::format("storage.volumes: \"{}\" lies in the data folder, which may be erased or replaced; "
                      "give a folder beside it",
                      directory.native())};
    }
    options.volumes.push_back({data / directory, {}, directory.is_absolute()});
  }
  options.segment_bytes = static_cast<std::uint64_t>(central_->settings().number("storage", "segment_bytes"));
  const auto amount = [this](const char* name) {
    return static_cast<std::uint64_t>(central_->settings().number("storage", name));
  };
  options.full = {amount("reserve_bytes"), amount("full_bytes"), amount("full_percent"),
                  central_->settings().text("storage", "when_full") == "overwrite"};
  options.most_locked_percent = amount("locked_percent");
  options.keep = std::chrono::hours(24 * central_->settings().number("storage", "keep_days"));
  auto pace = std::make_shared<devices::AttemptPace>(clock_, [&settings = central_->settings()] {
    return static_cast<double>(settings.number("devices", "attempts_per_second"));
  });
  auto storage = storage::StorageRole::open(
      options,
      {clock_, metrics_, bus_, [this] { return asio::any_io_executor(pool_.next()); }, device_ways(*central_),
       std::move(pace), [inbox](const platform::Message& message) mutable { inbox.take(message); }});
  if (!storage) return storage.error();
  storage_ = std::move(*storage);
  static_assert(central::most_disk_groups == std::int64_t{storage::most_volumes});
  // Before anything is recorded.
  if (auto told = storage_orders_.group(central_->disk_groups().volumes()); !told) return told;
  auto key = platform::SigningKey::open(data / "signing.pem");
  if (!key) return key.error();
  signing_key_ = *std::move(key);
  auto exports = open_exports(data / "exports", *central_, {storage_->storage(), clock_, *signing_key_, {}});
  if (!exports) return exports.error();
  exports_ = std::move(*exports);
  role_watch_ = std::make_unique<RoleWatch>(bus_, central_->events());
  platform::HostNetwork::Options host{
      options_.change_network, options_.network_namespace, data, options_.resolver_file, {}, options_.ssh};
  host.addresses_when_new = options_.product.profile->card_addresses;
  auto network = platform::HostNetwork::open(std::move(host), clock_);
  if (!network) return network.error();
  host_network_ = std::move(*network);
  search_ = std::make_shared<devices::DeviceSearch>(
      pool_.next(), clock_, [this] { return central_->device_trust().of(central::Device{}); });
  ptz_ = std::make_unique<api::PtzDesk>(clock_, api::registered_heads(clock_, *central_), central_->events(),
                                        central_->device_notes(), pool_.next());
  adding_ = std::make_unique<api::AddingDesk>(pool_.next(), data / "adding.json", *central_);
  parts_ = std::make_unique<api::ServerParts>(
      api::ServerParts{clock_,
                       metrics_,
                       *central_,
                       storage_->storage(),
                       storage_->channels(),
                       workers_,
                       fetchers_,
                       hashers_,
                       scratch,
                       [this](const central::Device& device, bool continued) { activate(device, continued); },
                       *host_network_,
                       *https_,
                       trace_,
                       clock_.now(),
                       [this](api::Ending ending, const std::string& why) { return end(ending, why); },
                       storage_orders_,
                       storage_queries_,
                       data,
                       *licence_,
                       *upgrades_,
                       *updates_,
                       [this](std::optional<central::UpgradeKind> installed) { return may_end(installed); },
                       *search_,
                       *ptz_,
                       *adding_,
                       ports_,
                       *signing_key_,
                       *exports_});
  return {};
}

void Server::activate(const central::Device& device, bool continued) {
  const auto told = storage_orders_.bind(device.id, continued);
  if (!told) base::log_error("device \"{}\": {}", device.name, told.error().message);
}

Result<> Server::may_end(std::optional<central::UpgradeKind> installed) const {
  if (const auto why_not = upgrades_->in_progress(installed)) return Error{ErrorKind::conflict, *why_not};
  if (ending_) return Error{ErrorKind::conflict, "the server is about to end already"};
  return {};
}

Result<> Server::end(api::Ending ending, const std::string& why) {
  if (auto may = may_end({}); !may) return may;
  if (ending_.exchange(true)) return Error{ErrorKind::conflict, "the server is about to end already"};
  if (ending == api::Ending::factory_default) {
    if (auto ordered = order_factory_default(why); !ordered) {
      ending_ = false;
      return ordered;
    }
  }
  how_ = ending;
  end_timer_.expires_after(until_end);
  end_timer_.async_wait([this](const boost::system::error_code& failure) {
    if (!failure) pool_.stop();
  });
  return {};
}

Result<> Server::order_factory_default(const std::string& why) {
  if (auto kept = central_->keep_given_ids(); !kept) return kept;
  return platform::order_erasure(options_.data, why);
}

void Server::restart_as_scheduled() {
  const auto ending = end(api::Ending::restart, {});
  central_->events().append(
      {.type = ending ? "system.scheduled-restart" : "system.scheduled-restart-refused",
       .cause = "schedule",
       .message = ending ? "the server restarts as scheduled" : ending.error().message});
}

/// Whoever restores by hand has chosen this program for that, which says nothing about the upgrade.
void Server::tell_of_upgrade() {
  if (options_.restore_backup) return;
  central::InstalledProgram installed(options_.data / central::upgrade_folder);
  if (const auto news = installed.came_up(own_version()))
    central_->events().append({.type = news->type, .message = news->message});
  installed.tidy(own_version());
}

void Server::print_ready_line() const {
  boost::json::object line{{"ready", "vmsd"},
                           {"version", api::program_version()},
                           {"pid", ::getpid()},
                           {"http", door_->http_url()},
                           {"profile", options_.product.profile->name},
                           {"data", fs::absolute(options_.data).string()},
                           {"clock", base::Clock::format(clock_.settings())}};
  const auto add = [&](const char* name, const std::string& url) {
    if (!url.empty()) line[name] = url;
  };
  add("https", door_->https_url());
  add("rtsp", door_->rtsp_url());
  add("rtsps", door_->rtsps_url());
  fmt::print("{}\n", boost::json::serialize(line));
  std::fflush(stdout);
}

Result<Ended> Server::run() {
  base::set_log_clock(clock_);
  auto prepared = prepare_data(options_, clock_, own_version(), pool_.next());
  if (!prepared) return prepared.error();
  data_ = *std::move(prepared);
  if (data_.upgrade) return Ended{true, {}, *data_.upgrade};
  if (auto opened = open_stores(); !opened) {
    data_.backups->remove(data_.copied);  // what this program cannot open must not be the newest good one
    return data_.backups->with_remedy(opened.error());
  }
  // Runs with the pool, when the door is there.
  central_->follow_settings(
      pool_.next(),
      [this](auto socket, bool encrypted, auto wanted) {
        door_->take(std::move(socket), encrypted, std::move(wanted));
      },
      [this](const central::Device& device) {
        if (const auto told = storage_orders_.reconnect(device.id); !told)
          base::log_warning("device \"{}\": {}", device.name, told.error().message);
      });
  door_ = std::make_unique<FrontDoor>(*parts_, pool_, ports_);
  if (auto opened = door_->open(); !opened) return opened.error();
  asio::signal_set signals(pool_.next(), SIGINT, SIGTERM);
  signals.async_wait([this](const boost::system::error_code&, int) { pool_.stop(); });
  accept_signals();  // a server that starts again has been holding them
  central::EventLog& events = central_->events();
  const platform::RunMark mark(options_.data / "running");
  if (mark.found()) {
    events.append({.type = "system.unclean-shutdown",
                   .cause = "crash",
                   .message =
                       "the last run did not end cleanly (power cut or crash); up to the last second of "
                       "each recording may be missing"});
  }
  events.append({.type = "system.started", .message = "the server has started"});
  tell_of_upgrade();
  for (const auto& event : data_.news) events.append(event);
  keep_recording(pool_.next(), clock_, *central_, storage_orders_);
  keep_restarting(pool_.next(), clock_, central_->settings(), [this] { restart_as_scheduled(); });
  keep_backups(pool_.next(), clock_, *data_.backups, workers_, *central_);
  for (const auto& failure : host_network_->restore())
    events.append(
        {.type = "network.failed", .cause = "host", .message = "could not be set again: " + failure});
  keep_device_time(pool_.next(), clock_, *central_);
  keep_device_events(pool_.next(), clock_, metrics_, *central_);
  keep_device_information(pool_.next(), clock_, *central_);
  keep_leases(pool_.next(), clock_, *host_network_, workers_, events);
  cards_ = keep_cards(options_.network_namespace, clock_, events);
  watch_roles(pool_.next(), clock_, workers_, *role_watch_);
  central::DeviceQuery all;
  all.limit = central::DeviceRegistry::most_devices;
  for (const auto& device : central_->registry().list(all).items) activate(*device, true);
  print_ready_line();
  if (options_.trial) pool_.stop();
  pool_.run();

  const bool restart = ending_ && how_ != api::Ending::shutdown;
  if (restart) hold_signals();
  Ended ended{restart, door_->free_ports(), {}};
  stop(!ending_ ? "signal" : restart ? "restart" : "shutdown");
  mark.remove();
  if (signal_was_held()) ended.restart = false;
  return ended;
}

void Server::stop(const std::string& cause) {
  base::log_info("stopping");
  door_->stop();
  central_->mailer().stop();
  bus_.stop();
  storage_->channels().stop();
  workers_.join();
  central_->sign_in().sessions.close_all();  // and so fetching from devices ends
  fetchers_.join();
  hashers_.join();
  storage_->stop();
  cards_.reset();
  host_network_->stop();
  central_->events().append(
      {.type = "system.stopped", .cause = cause, .message = "the server has stopped; recordings are closed"});
  if (auto made = data_.backups->make(); !made) base::log_warning("{}", made.error().message);
}

}  // namespace

Result<Ended> run_server(const ServerOptions& options) {
  base::allow_many_open_files();
  const auto correction = central::ServerClock::remembered(options.data / "clock_offset");
  if (!correction) return correction.error();
  return Server(options, *correction).run();
}

}  // namespace watchrig::app
