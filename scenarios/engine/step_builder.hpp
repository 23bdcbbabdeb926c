#pragma once

#include <filesystem>
#include <vector>

#include "scenarios/engine/scenario_parser.hpp"
#include "scenarios/engine/substitution.hpp"

namespace watchrig::scenarios {

/// Makes steps out of elements: fills in parameters, inlines <include>, writes counted repetitions out and
/// checks every attribute. Bounded: 10,000 steps a scenario, includes 8 deep.
class StepBuilder {
 public:
  explicit StepBuilder(const ParseOptions& options) : options_(options) {}

  /// The steps within `block`, an element of `source`.
  base::Result<std::vector<Step>> steps(const XmlSource& source, pugi::xml_node block,
                                        const Variables& variables);

 private:
  using Steps = base::Result<std::vector<Step>>;
  base::Result<> append(const XmlSource& source, pugi::xml_node node, const Variables& variables,
                        std::vector<Step>& to);
  base::Result<> include(const XmlSource& source, pugi::xml_node node, const Variables& variables,
                         std::vector<Step>& to);
  base::Result<Step> step(const XmlSource& source, pugi::xml_node node, const Variables& variables);
  base::Result<> read_attributes(const XmlSource& source, pugi::xml_node node, const Variables& variables,
                                 Step& step);
  Steps unroll(const XmlSource& source, pugi::xml_node node, const Variables& variables, const Step& step);

  const ParseOptions& options_;
  std::vector<std::filesystem::path> including_;
  std::size_t count_ = 0;
};

}  // namespace watchrig::scenarios
