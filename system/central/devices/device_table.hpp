#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/central/devices/csv.hpp"
#include "system/central/devices/device.hpp"

namespace watchrig::central {

/// A line of a table of devices as it was understood.
struct TableRow {
  std::size_t row = 0;  ///< 1 for the first below the header
  Device device;
  std::vector<std::string> missing;  ///< names of fields: name, address, password; the row is to be completed
  std::optional<FieldError> error;   ///< a value that cannot be
};

/// The header of a table to be filled, with one line as an example.
std::string device_table_template();

/// Reads a filled template, or what write_device_table wrote. Its first line names the columns, in any order;
/// Name and IP (or Main address) are needed. A user without a password is incomplete. The rules of a device
/// are not asked here. Error: invalid, for the table as a whole.
base::Result<std::vector<TableRow>> read_device_table(std::string_view text);

/// IP, port, channel number, name, manufacturer and user of each (IVSS 8.2.2.3), without passwords.
std::string write_device_table(const std::vector<DevicePtr>& devices);

}  // namespace watchrig::central
