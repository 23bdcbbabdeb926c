#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "reports/model/comparison.hpp"
#include "reports/writers/report_folder.hpp"
#include "tools/watchrig/command.hpp"

namespace watchrig::tool {

namespace {

namespace json = boost::json;
using reports::Change;
using reports::Comparison;

struct Arguments {
  std::string before;
  std::string after;
  bool json = false;
};

json::object to_json(const Comparison& comparison) {
  json::array verdicts;
  for (const auto& change : comparison.verdicts) {
    verdicts.push_back({{"scenario", change.scenario},
                        {"change", to_string(change.change)},
                        {"before", to_string(change.before)},
                        {"after", to_string(change.after)},
                        {"reason", change.reason}});
  }
  json::array measurements;
  for (const auto& change : comparison.measurements) {
    measurements.push_back({{"scenario", change.scenario},
                            {"name", change.name},
                            {"unit", change.unit},
                            {"change", to_string(change.change)},
                            {"before", change.before},
                            {"after", change.after},
                            {"ratio", change.ratio},
                            {"judgement", change.judgement}});
  }
  return {{"regressed", comparison.regressed()},
          {"verdicts", std::move(verdicts)},
          {"measurements", std::move(measurements)}};
}

/// What changed; what stayed the same is counted.
void print_changes(const Comparison& comparison) {
  std::size_t same = 0;
  for (const auto& change : comparison.verdicts) {
    if (change.change == Change::same) {
      ++same;
      continue;
    }
    fmt::print("{:<9}{}: {} -> {} {}\n", to_string(change.change), change.scenario,
               change.change == Change::appeared ? "none" : to_string(change.before),
               change.change == Change::vanished ? "none" : to_string(change.after), change.reason);
  }
  for (const auto& change : comparison.measurements) {
    if (change.change == Change::same) {
      ++same;
      continue;
    }
    fmt::print("{:<9}{} {}: {} -> {} {}\n", to_string(change.change), change.scenario, change.name,
               reports::format_quantity(change.before, change.unit),
               reports::format_quantity(change.after, change.unit), change.judgement);
  }
  fmt::print("{} verdicts and measurements are the same\n", same);
}

int compare(const Arguments& arguments) {
  const auto before = reports::read_report(arguments.before);
  const auto after = reports::read_report(arguments.after);
  for (const auto* run : {&before, &after}) {
    if (*run) continue;
    fmt::print(stderr, "watchrig compare: {}\n", run->error().message);
    return exit_code::usage;
  }
  const Comparison comparison = reports::compare_runs(*before, *after);
  if (arguments.json) {
    fmt::print("{}\n", json::serialize(to_json(comparison)));
  } else {
    print_changes(comparison);
  }
  return comparison.regressed() ? exit_code::failed : exit_code::passed;
}

}  // namespace

Action add_compare_command(CLI::App& command) {
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("old", arguments->before, "report folder of the older run")->required();
  command.add_option("new", arguments->after, "report folder of the newer run")->required();
  command.add_flag("--json", arguments->json, "as JSON");
  return [arguments] { return compare(*arguments); };
}

}  // namespace watchrig::tool
