#include "system/central/central.hpp"

#include "system/central/certificates/certificate_maker.hpp"
#include "system/central/certificates/device_trust.hpp"
#include "system/central/devices/device_registration.hpp"
#include "system/central/maintenance/licence_store.hpp"
#include "system/central/maintenance/upgrade_store.hpp"
#include "system/central/recording/disk_groups.hpp"
#include "system/central/recording/record_desk.hpp"
#include "system/central/relay/relay_sections.hpp"
#include "system/central/serial_number.hpp"
#include "system/platform/data_folder.hpp"
#include "system/platform/neighbour_table.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::Result;

namespace {

constexpr auto clock_offset = "clock_offset";
constexpr auto given_ids = "given_ids";
constexpr auto serial_file = "serial_number";

template <class Store>
Result<> put(std::unique_ptr<Store>& place, Result<std::unique_ptr<Store>> opened) {
  if (!opened) return opened.error();
  place = std::move(*opened);
  return {};
}

}  // namespace

std::vector<std::string> Central::databases() {
  return {event_database, "settings.db",         "accounts.db",
          "devices.db",   "schedules.db",        "layouts.db",
          "access.db",    "certificates/own.db", "certificates/trusted.db",
          "ptz.db",       "onvif_accounts.db",   "disk_groups.db"};
}

Result<std::unique_ptr<Central>> Central::open(const fs::path& data, base::CorrectedClock& clock,
                                               FixedSettings fixed, const Product& product) {
  std::unique_ptr<Central> central(new Central(data, clock, product));
  if (auto opened = central->open_stores(data, clock, std::move(fixed)); !opened) return opened.error();
  return central;
}

std::vector<std::string> Central::configuration_files() {
  auto files = databases();
  std::erase(files, event_database);
  files.emplace_back("secrets.key");
  return files;
}

std::vector<std::string> Central::lasting_files() {
  return {clock_offset, given_ids, licence_folder, upgrade_folder, serial_file};
}

Central::Central(const fs::path& data, base::CorrectedClock& clock, const Product& product)
    : product_(product),
      given_ids_(data / given_ids),
      clock_(clock),
      server_clock_(clock, data / clock_offset),
      resets_(clock),
      tasks_(clock),
      ptz_claims_(clock) {}

Result<> Central::open_stores(const fs::path& data, const base::Clock& clock, FixedSettings fixed) {
  auto vault = platform::SecretVault::open(data / "secrets.key");
  if (!vault) return vault.error();
  vault_ = std::make_unique<platform::SecretVault>(std::move(*vault));
  auto serial = open_serial_number(data / serial_file);
  if (!serial) return serial.error();
  serial_number_ = *std::move(serial);
  const fs::path certificates = data / "certificates";
  if (auto made = platform::make_folder(certificates, fs::perms::owner_all); !made) return made;

  Result<> opened = put(events_, EventLog::open(data / event_database, clock));
  const ProductProfile& profile = *product_.profile;
  if (opened) {
    opened = put(settings_,
                 Settings::open(data / "settings.db", *vault_, std::move(fixed), setting_sections(product_)));
  }
  if (opened) opened = put(schedules_, Schedules::open(data / "schedules.db"));
  if (opened) opened = put(registry_, DeviceRegistry::open(data / "devices.db", *vault_));
  if (opened) {
    opened = put(
        accounts_,
        Accounts::open(data / "accounts.db", clock,
                       {[this](std::string_view channel) { return registry_->area_path_of_channel(channel); },
                        [this](std::int64_t area) { return registry_->area_path(area); }},
                       profile));
  }
  if (opened)
    opened = put(onvif_accounts_, OnvifAccounts::open(data / "onvif_accounts.db", *vault_, profile.password));
  if (opened) opened = put(layouts_, LayoutStore::open(data / "layouts.db", profile));
  if (opened) opened = put(access_, AccessFilter::open(data / "access.db", platform::mac_of));
  if (opened)
    opened =
        put(certificates_, CertificateStore::open(certificates / "own.db", *vault_, clock, own_addresses));
  if (opened) opened = put(authorities_, TrustedAuthorities::open(certificates / "trusted.db", clock));
  if (opened) opened = put(information_, SystemInformation::open(data / "information.json", *events_, clock));
  if (opened) opened = put(voices_, VoiceFiles::open(data / "voices"));
  if (opened) opened = put(ptz_book_, PtzBook::open(data / "ptz.db"));
  if (opened) opened = put(disk_groups_, DiskGroups::open(data / "disk_groups.db", data));
  if (!opened) return opened;
  const auto given = load_given_ids(given_ids_);
  if (!given) return given.error();
  if (auto skipped = registry_->skip_ids(*given); !skipped) return skipped;
  sign_in_ = std::make_unique<SignIn>(*accounts_, clock, SignIn::rules_from(*settings_));
  sign_in_->remember_in(data / "locked.db");
  resets_.remember_in(data / "password_resets.db");
  mailer_ = std::make_unique<Mailer>(*settings_, clock);
  record_desk_ =
      std::make_unique<RecordDesk>(RecordDesk::Parts{*registry_, *schedules_, *settings_, *events_, clock});
  return {};
}

Central::~Central() = default;

Result<> Central::keep_given_ids() {
  const auto ids = registry_->given_ids();
  if (!ids) return ids.error();
  return save_given_ids(given_ids_, *ids);
}

void Central::follow_settings(const boost::asio::any_io_executor& executor, const RelayDoor& door,
                              std::function<void(const Device&)> registered) {
  mirror_ = std::make_unique<LogMirror>(*events_, *settings_, executor);
  time_sync_ =
      std::make_unique<TimeSync>(TimeSync::Parts{clock_, server_clock_, *settings_, *events_}, executor);
  ddns_ =
      std::make_unique<DdnsUpdate>(DdnsUpdate::Parts{clock_, *settings_, *authorities_, *events_}, executor);
  const RelayLink::Parts relayed{clock_, *settings_, *events_, door};
  registration_ = std::make_unique<RelayLink>(registration_kind(*settings_), relayed, executor);
  p2p_ = std::make_unique<RelayLink>(p2p_kind(serial_number_), relayed, executor);
  device_registration_ = std::make_unique<DeviceRegistration>(
      DeviceRegistration::Parts{
          clock_, *settings_, *events_, *registry_, device_notes_,
          [this](const boost::asio::ip::address& source) { return access_->admits(source); },
          std::move(registered)},
      executor);
  device_trust_ = std::make_unique<DeviceTrust>(
      DeviceTrust::Parts{clock_, *registry_, *authorities_, *events_}, executor);
  for (const char* section : {"accounts", "lock.accounts", "lock.sources", "session_blast"}) {
    settings_->listen(
        section, [this](const Settings::Change&) { sign_in_->set_rules(SignIn::rules_from(*settings_)); });
  }
}

}  // namespace watchrig::central
