#include <algorithm>
#include <map>
#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "conformance/requirements/coverage.hpp"
#include "reports/writers/report_folder.hpp"
#include "tools/watchrig/command.hpp"

namespace watchrig::tool {

namespace {

namespace json = boost::json;
using requirements::Catalogue;
using requirements::Claim;
using requirements::Coverage;
using requirements::Outcome;

struct Arguments {
  std::vector<std::string> suites;
  std::vector<std::string> reports;
  bool json = false;
  bool rows = false;
};

base::Result<std::vector<Claim>> gather(const Arguments& arguments) {
  std::vector<Claim> claims;
  for (const auto& suite : arguments.suites) {
    const auto found = requirements::read_claims(suite);
    if (!found) return found.error();
    claims.insert(claims.end(), found->begin(), found->end());
  }
  for (const auto& folder : arguments.reports) {
    const auto run = reports::read_report(folder);
    if (!run) return run.error();
    for (const auto& scenario : run->scenarios) {
      const Outcome outcome = reports::passed(scenario.verdict) ? Outcome::passed : Outcome::not_passed;
      for (const auto& id : scenario.verifies) claims.push_back({id, scenario.id, scenario.file, outcome});
    }
  }
  return claims;
}

json::object to_json(const requirements::Tally& tally) {
  return {{"rows", tally.total},
          {"proven", tally.proven},
          {"claimed", tally.claimed},
          {"unproven", tally.unproven()}};
}

json::object to_json(const Catalogue& catalogue, const Coverage& coverage) {
  json::object documents;
  for (const auto& document : catalogue.documents()) {
    json::object areas;
    for (const auto& area : catalogue.areas(document)) areas[area] = to_json(coverage.tally(document, area));
    json::object entry = to_json(coverage.tally(document));
    entry["areas"] = std::move(areas);
    documents[document] = std::move(entry);
  }
  json::array rows;
  for (const auto& row : coverage.rows) {
    if (row.proof == requirements::Proof::unproven) continue;
    json::array scenarios;
    for (const auto& claim : row.claims) scenarios.push_back(json::string(claim.scenario));
    rows.push_back(
        {{"id", row.row->id}, {"proof", to_string(row.proof)}, {"scenarios", std::move(scenarios)}});
  }
  return {
      {"total", to_json(coverage.tally(""))}, {"documents", std::move(documents)}, {"rows", std::move(rows)}};
}

void print_tally(const std::string& name, const requirements::Tally& tally) {
  fmt::print(
      "{:<28}{:>6}{:>8}{:>9}{:>10}{:>8.1f} %\n", name, tally.total, tally.proven, tally.claimed,
      tally.unproven(),
      tally.total == 0 ? 0.0 : 100.0 * static_cast<double>(tally.proven) / static_cast<double>(tally.total));
}

void print_table(const Catalogue& catalogue, const Coverage& coverage, bool rows) {
  fmt::print("{:<28}{:>6}{:>8}{:>9}{:>10}{:>10}\n", "document, area", "rows", "proven", "claimed", "unproven",
             "proven");
  for (const auto& document : catalogue.documents()) {
    print_tally(document, coverage.tally(document));
    for (const auto& area : catalogue.areas(document))
      print_tally("  " + area, coverage.tally(document, area));
  }
  print_tally("all", coverage.tally(""));
  if (!rows) return;
  for (const auto& row : coverage.rows) {
    fmt::print("{:<9}{:<16}{}\n", to_string(row.proof), row.row->id, row.row->title);
  }
}

int coverage(const Arguments& arguments) {
  const auto claims = gather(arguments);
  if (!claims) {
    fmt::print(stderr, "watchrig coverage: {}\n", claims.error().message);
    return exit_code::usage;
  }
  const Catalogue& catalogue = Catalogue::built_in();
  const Coverage found = requirements::assess(catalogue, *claims);
  if (arguments.json) {
    fmt::print("{}\n", json::serialize(to_json(catalogue, found)));
  } else {
    print_table(catalogue, found, arguments.rows);
  }
  for (const auto& claim : found.unknown) {
    fmt::print(stderr, "{}: scenario {} cites {}, which no source document has\n", claim.where,
               claim.scenario, claim.requirement);
  }
  return found.unknown.empty() ? exit_code::passed : exit_code::failed;
}

}  // namespace

Action add_coverage_command(CLI::App& command) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->suites = {"scenarios/suites"};
  command.add_option("--suites", arguments->suites, "scenario files and folders that claim")
      ->capture_default_str();
  command.add_option("--report", arguments->reports, "report folders that prove, older ones first");
  command.add_flag("--rows", arguments->rows, "each row with its proof as well");
  command.add_flag("--json", arguments->json, "as JSON");
  return [arguments] { return coverage(*arguments); };
}

}  // namespace watchrig::tool
