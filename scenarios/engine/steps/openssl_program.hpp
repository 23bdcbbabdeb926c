#pragma once

#include <string>
#include <vector>

#include "scenarios/engine/step_context.hpp"

namespace watchrig::scenarios {

/// Runs the program openssl, which writes to `openssl.log` of the evidence. Errors: io, with its last words.
base::Result<> run_openssl(const StepContext& step, std::vector<std::string> words);

}  // namespace watchrig::scenarios
