#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "system/platform/signing_key.hpp"
#include "system/storage/signed_export/export_manifest.hpp"

namespace watchrig::storage {

/// What a signed export is found to be.
struct ExportFindings {
  std::vector<std::string> changes;  ///< what is not as it was signed; none: nothing was changed
  ExportManifest manifest;           ///< to be believed only without changes
  std::string signer;                ///< fingerprint of the key by which it was judged
};

/// Checks a signed export against its manifest, and that against the signer's key: `signer` where it is
/// known, else the one in the export, which says no more than that all is of one maker. Any file is safe to
/// check. Errors: not_found, io (it cannot be read), invalid (it is no signed export), unsupported (a newer
/// form).
base::Result<ExportFindings> check_export(const std::filesystem::path& file,
                                          const std::optional<platform::PublicKey>& signer);

}  // namespace watchrig::storage
