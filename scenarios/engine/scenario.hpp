#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"

namespace watchrig::scenarios {

struct StepSyntax;

/// One step as it will run: parameters filled in, includes in place, counted repetitions written out.
struct Step {
  const StepSyntax* syntax =
      nullptr;  ///< belongs to the step table that the scenario was parsed with; never null
  std::map<std::string, std::string, std::less<>> attributes;  ///< each checked against the syntax
  std::vector<Step> steps;                                     ///< of a block
  std::string file;
  int line = 0;
};

/// A failure that somebody already looks after, and the devices that it is bound to.
struct ExpectedFailure {
  std::string reference;    ///< where it is tracked
  std::string reason;       ///< what is known
  std::string fingerprint;  ///< text that the detail of a device of the run contains
};

/// How vmsd is started for a scenario.
struct ServerSetup {
  bool initialise = true;             ///< and signed in; false: as it was found, and nobody is signed in
  std::vector<std::string> settings;  ///< `name=value`, given to vmsd by --set
  std::vector<std::string> cards;     ///< network cards made for vmsd to look after; see HostCards
  std::vector<std::string> volumes;   ///< names of folders made for vmsd to record on; none: its own one
  bool free_ports = true;             ///< for HTTP, HTTPS and RTSP; false: those of vmsd's settings
};

/// A scenario file, checked as far as it can be without running it.
struct Scenario {
  std::string id;  ///< lower-case letters, digits and `.-`; names the evidence folder
  std::string title;
  std::vector<std::string> verifies;  ///< rows of conformance/requirements
  base::Duration timeout{};           ///< model time for everything from the first step to the last
  std::string file;
  std::string rig;  ///< the <rig> element as text; paths in it are absolute
  std::vector<ExpectedFailure> known_failures;
  ServerSetup server;
  std::vector<Step> steps;
};

/// Steps in a tree, blocks included.
std::size_t count_steps(const std::vector<Step>& steps);

/// The step for a person, on one line: `expect event=recording.resumed channel=Gate within=5s`.
std::string describe(const Step& step);

/// The scenario as an XML document that parses to the same scenario without any parameter or included file:
/// what the evidence keeps and replay runs.
std::string to_xml(const Scenario& scenario);

}  // namespace watchrig::scenarios
