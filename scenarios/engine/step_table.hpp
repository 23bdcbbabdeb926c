#pragma once

#include "scenarios/engine/step_context.hpp"
#include "scenarios/engine/step_syntax.hpp"

namespace watchrig::scenarios {

/// Every verb of the language.
const StepTable& step_table();

/// Does one step of that table that is no block.
Outcome perform(StepContext& context);

}  // namespace watchrig::scenarios
