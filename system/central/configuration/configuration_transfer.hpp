#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "system/base/clock.hpp"
#include "system/central/field_error.hpp"

namespace watchrig::central {

/// Takes the configuration of a data folder away as one encrypted file, and brings such a file in: accounts,
/// settings, devices with their passwords, schedules, layouts, access rules, certificates, and the key that
/// secrets are sealed with. Logs, recordings and the machine's own network are not in it. Any thread; each
/// call blocks it.
class ConfigurationTransfer {
 public:
  static constexpr std::size_t least_password = 8;
  static constexpr std::size_t most_password = 128;

  /// The clock outlives it.
  ConfigurationTransfer(std::filesystem::path data, const base::Clock& clock)
      : data_(std::move(data)), clock_(clock) {}

  /// Each database as one consistent state, while it is in use. Errors: those of copying and sealing.
  base::Result<std::string> write(std::string_view password) const;

  /// Has the next start put the configuration of the file in place, after all of it was opened by way of
  /// trial beside the present one. Errors: denied (the password, with its field), invalid (the file is
  /// damaged, of a newer program, or holds no administrator), conflict (one is waiting already), full, io;
  /// nothing has changed then.
  FieldResult<void> order(std::string_view file, std::string_view password);
  /// Takes that back.
  void withdraw();

 private:
  base::Result<> stage(const std::filesystem::path& folder, std::string_view content) const;

  const std::filesystem::path data_;
  const base::Clock& clock_;
  std::mutex ordering_;
};

/// Puts in place what was ordered; what was there before is kept in `replaced-TIME/`. A power cut on the way
/// leaves the rest for the next start. Before anything in the folder is open, and with no other server on it.
/// Gives back what was done, for a person. Errors: io.
base::Result<std::optional<std::string>> finish_import(const std::filesystem::path& data);

}  // namespace watchrig::central
