#pragma once

#include <string>

#include "scenarios/engine/step_context.hpp"

namespace watchrig::scenarios {

/// The text with its line `signature: …`, by whom the attribute `by` says: the maker in whom vmsd believes,
/// or a forger.
base::Result<std::string> sign_text(const StepContext& step, const std::string& text);

}  // namespace watchrig::scenarios
