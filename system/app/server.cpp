#include "system/app/server.hpp"

#include <cstdio>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/app/backup_keeper.hpp"
#include "system/app/data_folder.hpp"
#include "system/app/front_door.hpp"
#include "system/app/lease_keeper.hpp"
#include "system/app/restart.hpp"
#include "system/app/storage_role.hpp"
#include "system/base/executor_pool.hpp"
#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/central/log_mirror.hpp"
#include "system/platform/in_process_bus.hpp"

namespace watchrig::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr base::Duration bind_patience = std::chrono::seconds(30);
/// Of real time: the answer to whoever ends the server goes out first.
constexpr auto until_end = std::chrono::milliseconds(500);

/// All parts of a server, in the order in which they depend on each other.
class Server {
 public:
  explicit Server(const ServerOptions& options)
      : options_(options),
        clock_(options.clock, central::ServerClock::remembered(options.data / "clock_offset")),
        server_clock_(clock_, options.data / "clock_offset"),
        pool_(options.threads) {}

  Result<Ended> run();

 private:
  Result<> prepare_databases();
  Result<> open_stores();
  Result<> open_security();
  void follow_settings();
  bool end(api::Ending ending);
  void stop(const std::string& cause);
  void print_ready_line() const;
  void activate(const central::Device& device, bool continued);

  const ServerOptions& options_;
  base::CorrectedClock clock_;
  central::ServerClock server_clock_;
  base::Metrics metrics_;
  base::ExecutorPool pool_;
  std::atomic<bool> ending_ = false;         ///< somebody has ended the server over HTTP
  api::Ending how_ = api::Ending::shutdown;  ///< once it is ending
  boost::asio::steady_timer end_timer_{pool_.next()};
  platform::MessageTrace trace_;
  platform::InProcessBus bus_{clock_, trace_};
  api::WorkPool workers_{2, 64};
  api::WorkPool hashers_{1, 32};
  std::string copied_;    ///< the backup made at the start
  std::string restored_;  ///< what --restore-backup has done
  std::unique_ptr<platform::DatabaseBackups> backups_;
  std::unique_ptr<platform::SecretVault> vault_;
  std::unique_ptr<central::DeviceRegistry> registry_;
  std::unique_ptr<central::LayoutStore> layouts_;
  std::unique_ptr<central::Settings> settings_;
  std::unique_ptr<central::EventLog> events_;
  std::unique_ptr<central::LogMirror> mirror_;
  std::unique_ptr<central::Accounts> accounts_;
  std::unique_ptr<central::SignIn> sign_in_;
  std::unique_ptr<central::Mailer> mailer_;
  central::PasswordResets resets_{clock_};
  std::unique_ptr<central::Schedules> schedules_;
  std::unique_ptr<central::AccessFilter> access_;
  std::unique_ptr<central::CertificateStore> certificates_;
  std::unique_ptr<central::TrustedAuthorities> authorities_;
  std::unique_ptr<api::HttpsSwitch> https_;
  std::unique_ptr<StorageRole> storage_;
  std::unique_ptr<platform::HostNetwork> host_network_;
  std::unique_ptr<api::ServerParts> parts_;
  std::unique_ptr<FrontDoor> door_;
};

/// Before anything is opened: what is broken is refused, and what is sound is copied, since a newer program
/// may be about to change its schema.
Result<> Server::prepare_databases() {
  if (auto made = make_folder(options_.data, fs::perms::owner_all); !made) return made;
  backups_ = std::make_unique<platform::DatabaseBackups>(
      options_.data,
      std::vector<std::string>{"events.db", "settings.db", "accounts.db", "devices.db", "schedules.db",
                               "layouts.db", "access.db"},
      clock_);
  if (options_.restore_backup) {
    auto restored = backups_->restore(*options_.restore_backup);
    if (!restored) return restored.error();
    restored_ = *std::move(restored);
    base::log_warning("{}", restored_);
  }
  if (auto checked = backups_->check(); !checked) return checked;
  if (auto made = backups_->make()) {
    copied_ = *std::move(made);
  } else {
    base::log_warning("{}", made.error().message);
  }
  return {};
}

