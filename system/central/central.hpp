#pragma once

#include "system/central/access/access_filter.hpp"
#include "system/central/accounts/onvif_accounts.hpp"
#include "system/central/accounts/password_resets.hpp"
#include "system/central/accounts/sign_in.hpp"
#include "system/central/certificates/certificate_store.hpp"
#include "system/central/certificates/trusted_authorities.hpp"
#include "system/central/ddns/ddns_update.hpp"
#include "system/central/device_notes.hpp"
#include "system/central/devices/channel_states.hpp"
#include "system/central/devices/device_registry.hpp"
#include "system/central/event_log.hpp"
#include "system/central/layouts/layout_store.hpp"
#include "system/central/log_mirror.hpp"
#include "system/central/mail/mailer.hpp"
#include "system/central/maintenance/task_list.hpp"
#include "system/central/ptz/ptz_book.hpp"
#include "system/central/ptz/ptz_claims.hpp"
#include "system/central/relay/relay_link.hpp"
#include "system/central/schedules/schedules.hpp"
#include "system/central/settings/settings.hpp"
#include "system/central/system_information.hpp"
#include "system/central/time/time_sync.hpp"
#include "system/central/voices/voice_files.hpp"

namespace watchrig::central {

class DeviceRegistration;
class DeviceTrust;
class DiskGroups;
class RecordDesk;

/// The central role of this process: all that an operator arranges and all that has happened, each in a store
/// of its own in the data folder. Any thread may use any of them.
class Central {
 public:
  /// Those databases in the data folder that are copied and can be put back.
  static std::vector<std::string> databases();
  /// Those files in the data folder that are the configuration, databases and others.
  static std::vector<std::string> configuration_files();
  /// Those files that stay when the configuration is erased or replaced: recordings are ordered by them, or
  /// they belong to the machine, as its licence does.
  static std::vector<std::string> lasting_files();

  /// That of them which changes all the time.
  static constexpr const char* event_database = "events.db";

  ~Central();
  /// The clock outlives it. Errors name the store and what to do.
  static base::Result<std::unique_ptr<Central>> open(const std::filesystem::path& data,
                                                     base::CorrectedClock& clock, FixedSettings fixed,
                                                     const Product& product = {});
  /// From now on the stores follow the settings, log entries are copied, and relays lead clients to the door,
  /// with `executor` as the lane.
  /// `registered` is told of each device that has just registered.
  void follow_settings(const boost::asio::any_io_executor& executor, const RelayDoor& door,
                       std::function<void(const Device&)> registered);

  /// Has the ids of devices and channels go on where they are after the configuration is erased or replaced.
  base::Result<> keep_given_ids();

  const Product& product() const { return product_; }
  Settings& settings() { return *settings_; }
  EventLog& events() { return *events_; }
  Accounts& accounts() { return *accounts_; }
  OnvifAccounts& onvif_accounts() { return *onvif_accounts_; }
  SignIn& sign_in() { return *sign_in_; }
  PasswordResets& resets() { return resets_; }
  DeviceRegistry& registry() { return *registry_; }
  LayoutStore& layouts() { return *layouts_; }
  Schedules& schedules() { return *schedules_; }
  ServerClock& server_clock() { return server_clock_; }
  /// After follow_settings().
  TimeSync& time_sync() { return *time_sync_; }
  /// After follow_settings().
  DdnsUpdate& ddns() { return *ddns_; }
  RelayLink& registration() { return *registration_; }
  RelayLink& p2p() { return *p2p_; }
  DeviceRegistration& device_registration() { return *device_registration_; }
  /// After follow_settings().
  DeviceTrust& device_trust() { return *device_trust_; }
  const std::string& serial_number() const { return serial_number_; }
  Mailer& mailer() { return *mailer_; }
  AccessFilter& access() { return *access_; }
  CertificateStore& certificates() { return *certificates_; }
  TrustedAuthorities& authorities() { return *authorities_; }
  VoiceFiles& voices() { return *voices_; }
  SystemInformation& information() { return *information_; }
  TaskList& tasks() { return tasks_; }
  RecordDesk& record_desk() { return *record_desk_; }
  DiskGroups& disk_groups() { return *disk_groups_; }
  PtzBook& ptz_book() { return *ptz_book_; }
  PtzClaims& ptz_claims() { return ptz_claims_; }
  DeviceNotes& device_notes() { return device_notes_; }
  ChannelStates& channel_states() { return channel_states_; }

 private:
  Central(const std::filesystem::path& data, base::CorrectedClock& clock, const Product& product);
  base::Result<> open_stores(const std::filesystem::path& data, const base::Clock& clock,
                             FixedSettings fixed);

  const Product product_;
  const std::filesystem::path given_ids_;
  std::string serial_number_;
  const base::Clock& clock_;
  ServerClock server_clock_;
  PasswordResets resets_;
  TaskList tasks_;
  PtzClaims ptz_claims_;
  DeviceNotes device_notes_;
  ChannelStates channel_states_;
  std::unique_ptr<EventLog> events_;
  std::unique_ptr<platform::SecretVault> vault_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<Accounts> accounts_;
  std::unique_ptr<OnvifAccounts> onvif_accounts_;
  std::unique_ptr<SignIn> sign_in_;
  std::unique_ptr<Mailer> mailer_;
  std::unique_ptr<Schedules> schedules_;
  std::unique_ptr<DeviceRegistry> registry_;
  std::unique_ptr<LayoutStore> layouts_;
  std::unique_ptr<AccessFilter> access_;
  std::unique_ptr<CertificateStore> certificates_;
  std::unique_ptr<TrustedAuthorities> authorities_;
  std::unique_ptr<VoiceFiles> voices_;
  std::unique_ptr<SystemInformation> information_;
  std::unique_ptr<LogMirror> mirror_;
  std::unique_ptr<TimeSync> time_sync_;
  std::unique_ptr<DdnsUpdate> ddns_;
  std::unique_ptr<RelayLink> registration_;
  std::unique_ptr<RelayLink> p2p_;
  std::unique_ptr<DeviceRegistration> device_registration_;
  std::unique_ptr<DeviceTrust> device_trust_;
  std::unique_ptr<PtzBook> ptz_book_;
  std::unique_ptr<DiskGroups> disk_groups_;
  std::unique_ptr<RecordDesk> record_desk_;
};

}  // namespace watchrig::central
