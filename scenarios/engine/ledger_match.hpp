#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scenarios/engine/step_runner.hpp"
#include "system/base/clock.hpp"

namespace watchrig::scenarios {

/// One access unit that a virtual camera made, as its ledger tells.
struct LedgerUnit {
  std::uint64_t index = 0;
  base::UtcTime time{};  ///< of capture
  bool key = false;
  std::string digest;
  unsigned sent = 0;    ///< sessions that were given all of its packets
  unsigned harmed = 0;  ///< packets of it that faults lost or changed
};

/// Access units of the ledger, one after the other.
struct LedgerRun {
  std::size_t first = 0;  ///< position in the ledger
  std::size_t count = 0;
  base::UtcTime begin{};
  base::Duration length{};  ///< to the unit behind the run
};

/// What a recording, export or relay holds of what a camera sent.
struct LedgerMatch {
  std::size_t matched = 0;
  std::size_t foreign = 0;                   ///< units that the camera never made, or whose bytes changed
  std::size_t out_of_order = 0;              ///< units that came again or too late
  std::optional<std::size_t> first_foreign;  ///< position among the units that were found
  std::size_t first = 0;                     ///< positions in the ledger; meaningless when nothing matched
  std::size_t last = 0;
  std::vector<LedgerRun> holes;  ///< between first and last: everything that is missing, for whatever reason
  std::vector<LedgerRun> lost;   ///< of these and of what follows, the units that were due
};

/// Finds the units (by digest, in their order) in the ledger.
///
/// Due is a unit that a session was given whole and unharmed, and that a decoder could use: after one that
/// was not, nothing is due up to the next key picture. What precedes the first match is not due, because
/// nobody asked for it; nor is what a camera made from `due_until` on, because it may still be on its way to
/// the disk. `near` tells which of several units with the same digest the first one is: the first not
/// captured before it.
LedgerMatch match_ledger(std::span<const LedgerUnit> ledger, std::span<const std::string> found,
                         base::UtcTime near, base::UtcTime due_until);

/// What a scenario asks of a match.
struct MatchExpectation {
  bool bit_exact = true;                   ///< nothing foreign, nothing out of order
  std::optional<base::Duration> max_gap;   ///< no hole is longer, whatever its cause
  base::Duration lost_at_most{};           ///< all losses of due units together
  std::optional<base::Duration> covering;  ///< from the first to the last match at least this long
};

/// Pass, fail with everything that is wrong, or inconclusive when there was nothing to compare with.
Outcome judge_match(std::span<const LedgerUnit> ledger, const LedgerMatch& match,
                    const MatchExpectation& expected);

}  // namespace watchrig::scenarios
