#pragma once

#include <string>

#include "scenarios/engine/scenario_parser.hpp"
#include "scenarios/engine/substitution.hpp"

namespace watchrig::scenarios {

/// The <rig> of a scenario as text for the rig process: parameters filled in, overrides applied, the file
/// that
/// `<rig file="…"/>` names in place, and paths of video files made absolute where such a file exists. What
/// its elements mean is the rig's to check.
base::Result<std::string> build_rig(const XmlSource& source, pugi::xml_node rig, const Variables& variables,
                                    const ParseOptions& options);

}  // namespace watchrig::scenarios
