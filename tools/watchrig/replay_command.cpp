#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "scenarios/engine/replay_note.hpp"
#include "tools/watchrig/command.hpp"
#include "tools/watchrig/run_support.hpp"

namespace watchrig::tool {

namespace {

namespace json = boost::json;

struct Arguments {
  std::filesystem::path evidence;
  std::filesystem::path report;
  bool json = false;
};

int usage(const std::string& message) {
  fmt::print(stderr, "watchrig replay: {}\n", message);
  return exit_code::usage;
}

/// The schedule of an evidence folder; one without faults has none.
std::vector<std::string> schedule_of(const std::filesystem::path& evidence) {
  const auto text = scenarios::read_text_file(evidence / "faults.json");
  const auto lines = text ? scenarios::parse_schedule(*text) : std::vector<std::string>();
  return lines ? *lines : std::vector<std::string>();
}

void print_comparison(const scenarios::ReplayNote& note, const reports::ScenarioRecord& now,
                      const std::vector<std::string>& differences, bool as_json) {
  if (as_json) {
    fmt::print("{}\n",
               json::serialize(json::object{{"id", note.id},
                                            {"seed", note.seed},
                                            {"verdict_then", reports::to_string(note.verdict)},
                                            {"verdict_now", reports::to_string(now.verdict)},
                                            {"reason_then", note.reason},
                                            {"reason_now", now.reason},
                                            {"schedule_differences", json::value_from(differences)}}));
    return;
  }
  fmt::print("verdict then {}, now {}: {}\n", reports::to_string(note.verdict),
             reports::to_string(now.verdict), note.verdict == now.verdict ? "the same" : "DIFFERENT");
  if (differences.empty()) fmt::print("fault schedule: the same\n");
  for (const auto& difference : differences) fmt::print("fault schedule, {}\n", difference);
}

int replay(const Arguments& arguments) {
  const auto text = scenarios::read_text_file(arguments.evidence / "replay.json");
  if (!text) return usage(text.error().message);
  const auto note = scenarios::parse_replay_note(*text);
  if (!note) return usage(note.error().message);
  const auto suite = scenarios::load_suite({(arguments.evidence / "scenario.xml").string()}, {});
  if (!suite) return usage(suite.error().message);
  // Before the run: it may write over the folder that it repeats.
  const auto before = schedule_of(arguments.evidence);

  scenarios::SuiteOptions options;
  options.title = "watchrig replay " + note->id;
  options.report =
      std::filesystem::absolute(arguments.report.empty() ? arguments.evidence / "replay" : arguments.report);
  options.seed = note->seed;
  options.scenario_seed = note->seed;
  options.time_scale = note->time_scale;
  options.command = fmt::format("watchrig replay {}", arguments.evidence.string());
  options.on_finished = print_result;
  const auto evidence = options.report / "evidence" / note->id;
  reports::RunRecord record;
  const int code = run_and_report(std::move(options), *suite, false, record);
  if (record.scenarios.empty()) return code;
  const auto differences = scenarios::compare_schedules(before, schedule_of(evidence));
  print_comparison(*note, record.scenarios.front(), differences, arguments.json);
  return code;
}

}  // namespace

Action add_replay_command(CLI::App& command) {
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("evidence", arguments->evidence, "evidence folder of a scenario")->required();
  command.add_option("--report", arguments->report,
                     "folder for the new report; EVIDENCE/replay unless given");
  command.add_flag("--json", arguments->json, "the comparison as JSON");
  return [arguments] { return replay(*arguments); };
}

}  // namespace watchrig::tool
