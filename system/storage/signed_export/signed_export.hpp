#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "system/platform/signing_key.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {

/// What is exported, and what its manifest says of that.
struct SignedExportOrder {
  struct Channel {
    std::string id, name, stream;
  };
  std::vector<Channel> channels;
  base::UtcTime from, to;
  std::string server;   ///< which has recorded it
  std::string account;  ///< who exports it
  std::string reason;
};

struct SignedExportSummary {
  std::uint64_t files = 0;
  std::uint64_t frames = 0;
  std::string manifest_sha256;  ///< in hex
};

/// Writes what is recorded of several channels within [from, to) as a ZIP to `file`: of each an MP4, cut at
/// exact frames, or several, where its presentation changes within that time; and a signed manifest, by which
/// check_export finds what was changed afterwards. Nothing is left at `file` after an error, and nothing
/// beside it. `reached` is told how much is done, 0 to 1. Reads and writes files. Errors: not_found (nothing
/// of any channel is recorded; or it made room for newer recordings meanwhile), full, io.
base::Result<SignedExportSummary> export_signed(const Storage& storage, const base::Clock& clock,
                                                const SignedExportOrder& order,
                                                const platform::SigningKey& key,
                                                const std::filesystem::path& file,
                                                const std::function<void(double)>& reached = {});

}  // namespace watchrig::storage
