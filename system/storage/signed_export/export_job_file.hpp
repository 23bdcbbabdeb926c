#pragma once

#include "system/storage/signed_export/export_queue.hpp"

namespace watchrig::storage {

/// An export as it is kept over restarts, in its folder. Errors: io.
base::Result<> write_job(const std::filesystem::path& file, const ExportJob& job);
/// Errors: io, corrupt.
base::Result<ExportJob> read_job(const std::filesystem::path& file);

}  // namespace watchrig::storage
