#include <map>

#include "tools/watchrig/command.hpp"

namespace {

using namespace watchrig::tool;

struct Command {
  const char* name;
  const char* summary;
  Action (*add)(CLI::App& command);
};

constexpr Command commands[] = {
    {"run", "Run scenarios, judge them and leave a report", add_run_command},
    {"list", "Say which scenarios there are and what they verify", add_list_command},
    {"replay", "Run a scenario again with the seed that its evidence records", add_replay_command},
    {"coverage", "Say which requirements of the source documents are proven", add_coverage_command},
    {"compare", "Set two runs against each other, beyond noise", add_compare_command},
    {"report", "Write the pages of a report folder anew from its report.json", add_report_command},
    {"rig", "Run the virtual hardware alone, in the foreground, for any client", add_rig_command},
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App program{
      "watchrig: runs video management systems against virtual or real hardware and judges them"};
  program.require_subcommand(1);
  std::map<CLI::App*, Action> actions;
  for (const Command& command : commands) {
    auto* subcommand = program.add_subcommand(command.name, command.summary);
    actions.emplace(subcommand, command.add(*subcommand));
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? exit_code::passed : exit_code::usage;
  }
  return actions.at(program.get_subcommands().front())();
}
