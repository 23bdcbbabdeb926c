#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "scenarios/engine/bench.hpp"
#include "scenarios/engine/step_runner.hpp"

namespace watchrig::scenarios {

/// What a step works with. Its attributes have been checked by the parser, so reading them cannot fail.
struct StepContext {
  Bench& bench;
  Branch& branch;
  const Step& step;

  bool has(std::string_view attribute) const { return step.attributes.contains(attribute); }
  std::string text(std::string_view attribute, std::string_view otherwise = {}) const;
  std::optional<base::Duration> duration(std::string_view attribute) const;
  std::optional<double> number(std::string_view attribute) const;
  bool yes(std::string_view attribute) const { return text(attribute) == "true"; }
  /// The moment that an attribute names, or the other one when it is absent. not_found: no such mark so far.
  base::Result<base::UtcTime> moment(std::string_view attribute, base::UtcTime otherwise) const;

  /// The attribute with each {{name}} replaced by the value that was kept as that name. not_found: there is
  /// none.
  base::Result<std::string> filled(std::string_view attribute) const;
  /// The text with each {Name} replaced by the id of the channel, or else of the kept session, of that name.
  /// not_found: there is none.
  base::Result<std::string> with_ids(std::string_view text) const;

  /// When what the step waits for must have come: `within` after the latest action, or after now if there is
  /// none.
  base::UtcTime deadline(base::Duration otherwise) const;
  /// A pass when the device is a virtual one of the rig; a skip when it is real, because only a virtual one
  /// can be told what to do and tell what it did.
  Outcome check_virtual(const std::string& device) const;
  /// Turns a failure into `inconclusive` when the rig itself was late: then the machine was too slow for the
  /// scenario, and vmsd must not get the blame.
  Outcome unless_rig_was_late(Outcome outcome) const;
  /// Waits for a condition that is asked over and over; false when time or scenario ended first.
  bool wait_for(base::UtcTime until, const std::function<bool()>& condition) const;
};

/// Outcomes by whose fault it was.
Outcome failed(std::string message);
Outcome of_vms(const base::Error& error);  ///< fail
Outcome of_rig(const base::Error& error);  ///< harness-error
Outcome of_author(std::string message);    ///< harness-error: the scenario asks for what there is not
Outcome passed_with(std::string message);

}  // namespace watchrig::scenarios
