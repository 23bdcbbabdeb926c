#pragma once

#include <string>
#include <string_view>

#include "reports/model/run_record.hpp"
#include "system/base/result.hpp"

namespace watchrig::reports {

/// Version of report.json. It changes when a field is removed or changes its meaning; fields may be added
/// without.
inline constexpr int report_version = 1;

/// report.json; see report_format.md. Always valid UTF-8: bytes that are not become U+FFFD.
std::string to_json(const RunRecord& run);

/// Reads what to_json() writes. Unknown fields are ignored and absent ones keep their default. Errors:
/// `corrupt` for text that is no JSON, `invalid` for a field of the wrong type (the message names its path),
/// `unsupported` for another version.
base::Result<RunRecord> parse_report(std::string_view text);

}  // namespace watchrig::reports
