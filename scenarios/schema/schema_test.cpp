#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <pugixml.hpp>

#include "scenarios/engine/child_process.hpp"
#include "scenarios/engine/step_table.hpp"
#include "scenarios/engine/suite.hpp"

namespace watchrig::scenarios {
namespace {

using std::filesystem::path;

/// Tests run in the source folder.
const path schema = "scenarios/schema/scenario.xsd";
const path unreadable = "scenarios/engine/testing/unreadable";

std::vector<path> scenarios_below(const path& folder) {
  std::vector<path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".xml") files.push_back(entry.path());
  }
  return files;
}

/// Whether xmllint accepts the file.
bool validates(const path& file, const path& rules) {
  const auto process = ChildProcess::start(
      {.command = {"xmllint", "--noout", "--nonet", "--schema", rules.string(), file.string()},
       .error_log = "/dev/null"});
  EXPECT_TRUE(process) << process.error().message;
  const auto exit = process ? (*process)->wait(std::chrono::seconds(20)) : std::nullopt;
  return exit && exit->clean();
}

TEST(Schema, AcceptsEveryScenarioThatTheHarnessReads) {
  for (const auto* folder :
       {"scenarios/suites", "scenarios/engine/testing/failing", "scenarios/engine/testing/passing"}) {
    EXPECT_TRUE(load_suite({folder}, {})) << folder;
    for (const auto& file : scenarios_below(folder)) EXPECT_TRUE(validates(file, schema)) << file;
  }
}

TEST(Schema, RefusesWhatTheHarnessRefuses) {
  const auto files = scenarios_below(unreadable);
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    EXPECT_FALSE(load_suite({file.string()}, {})) << file;
    EXPECT_FALSE(validates(file, schema)) << file;
  }
}

struct Row {
  std::set<std::string> attributes;
  std::set<std::string> required;
  std::map<std::string, std::string> choices;
  bool block = false;
  bool operator==(const Row&) const = default;
};

std::map<std::string, Row> rows_of_table() {
  std::map<std::string, Row> rows;
  for (const auto& step : step_table().steps()) {
    auto& row = rows[std::string(step.verb)];
    row.block = step.block != Block::none;
    for (const auto& attribute : step.attributes) {
      row.attributes.emplace(attribute.name);
      if (attribute.required) row.required.emplace(attribute.name);
      if (!attribute.choices.empty()) row.choices.emplace(attribute.name, attribute.choices);
    }
  }
  return rows;
}

std::map<std::string, Row> rows_of_schema() {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_file("scenarios/schema/steps.xsd"));
  const std::string parameter_follows = "|.*[$]\\{.*";
  std::map<std::string, Row> rows;
  for (auto element :
       document.child("xs:schema").find_child_by_attribute("name", "step").child("xs:choice").children()) {
    const std::string verb = element.attribute("name").value();
    if (verb == "include") continue;
    auto& row = rows[verb];
    const auto type = element.child("xs:complexType");
    row.block = static_cast<bool>(type.child("xs:group"));
    for (auto attribute : type.children("xs:attribute")) {
      const std::string name = attribute.attribute("name").value();
      row.attributes.insert(name);
      if (std::string_view(attribute.attribute("use").value()) == "required") row.required.insert(name);
      const std::string choices = attribute.child("xs:simpleType")
                                      .child("xs:restriction")
                                      .child("xs:pattern")
                                      .attribute("value")
                                      .value();
      if (choices.ends_with(parameter_follows)) {
        row.choices.emplace(name, choices.substr(0, choices.size() - parameter_follows.size()));
      }
    }
  }
  return rows;
}

TEST(Schema, KnowsTheStepsOfTheHarnessAndNoOthers) {
  const auto table = rows_of_table();
  const auto written = rows_of_schema();
  for (const auto& [verb, row] : table) {
    ASSERT_TRUE(written.contains(verb)) << verb << " is missing in steps.xsd";
    EXPECT_EQ(written.at(verb), row) << verb;
  }
  EXPECT_EQ(written.size(), table.size());
}

}  // namespace
}  // namespace watchrig::scenarios
