#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/model/scenario_record.hpp"
#include "scenarios/engine/halt.hpp"
#include "scenarios/engine/scenario.hpp"

namespace watchrig::scenarios {

/// What a step came to. The message is a sentence for a person; required unless passed.
struct Outcome {
  reports::Verdict verdict = reports::Verdict::pass;
  std::string message = {};
};

/// What steps of one sequence know of those before them.
struct Branch {
  base::UtcTime action_begin{};  ///< of the latest step that changed something
  base::UtcTime action_end{};
};

/// Runs steps: in sequence, in parallel with one thread a branch, over and over for a time. A step that fails
/// ends its sequence unless that says on-fail="continue"; what did not run is recorded as skipped. Exceptions
/// of a step are harness errors.
class StepRunner {
 public:
  using Perform = std::function<Outcome(const Step&, Branch&)>;

  /// Clock and halt outlive the runner; `perform` does one step that is no block, on any thread.
  StepRunner(const base::Clock& clock, Halt& halt, Perform perform)
      : clock_(clock), halt_(halt), perform_(std::move(perform)) {}

  /// Runs them as one sequence.
  std::vector<reports::StepRecord> run(const std::vector<Step>& steps);

 private:
  using Records = std::vector<reports::StepRecord>;
  Records sequence(const std::vector<Step>& steps, bool go_on, Branch& branch);
  Records parallel(const std::vector<Step>& steps, Branch& branch);
  Records repeat(const Step& block, Branch& branch);
  reports::StepRecord run_step(const Step& step, Branch& branch);
  Outcome perform_guarded(const Step& step, Branch& branch);

  const base::Clock& clock_;
  Halt& halt_;
  Perform perform_;
};

/// The worst of the steps' verdicts, and the reason of the first step that had it.
Outcome fold(const std::vector<reports::StepRecord>& steps);

}  // namespace watchrig::scenarios
