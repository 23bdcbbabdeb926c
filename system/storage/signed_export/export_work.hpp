#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "system/platform/signing_key.hpp"
#include "system/storage/signed_export/zip_layout.hpp"
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

/// What it has become.
struct SignedExportSummary {
  std::uint64_t files = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;      ///< of the files
  std::string manifest_sha256;  ///< in hex
};

struct SignedExportLimits {
  std::uint64_t file_bytes = 1u << 30;             ///< the next key picture begins a new file
  std::uint64_t bytes = std::uint64_t{512} << 30;  ///< so that its manifest can be read again
  std::uint64_t free = 1u << 30;                   ///< stay free on the volume of the folder
  std::size_t files = 10'000;
};

/// Told of each picture how much is done, 0 to 1, and how many bytes came with it, and before the first one
/// of each channel that is looked at, with none; false breaks it off.
using ExportPace = std::function<bool(double done, std::uint64_t bytes)>;

/// Puts what is recorded of several channels within [from, to) into `folder`: of each an MP4, cut at exact
/// frames, or several, where its presentation changes within that time and where one gets large; and a signed
/// manifest, by which check_export finds what was changed afterwards. What an attempt that was broken off has
/// left there is gone on with, by whole files. Reads and writes files. Errors: not_found (nothing of any
/// channel is recorded; or it made room for newer recordings meanwhile), full (the volume, or more than the
/// limits say), cancelled, io.
base::Result<SignedExportSummary> make_signed_export(const Storage& storage, const base::Clock& clock,
                                                     const SignedExportOrder& order,
                                                     const platform::SigningKey& key,
                                                     const std::filesystem::path& folder,
                                                     const SignedExportLimits& limits = {},
                                                     const ExportPace& pace = {});

/// One that was made, as a ZIP. Errors: io, corrupt.
base::Result<std::vector<ZipPiece>> zip_of_export(const std::filesystem::path& folder);

}  // namespace watchrig::storage
