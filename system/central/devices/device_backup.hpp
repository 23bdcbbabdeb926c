#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/central/devices/area_tree.hpp"
#include "system/central/devices/device.hpp"
#include "system/platform/secret_vault.hpp"

namespace watchrig::central {

/// Areas and devices with their passwords, encrypted by the vault so that only this server reads them.
struct DeviceBackup {
  std::vector<Area> areas;  ///< parents before children
  std::vector<Device> devices;
};

base::Result<std::string> write_backup(const DeviceBackup& backup, const platform::SecretVault& vault);
/// Errors: those of SecretVault::open_sealed; corrupt for what is no backup of devices.
base::Result<DeviceBackup> read_backup(std::string_view text, const platform::SecretVault& vault);
bool is_backup(std::string_view text);

}  // namespace watchrig::central
