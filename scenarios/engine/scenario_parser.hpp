#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/scenario.hpp"
#include "scenarios/engine/step_syntax.hpp"
#include "scenarios/engine/xml_source.hpp"

namespace watchrig::scenarios {

/// One `--set` of the command line.
struct Override {
  std::string device;  ///< id of an element of the rig; empty: a parameter
  std::string name;    ///< of the parameter or attribute
  std::string value;
};

/// Reads `name=value` and `id.attribute=value`; the id may itself contain dots.
base::Result<Override> parse_override(std::string_view text);

struct ParseOptions {
  const StepTable* table = nullptr;  ///< required; outlives the scenario
  FileReader read = read_text_file;
  std::vector<Override> overrides;
  std::string rig_file;  ///< text of a rig whose devices take the place of those with the same ids
  std::set<std::size_t>* used = nullptr;  ///< indices of the overrides that found something are added
};

/// Parses and checks one scenario file. Errors say `file:line: what is wrong, and what would be right`.
base::Result<Scenario> parse_scenario(const std::string& file, const ParseOptions& options);

/// The same from text; `file` names it in messages, and what it includes is relative to it.
base::Result<Scenario> parse_scenario_text(std::string_view text, const std::string& file,
                                           const ParseOptions& options);

/// Whether the text has a <scenario> element at its root; suites may contain other XML, such as what is
/// included.
bool is_scenario(std::string_view text);

}  // namespace watchrig::scenarios
