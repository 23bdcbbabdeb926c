#pragma once

#include <filesystem>
#include <functional>

#include "system/central/devices/area_tree.hpp"
#include "system/central/devices/device.hpp"
#include "system/central/devices/given_ids.hpp"
#include "system/platform/secret_vault.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// Areas, devices and channels as rows of `devices.db`, passwords sealed by the vault. Each function that
/// changes is one transaction, unless it is called within `transaction`. One thread at a time.
class DeviceDatabase {
 public:
  /// Passwords that an older program has stored readable are sealed, and their bytes wiped from the file.
  static base::Result<DeviceDatabase> open(const std::filesystem::path& file,
                                           const platform::SecretVault& vault);

  /// In order of their ids. A password that the vault cannot open is left out and told by `password_lost`.
  base::Result<> load(const std::function<void(Device)>& device, const std::function<void(Area)>& area);

  /// Sets the ids of the device and its channels.
  base::Result<> insert(Device& device);
  /// Of its channels, those without an id are new and get one; those of `before` that are missing go.
  base::Result<> update(Device& device, const Device& before);
  base::Result<> erase_device(std::int64_t id);
  /// Its plan, and its recording by hand.
  base::Result<> set_recording(const Channel& channel);
  /// What the device has told of itself, as text.
  base::Result<> set_information(std::int64_t device, const std::string& text);
  base::Result<std::string> information(std::int64_t device);
  base::Result<> set_certificate_pin(std::int64_t device, const std::string& fingerprint);
  base::Result<std::string> certificate_pin(std::int64_t device);

  base::Result<> insert(Area& area);
  base::Result<> update(const Area& area);
  base::Result<> erase_area(std::int64_t id);

  /// All or nothing, and one write to the disk.
  base::Result<> transaction(const std::function<base::Result<>()>& work);

  base::Result<GivenIds> given_ids();
  /// Ids to come are above these.
  base::Result<> skip_ids(const GivenIds& given);

  const platform::SecretVault& vault() const { return vault_; }

 private:
  DeviceDatabase(platform::SqliteDatabase database, const platform::SecretVault& vault)
      : database_(std::move(database)), vault_(vault) {}
  /// What a sealed password is bound to.
  static std::string password_purpose(std::int64_t device);
  base::Result<> seal_readable_passwords();
  base::Result<> write(const Device& device);
  base::Result<> insert_channel(std::int64_t device, Channel& channel);
  base::Result<> update_channel(const Channel& channel);
  base::Result<> erase_row(std::string_view sql, std::int64_t id);

  platform::SqliteDatabase database_;
  platform::SecretVault vault_;
  bool within_ = false;  ///< a transaction has begun
};

}  // namespace watchrig::central
