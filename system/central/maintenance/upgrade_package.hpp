#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/central/maintenance/signed_text.hpp"

namespace watchrig::central {

/// 1.2.3, each up to 9999.
struct ProgramVersion {
  unsigned major_number = 0;
  unsigned minor_number = 0;
  unsigned patch = 0;
  auto operator<=>(const ProgramVersion&) const = default;  // NOLINT(modernize-use-nullptr): clang 14's own 0

  static std::optional<ProgramVersion> from(std::string_view text);
  std::string text() const;
};

enum class UpgradeKind {
  update,  ///< the program alone
  system,  ///< a whole installation: the program and what lies beside it
  module,  ///< programs of AI modules, all of one type
};
std::string_view to_string(UpgradeKind kind);
std::optional<UpgradeKind> upgrade_kind_from(std::string_view text);

/// A file of an upgrade. Their bytes come one after the other behind the beginning of the package.
struct UpgradeFile {
  std::uint64_t bytes = 0;
  std::string sha256;  ///< lower-case hexadecimal
  std::string name;    ///< letters, digits, "-", "_" and "."; no dot in front
};

/// What the beginning of an upgrade says: `WATCHRIG-UPGRADE 1`, then kind, version, `module: TYPE` of each
/// module that it is for, and `file: BYTES SHA256 NAME` of each file; see SignedText.
struct UpgradePackage {
  static constexpr std::uint64_t most_bytes = 256u << 20;
  static constexpr std::size_t most_files = 64;
  static constexpr std::string_view program = "vmsd";  ///< the file that updates and systems must hold

  UpgradeKind kind = UpgradeKind::update;
  ProgramVersion version;
  std::vector<std::string> modules;
  std::vector<UpgradeFile> files;
  std::string beginning;  ///< as it was signed, with its signature
};

/// Errors: those of read_signed_text, and corrupt, which names the line; unsupported for modules of several
/// types.
base::Result<UpgradePackage> read_upgrade(std::string_view file, const MakerKey& maker);

/// Whether a file holds what its package says. Errors: corrupt (cut short, too long, or which file of it is
/// damaged), io. Reads all of it.
base::Result<> check_upgrade_files(const std::filesystem::path& package, const UpgradePackage& upgrade);

/// Whether the files of a package are in that folder as its signature says, to the byte. Errors: corrupt
/// (which was changed), io. Reads all of them.
base::Result<> check_unpacked_files(const std::filesystem::path& folder, const UpgradePackage& upgrade);

/// Hexadecimal SHA-256 of a part of a file, as much as there is. Errors: io.
base::Result<std::string> sha256_of(const std::filesystem::path& file, std::uint64_t offset,
                                    std::uint64_t bytes);

}  // namespace watchrig::central