Result<> Server::open_stores() {
  const fs::path& data = options_.data;
  const fs::path scratch = data / "exports";
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  if (auto made = make_folder(scratch, fs::perms::owner_all); !made) return made;

  auto events = central::EventLog::open(data / "events.db", clock_);
  if (!events) return events.error();
  events_ = std::move(*events);
  auto vault = platform::SecretVault::open(data / "secrets.key");
  if (!vault) return vault.error();
  vault_ = std::make_unique<platform::SecretVault>(std::move(*vault));
  auto settings = central::Settings::open(data / "settings.db", *vault_, options_.settings);
  if (!settings) return settings.error();
  settings_ = std::move(*settings);
  auto accounts = central::Accounts::open(data / "accounts.db", clock_);
  if (!accounts) return accounts.error();
  accounts_ = std::move(*accounts);
  sign_in_ = std::make_unique<central::SignIn>(*accounts_, clock_, central::SignIn::rules_from(*settings_));
  mailer_ = std::make_unique<central::Mailer>(*settings_, clock_);
  auto schedules = central::Schedules::open(data / "schedules.db");
  if (!schedules) return schedules.error();
  schedules_ = std::move(*schedules);
  auto registry = central::DeviceRegistry::open(data / "devices.db", *vault_);
  if (!registry) return registry.error();
  registry_ = std::move(*registry);
  auto layouts = central::LayoutStore::open(data / "layouts.db");
  if (!layouts) return layouts.error();
  layouts_ = std::move(*layouts);

  if (auto opened = open_security(); !opened) return opened;

  storage::Options options;
  options.directory = data / "recordings";
  options.segment_bytes = static_cast<std::uint64_t>(settings_->number("storage", "segment_bytes"));
  options.reserve_bytes = static_cast<std::uint64_t>(settings_->number("storage", "reserve_bytes"));
  auto storage = StorageRole::open(options, clock_, metrics_, *events_, *registry_, bus_,
                                   [this] { return asio::any_io_executor(pool_.next()); });
  if (!storage) return storage.error();
  storage_ = std::move(*storage);

  auto network = platform::HostNetwork::open(
      {options_.change_network, options_.network_namespace, data, options_.resolver_file, {}, options_.ssh},
      clock_);
  if (!network) return network.error();
  host_network_ = std::move(*network);
  parts_ = std::make_unique<api::ServerParts>(
      api::ServerParts{clock_,
                       metrics_,
                       *registry_,
                       *events_,
                       *accounts_,
                       *sign_in_,
                       *settings_,
                       storage_->storage(),
                       storage_->channels(),
                       workers_,
                       hashers_,
                       scratch,
                       [this](const central::Device& device, bool continued) { activate(device, continued); },
                       *host_network_,
                       *mailer_,
                       resets_,
                       *schedules_,
                       *layouts_,
                       server_clock_,
                       *certificates_,
                       *authorities_,
                       *https_,
                       *access_,
                       trace_,
                       clock_.now(),
                       [this](api::Ending ending) { return end(ending); }});
  return {};
}

Result<> Server::open_security() {
  auto access = central::AccessFilter::open(options_.data / "access.db", platform::mac_of);
  if (!access) return access.error();
  access_ = std::move(*access);
  const fs::path folder = options_.data / "certificates";
  if (auto made = make_folder(folder, fs::perms::owner_all); !made) return made;
  auto certificates = central::CertificateStore::open(folder / "own.db", clock_, central::own_addresses);
  if (!certificates) return certificates.error();
  certificates_ = std::move(*certificates);
  auto authorities = central::TrustedAuthorities::open(folder / "trusted.db", clock_);
  if (!authorities) return authorities.error();
  authorities_ = std::move(*authorities);
  https_ = std::make_unique<api::HttpsSwitch>(*certificates_, *settings_, *access_);
  return {};
}

void Server::follow_settings() {
  mirror_ = std::make_unique<central::LogMirror>(*events_, *settings_, pool_.next());
  for (const char* section : {"accounts", "lock.accounts", "lock.sources"}) {
    settings_->listen(section, [this](const central::Settings::Change&) {
      sign_in_->set_rules(central::SignIn::rules_from(*settings_));
    });
  }
}

