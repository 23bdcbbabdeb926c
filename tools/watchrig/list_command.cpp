#include <memory>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/engine/suite.hpp"
#include "tools/watchrig/command.hpp"

namespace watchrig::tool {

namespace {

namespace json = boost::json;

struct Arguments {
  std::vector<std::string> paths;
  bool json = false;
};

int list(const Arguments& arguments) {
  const auto suite = scenarios::load_suite(arguments.paths, {});
  if (!suite) {
    fmt::print(stderr, "watchrig list: {}\n", suite.error().message);
    return exit_code::usage;
  }
  json::array entries;
  for (const auto& scenario : *suite) {
    if (arguments.json) {
      entries.push_back(json::object{{"id", scenario.id},
                                     {"title", scenario.title},
                                     {"verifies", json::value_from(scenario.verifies)},
                                     {"file", scenario.file},
                                     {"steps", scenarios::count_steps(scenario.steps)}});
    } else {
      fmt::print(
          "{}\n    {}\n    verifies {}\n", scenario.id, scenario.title,
          scenario.verifies.empty() ? "nothing" : fmt::format("{}", fmt::join(scenario.verifies, " ")));
    }
  }
  if (arguments.json) fmt::print("{}\n", json::serialize(entries));
  return suite->empty() ? exit_code::nothing_selected : exit_code::passed;
}

}  // namespace

Action add_list_command(CLI::App& command) {
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("path", arguments->paths, "scenario files, and folders of them")->required();
  command.add_flag("--json", arguments->json, "as JSON");
  return [arguments] { return list(*arguments); };
}

}  // namespace watchrig::tool
