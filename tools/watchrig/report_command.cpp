#include <memory>

#include <fmt/format.h>

#include "reports/model/report_json.hpp"
#include "reports/writers/report_folder.hpp"
#include "tools/watchrig/command.hpp"

namespace watchrig::tool {

namespace {

struct Arguments {
  std::string folder;
  bool json = false;
};

int report(const Arguments& arguments) {
  const auto run = reports::read_report(arguments.folder);
  if (!run) {
    fmt::print(stderr, "watchrig report: {}\n", run.error().message);
    return exit_code::usage;
  }
  if (const auto written = reports::write_report(*run, arguments.folder); !written) {
    fmt::print(stderr, "watchrig report: {}\n", written.error().message);
    return exit_code::harness;
  }
  if (arguments.json) {
    fmt::print("{}\n", reports::to_json(*run));
  } else {
    fmt::print("{}: {}/index.html\n", to_string(reports::overall_verdict(*run)), arguments.folder);
  }
  return reports::exit_code(*run);
}

}  // namespace

Action add_report_command(CLI::App& command) {
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("dir", arguments->folder, "report folder, whose report.json is shown anew")->required();
  command.add_flag("--json", arguments->json, "report.json on standard output");
  return [arguments] { return report(*arguments); };
}

}  // namespace watchrig::tool
