#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>

#include "system/base/clock.hpp"
#include "system/central/field_error.hpp"
#include "system/central/maintenance/upgrade_package.hpp"

namespace watchrig::central {

/// In the data folder.
inline constexpr auto upgrade_folder = "upgrade";

/// Upgrades of this server: checks what was uploaded, and puts it where the next start finds it
/// (InstalledProgram). Any thread; calls block it.
class UpgradeStore {
 public:
  /// An upload of which no piece came for so long is not going on any more.
  static constexpr base::Duration upload_patience = std::chrono::minutes(10);
  static constexpr std::string_view suffix = ".bin";

  /// Starts a program on an empty folder by way of trial. Gives back the version that it says it has. Errors:
  /// invalid, timeout.
  using Trial = std::function<base::Result<std::string>(const std::filesystem::path& program,
                                                        const std::filesystem::path& folder)>;

  /// The clock outlives it.
  UpgradeStore(std::filesystem::path folder, const MakerKey& maker, ProgramVersion own, Trial trial,
               const base::Clock& clock)
      : folder_(std::move(folder)), maker_(maker), own_(own), trial_(std::move(trial)), clock_(clock) {}

  /// A piece of an upgrade has come.
  void note_upload(UpgradeKind kind);
  /// It has been used, refused or withdrawn.
  void end_upload(UpgradeKind kind);
  /// While an upgrade is uploaded, checked or installed, the server must not end: why not. The upload of a
  /// kind that is about to be installed can be left out.
  std::optional<std::string> in_progress(std::optional<UpgradeKind> but_for = std::nullopt) const;

  /// What the file is, if it can be installed. Errors, with the field `name`, `kind` or `file`: invalid (what
  /// is wrong with it), denied (not signed by the maker), conflict (not newer; no such module), unsupported,
  /// io.
  FieldResult<UpgradePackage> check(UpgradeKind kind, const std::string& name,
                                    const std::filesystem::path& file);
  /// The same, and then the next start runs it, after it was seen to start by way of trial. Takes the file
  /// away first, so that nobody can change what was checked, and ends the upload whatever comes of it. Errors
  /// also: full.
  FieldResult<UpgradePackage> install(UpgradeKind kind, const std::string& name,
                                      const std::filesystem::path& file);
  /// Takes the last install() back. Errors: io.
  base::Result<> withdraw();

 private:
  class InProgress;
  base::Result<> unpack(const UpgradePackage& upgrade, const std::filesystem::path& file,
                        const std::filesystem::path& folder) const;
  base::Result<> try_out(const UpgradePackage& upgrade, const std::filesystem::path& folder) const;
  base::Result<> stage(const UpgradePackage& upgrade, const std::filesystem::path& file) const;

  const std::filesystem::path folder_;
  const MakerKey maker_;
  const ProgramVersion own_;
  const Trial trial_;
  const base::Clock& clock_;
  std::mutex installing_;
  mutable std::mutex mutex_;
  std::map<UpgradeKind, base::UtcTime> last_pieces_;
  int checking_ = 0;
};

}  // namespace watchrig::central
