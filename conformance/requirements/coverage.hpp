#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "conformance/requirements/catalogue.hpp"

namespace watchrig::requirements {

/// What came of a scenario that says it verifies a row.
enum class Outcome { not_run, not_passed, passed };

/// One row cited by one scenario.
struct Claim {
  std::string requirement;
  std::string scenario;
  std::string where;  ///< file that cites it
  Outcome outcome = Outcome::not_run;
};

/// The claims of all scenario files (*.xml with root `scenario`, or `scenario` elements anywhere below) in a
/// file or folder, in order of path, as not run. Errors: a path that cannot be read, XML that is not well
/// formed.
base::Result<std::vector<Claim>> read_claims(const std::filesystem::path& path);

/// Ids in the value of a `verifies` attribute: separated by blanks and line ends.
std::vector<std::string> split_ids(std::string_view verifies);

enum class Proof {
  unproven,  ///< no scenario cites it
  claimed,   ///< cited, but by none that passed, or one that cites it did not pass
  proven,    ///< a scenario passed, and none that ran did not
};
std::string_view to_string(Proof proof);

struct RowProof {
  const Requirement* row = nullptr;
  Proof proof = Proof::unproven;
  std::vector<Claim> claims;
};

struct Tally {
  std::size_t total = 0;
  std::size_t proven = 0;
  std::size_t claimed = 0;

  std::size_t unproven() const { return total - proven - claimed; }
};

struct Coverage {
  std::vector<RowProof> rows;  ///< all of the catalogue, in its order
  std::vector<Claim> unknown;  ///< claims of rows that do not exist

  /// Rows of one document and area; an empty text means any.
  Tally tally(std::string_view document, std::string_view area = {}) const;
};

/// Several claims of the same row by the same scenario count as the last of them: give older reports first.
Coverage assess(const Catalogue& catalogue, const std::vector<Claim>& claims);

}  // namespace watchrig::requirements
