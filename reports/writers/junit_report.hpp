#pragma once

#include <string>

#include "reports/model/run_record.hpp"

namespace watchrig::reports {

/// junit.xml in the form that Jenkins and GitLab read: one test suite a scenario file, one test case a
/// scenario. Skips carry their reason and count; fail becomes `failure`, inconclusive and harness-error
/// become `error`, because neither says anything good about the build. A run that broke or selected nothing
/// has a case of its own that errs. Characters that XML 1.0 does not allow are replaced.
std::string to_junit(const RunRecord& run);

}  // namespace watchrig::reports
