#include "reports/writers/junit_report.hpp"

#include <map>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

namespace watchrig::reports {

namespace {

/// XML 1.0 allows no control characters but tab and line ends.
std::string allowed(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') c = '?';
  }
  return result;
}

void set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(allowed(value).c_str());
}

void add_outcome(pugi::xml_node test, const ScenarioRecord& scenario) {
  const auto outcome = [&](const char* element) {
    auto node = test.append_child(element);
    set(node, "message", scenario.reason);
    if (scenario.verdict != Verdict::skip) set(node, "type", to_string(scenario.verdict));
  };
  if (scenario.verdict == Verdict::skip) outcome("skipped");
  if (scenario.verdict == Verdict::fail) outcome("failure");
  if (scenario.verdict == Verdict::inconclusive || scenario.verdict == Verdict::harness_error)
    outcome("error");
}

void add_scenario(pugi::xml_node suite, const ScenarioRecord& scenario) {
  auto test = suite.append_child("testcase");
  set(test, "classname", scenario.file.empty() ? "watchrig" : scenario.file);
  set(test, "name", scenario.id);
  set(test, "time", fmt::format("{:.3f}", scenario.real_seconds));
  add_outcome(test, scenario);
  std::string output = scenario.title + "\n";
  if (passed(scenario.verdict) && !scenario.reason.empty()) output += scenario.reason + "\n";
  for (const auto& note : scenario.notes) output += note + "\n";
  output += fmt::format("again: {}\n", scenario.command);
  for (const auto& evidence : scenario.evidence)
    output += fmt::format("evidence: {} {}\n", evidence.name, evidence.path);
  test.append_child("system-out").text().set(allowed(output).c_str());
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  double seconds = 0;

  void add(const ScenarioRecord& scenario) {
    ++tests;
    failures += scenario.verdict == Verdict::fail;
    errors += scenario.verdict == Verdict::inconclusive || scenario.verdict == Verdict::harness_error;
    skipped += scenario.verdict == Verdict::skip;
    seconds += scenario.real_seconds;
  }
  void write(pugi::xml_node node) const {
    node.append_attribute("tests").set_value(tests);
    node.append_attribute("failures").set_value(failures);
    node.append_attribute("errors").set_value(errors);
    node.append_attribute("skipped").set_value(skipped);
    set(node, "time", fmt::format("{:.3f}", seconds));
  }
};

/// What went wrong with the run itself, as if it were a scenario.
ScenarioRecord run_problem(const RunRecord& run) {
  ScenarioRecord record;
  record.id = "the run itself";
  record.title = run.title;
  record.verdict = Verdict::harness_error;
  record.reason = run.problem.empty() ? "nothing was selected" : run.problem;
  record.command = run.command;
  return record;
}

}  // namespace

std::string to_junit(const RunRecord& run) {
  std::vector<ScenarioRecord> scenarios = run.scenarios;
  if (scenarios.empty() || !run.problem.empty()) scenarios.push_back(run_problem(run));
  std::map<std::string, std::vector<const ScenarioRecord*>> files;
  for (const auto& scenario : scenarios) files[scenario.file].push_back(&scenario);

  pugi::xml_document document;
  auto root = document.append_child("testsuites");
  set(root, "name", run.title);
  Counts total;
  for (const auto& scenario : scenarios) total.add(scenario);
  total.write(root);
  for (const auto& [file, members] : files) {
    auto suite = root.append_child("testsuite");
    set(suite, "name", file.empty() ? run.title : file);
    Counts counts;
    for (const auto* scenario : members) counts.add(*scenario);
    counts.write(suite);
    set(suite, "timestamp", base::format_utc(run.begin, 0));
    for (const auto* scenario : members) add_scenario(suite, *scenario);
  }
  std::ostringstream output;
  document.save(output, "  ", pugi::format_default, pugi::encoding_utf8);
  return output.str();
}

}  // namespace watchrig::reports
