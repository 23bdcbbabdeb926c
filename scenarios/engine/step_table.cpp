#include "scenarios/engine/step_table.hpp"

#include <algorithm>
#include <iterator>

#include "scenarios/engine/steps/step_families.hpp"

namespace watchrig::scenarios {

namespace {

const std::vector<StepDefinition>& definitions() {
  static const std::vector<StepDefinition> all = [] {
    std::vector<StepDefinition> result;
    for (const auto family :
         {device_steps,  recording_steps,   wait_steps,    event_steps,   process_steps,
          fault_steps,   rig_steps,         network_steps, view_steps,    export_steps,
          state_steps,   response_steps,    host_steps,    mail_steps,    message_steps,
          service_steps, certificate_steps, maker_steps,   upgrade_steps, measure_steps}) {
      std::ranges::move(family(), std::back_inserter(result));
    }
    return result;
  }();
  return all;
}

}  // namespace

const StepTable& step_table() {
  static const StepTable table = [] {
    auto syntaxes = block_steps();
    for (const auto& definition : definitions()) syntaxes.push_back(definition.syntax);
    return StepTable(std::move(syntaxes));
  }();
  return table;
}

Outcome perform(StepContext& context) {
  const auto found =
      std::ranges::find(definitions(), context.step.syntax->verb,
                        [](const StepDefinition& definition) { return definition.syntax.verb; });
  if (found == definitions().end()) return of_author("no step " + std::string(context.step.syntax->verb));
  return found->perform(context);
}

}  // namespace watchrig::scenarios
