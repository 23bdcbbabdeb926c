#include "conformance/requirements/coverage.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <pugixml.hpp>

namespace watchrig::requirements {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

Result<> read_file_claims(const fs::path& file, std::vector<Claim>& claims) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_file(file.c_str());
  if (!parsed) {
    return Error{ErrorKind::invalid,
                 fmt::format("{}: {} at byte {}", file.string(), parsed.description(), parsed.offset)};
  }
  for (const pugi::xpath_node& found : document.select_nodes("//scenario[@verifies]")) {
    const pugi::xml_node scenario = found.node();
    for (std::string& id : split_ids(scenario.attribute("verifies").value())) {
      claims.push_back({std::move(id), scenario.attribute("id").value(), file.string(), Outcome::not_run});
    }
  }
  return {};
}

Proof judge(const std::vector<Claim>& claims) {
  if (claims.empty()) return Proof::unproven;
  const auto count = [&](Outcome outcome) { return std::ranges::count(claims, outcome, &Claim::outcome); };
  return count(Outcome::passed) > 0 && count(Outcome::not_passed) == 0 ? Proof::proven : Proof::claimed;
}

}  // namespace

Result<std::vector<Claim>> read_claims(const fs::path& path) {
  std::error_code error;
  std::vector<fs::path> files;
  if (fs::is_directory(path, error)) {
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (it->is_regular_file() && it->path().extension() == ".xml") files.push_back(it->path());
    }
  } else if (fs::is_regular_file(path, error)) {
    files.push_back(path);
  } else {
    return Error{ErrorKind::not_found, fmt::format("suites {}: no such file or folder", path.string())};
  }
  if (error) return Error{ErrorKind::io, fmt::format("suites {}: {}", path.string(), error.message())};
  std::ranges::sort(files);
  std::vector<Claim> claims;
  for (const fs::path& file : files) {
    if (const auto read = read_file_claims(file, claims); !read) return read.error();
  }
  return claims;
}

std::vector<std::string> split_ids(std::string_view verifies) {
  std::vector<std::string> ids;
  constexpr std::string_view separators = " \t\r\n";
  for (;;) {
    const auto begin = verifies.find_first_not_of(separators);
    if (begin == std::string_view::npos) return ids;
    verifies.remove_prefix(begin);
    const auto end = std::min(verifies.find_first_of(separators), verifies.size());
    ids.emplace_back(verifies.substr(0, end));
    verifies.remove_prefix(end);
  }
}

std::string_view to_string(Proof proof) {
  return proof == Proof::proven ? "proven" : proof == Proof::claimed ? "claimed" : "unproven";
}

Tally Coverage::tally(std::string_view document, std::string_view area) const {
  Tally tally;
  for (const RowProof& entry : rows) {
    if (!document.empty() && entry.row->document != document) continue;
    if (!area.empty() && entry.row->area != area) continue;
    ++tally.total;
    tally.proven += entry.proof == Proof::proven ? 1 : 0;
    tally.claimed += entry.proof == Proof::claimed ? 1 : 0;
  }
  return tally;
}

Coverage assess(const Catalogue& catalogue, const std::vector<Claim>& claims) {
  Coverage coverage;
  std::map<const Requirement*, std::vector<Claim>> by_row;
  for (const Claim& claim : claims) {
    const Requirement* row = catalogue.find(claim.requirement);
    if (!row) {
      coverage.unknown.push_back(claim);
      continue;
    }
    std::vector<Claim>& known = by_row[row];
    const auto same = std::ranges::find(known, claim.scenario, &Claim::scenario);
    if (same == known.end()) {
      known.push_back(claim);
    } else if (claim.outcome != Outcome::not_run) {
      *same = claim;
    }
  }
  for (const Requirement& row : catalogue.all()) {
    RowProof entry{&row, Proof::unproven, std::move(by_row[&row])};
    entry.proof = judge(entry.claims);
    coverage.rows.push_back(std::move(entry));
  }
  return coverage;
}

}  // namespace watchrig::requirements
