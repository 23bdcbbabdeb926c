#pragma once

#include <filesystem>

#include "reports/model/run_record.hpp"
#include "system/base/result.hpp"

namespace watchrig::reports {

/// Writes report.json, junit.xml and index.html into the folder, which is made when absent. Each file appears
/// whole or not at all. Evidence that the records name should be in place before: index.html shows stills and
/// the last lines of logs from it.
base::Result<> write_report(const RunRecord& run, const std::filesystem::path& folder);

/// Reads report.json of a report folder, or the file itself.
base::Result<RunRecord> read_report(const std::filesystem::path& folder_or_file);

}  // namespace watchrig::reports