void Server::activate(const central::Device& device, bool continued) {
  const auto told = bus_.ask(
      {"bind_device", "central", "storage", {}, {{"device", device.id}, {"continued", continued}}, 0, {}},
      bind_patience);
  if (!told) base::log_error("device \"{}\": {}", device.name, told.error().message);
}

bool Server::end(api::Ending ending) {
  if (ending_.exchange(true)) return false;
  how_ = ending;
  end_timer_.expires_after(until_end);
  end_timer_.async_wait([this](const boost::system::error_code& failure) {
    if (!failure) pool_.stop();
  });
  return true;
}

void Server::print_ready_line() const {
  boost::json::object line{{"ready", "vmsd"},
                           {"version", WATCHRIG_VERSION},
                           {"pid", ::getpid()},
                           {"http", door_->http_url()},
                           {"rtsp", door_->rtsp_url()},
                           {"data", fs::absolute(options_.data).string()},
                           {"clock", base::Clock::format(clock_.settings())}};
  if (const auto https = door_->https_url(); !https.empty()) line["https"] = https;
  fmt::print("{}\n", boost::json::serialize(line));
  std::fflush(stdout);
}

Result<Ended> Server::run() {
  base::set_log_clock(clock_);
  if (auto prepared = prepare_databases(); !prepared) return prepared.error();
  if (auto opened = open_stores(); !opened) {
    backups_->remove(copied_);  // what this program cannot open must not be the newest good one
    const auto names = backups_->names(true);
    if (opened.error().kind != ErrorKind::unsupported || names.empty()) return opened.error();
    return Error{opened.error().kind,
                 fmt::format("{}; backups that \"vmsd --restore-backup NAME\" puts in place: {}",
                             opened.error().message, base::joined(names, ", "))};
  }
  follow_settings();
  door_ = std::make_unique<FrontDoor>(*parts_, pool_);
  if (auto opened = door_->open(); !opened) return opened.error();
  asio::signal_set signals(pool_.next(), SIGINT, SIGTERM);
  signals.async_wait([this](const boost::system::error_code&, int) { pool_.stop(); });
  accept_signals();  // a server that starts again has been holding them
  const RunMark mark(options_.data / "running");
  if (mark.found()) {
    events_->append(
        {0,
         {},
         "system.unclean-shutdown",
         {},
         {},
         "crash",
         "the last run did not end cleanly (power cut or crash); up to the last second of each recording "
         "may be missing",
         {}});
  }
  events_->append({0, {}, "system.started", {}, {}, {}, "the server has started", {}});
  if (!restored_.empty()) events_->append({0, {}, "system.backup-restored", {}, {}, {}, restored_, {}});
  keep_backups(pool_.next(), clock_, *backups_, workers_, *events_);
  for (const auto& failure : host_network_->restore()) {
    events_->append({0, {}, "network.failed", {}, {}, "host", "could not be set again: " + failure, {}});
  }
  keep_leases(pool_.next(), clock_, *host_network_, workers_, *events_);
  central::DeviceQuery all;
  all.limit = central::DeviceRegistry::most_devices;
  for (const auto& device : registry_->list(all).items) activate(*device, true);
  print_ready_line();
  pool_.run();

  const bool restart = ending_ && how_ == api::Ending::restart;
  if (restart) hold_signals();
  Ended ended{restart, door_->free_ports()};
  stop(!ending_ ? "signal" : restart ? "restart" : "shutdown");
  mark.remove();
  if (signal_was_held()) ended.restart = false;
  return ended;
}

void Server::stop(const std::string& cause) {
  base::log_info("stopping");
  door_->stop();
  bus_.stop();
  storage_->channels().stop();
  workers_.join();
  hashers_.join();
  storage_->storage().stop();
  host_network_->stop();
  events_->append(
      {0, {}, "system.stopped", {}, {}, cause, "the server has stopped; recordings are closed", {}});
  if (auto made = backups_->make(); !made) base::log_warning("{}", made.error().message);
}

}  // namespace

Result<Ended> run_server(const ServerOptions& options) { return Server(options).run(); }

}  // namespace watchrig::app
