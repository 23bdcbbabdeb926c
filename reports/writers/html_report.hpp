#pragma once

#include <filesystem>
#include <string>

#include "reports/model/run_record.hpp"

namespace watchrig::reports {

/// index.html: one file without any reference to the network; style, script, plots and small stills are
/// inside it. Evidence is looked up below `folder` (nothing outside of it is ever read) and linked by
/// relative path. Everything that comes from records or evidence is escaped.
std::string to_html(const RunRecord& run, const std::filesystem::path& folder);

}  // namespace watchrig::reports
