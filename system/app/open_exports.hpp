#pragma once

#include <filesystem>
#include <memory>

#include "system/central/central.hpp"
#include "system/storage/signed_export/export_queue.hpp"

namespace watchrig::app {

/// The exports of a server, as its settings say, which tell the event log what becomes of them. Errors: io.
base::Result<std::unique_ptr<storage::ExportQueue>> open_exports(std::filesystem::path folder,
                                                                 central::Central& central,
                                                                 storage::ExportQueue::Parts parts);

}  // namespace watchrig::app
