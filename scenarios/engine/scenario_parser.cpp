#include "scenarios/engine/scenario_parser.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "scenarios/engine/rig_builder.hpp"
#include "scenarios/engine/rig_parts.hpp"
#include "scenarios/engine/step_builder.hpp"
#include "scenarios/engine/substitution.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

constexpr std::string_view default_timeout = "60s";

bool is_identifier(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return !text.empty() && text.size() <= 80 && std::ranges::all_of(text, allowed) && text.front() != '.' &&
         text.find("..") == std::string_view::npos;
}

base::Result<> only_attributes(const XmlSource& source, pugi::xml_node node, std::string_view allowed) {
  const auto names = base::split(allowed, ' ');
  for (auto attribute : node.attributes()) {
    if (std::ranges::count(names, std::string_view(attribute.name())) == 0) {
      return source.error(
          node, fmt::format("<{}> has no attribute {}; it takes {}", node.name(), attribute.name(), allowed));
    }
  }
  return {};
}

base::Result<> read_header(const XmlSource& source, Scenario& scenario) {
  const auto root = source.root();
  if (std::string_view(root.name()) != "scenario")
    return source.error(root, "the root element is not <scenario>");
  if (auto only = only_attributes(source, root, "id title verifies timeout"); !only) return only;
  scenario.id = root.attribute("id").value();
  scenario.title = root.attribute("title").value();
  if (!is_identifier(scenario.id)) {
    return source.error(root,
                        fmt::format("id=\"{}\" is not made of lower-case letters, digits, \"-\" and single "
                                    "\".\" (at most 80)",
                                    scenario.id));
  }
  if (scenario.title.empty())
    return source.error(root, "<scenario> needs title=\"…\", what it proves in one sentence");
  for (const auto row : base::split(root.attribute("verifies").value(), ' ')) {
    if (!row.empty()) scenario.verifies.emplace_back(row);
  }
  const std::string_view written = root.attribute("timeout").as_string(default_timeout.data());
  const auto timeout = base::parse_duration(written);
  if (!timeout || *timeout <= base::Duration::zero() || *timeout > std::chrono::days(30)) {
    return source.error(root, fmt::format("timeout=\"{}\" is no duration up to 30d, such as 90s", written));
  }
  scenario.timeout = *timeout;
  return {};
}

base::Result<> read_parameters(const XmlSource& source, pugi::xml_node list, Variables& variables) {
  for (auto node : list.children()) {
    if (std::string_view(node.name()) != "parameter")
      return source.error(node, "only <parameter> stands here");
    if (auto only = only_attributes(source, node, "name default"); !only) return only;
    const std::string name = node.attribute("name").value();
    if (!is_variable_name(name)) {
      return source.error(
          node, fmt::format("name=\"{}\" is not a letter followed by letters, digits, - or _", name));
    }
    if (!node.attribute("default"))
      return source.error(node, fmt::format("parameter \"{}\" has no default", name));
    if (!variables.emplace(name, node.attribute("default").value()).second) {
      return source.error(node, fmt::format("parameter \"{}\" is declared twice", name));
    }
  }
  return {};
}

void override_parameters(const ParseOptions& options, Variables& variables) {
  for (std::size_t i = 0; i < options.overrides.size(); ++i) {
    const auto& change = options.overrides[i];
    const auto found = change.device.empty() ? variables.find(change.name) : variables.end();
    if (found == variables.end()) continue;
    found->second = change.value;
    if (options.used) options.used->insert(i);
  }
}

base::Result<> read_known_failure(const XmlSource& source, pugi::xml_node node, Scenario& scenario) {
  if (auto only = only_attributes(source, node, "reference reason fingerprint"); !only) return only;
  ExpectedFailure failure{node.attribute("reference").value(), node.attribute("reason").value(),
                          node.attribute("fingerprint").value()};
  if (failure.reference.empty() || failure.reason.empty() || failure.fingerprint.empty()) {
    return source.error(node, "<known-failure> needs reference, reason and fingerprint");
  }
  scenario.known_failures.push_back(std::move(failure));
  return {};
}

base::Result<> read_server(const XmlSource& source, pugi::xml_node node, const Variables& variables,
                           ServerSetup& server) {
  if (auto only = only_attributes(source, node, "initialise settings cards volumes ports"); !only)
    return only;
  const std::string_view initialise = node.attribute("initialise").as_string("yes");
  if (initialise != "yes" && initialise != "no") {
    return source.error(node, fmt::format("initialise=\"{}\" is neither yes nor no", initialise));
  }
  server.initialise = initialise == "yes";
  const std::string_view ports = node.attribute("ports").as_string("free");
  if (ports != "free" && ports != "settings")
    return source.error(node, fmt::format("ports=\"{}\" is neither free nor settings", ports));
  server.free_ports = ports == "free";
  const auto settings = substitute(node.attribute("settings").value(), variables);
  if (!settings) return source.error(node, "settings: " + settings.error().message);
  for (const auto setting : base::split(*settings, ' ')) {
    if (setting.empty()) continue;
    if (setting.find('=') == std::string_view::npos) {
      return source.error(node, fmt::format("settings: \"{}\" is not name=value", setting));
    }
    server.settings.emplace_back(setting);
  }
  for (const auto card : base::split(node.attribute("cards").value(), ' ')) {
    if (!card.empty()) server.cards.emplace_back(card);
  }
  for (const auto volume : base::split(node.attribute("volumes").value(), ' ')) {
    if (volume.empty()) continue;
    if (!std::ranges::all_of(volume, [](char c) { return std::isalnum(static_cast<unsigned char>(c)); }))
      return source.error(node, fmt::format("volumes: \"{}\" is not of letters and digits", volume));
    server.volumes.emplace_back(volume);
  }
  return {};
}

/// Each part of a scenario at most once but known failures, in any order; parameters come first by their
/// meaning.
base::Result<> check_parts(const XmlSource& source) {
  constexpr std::string_view parts[] = {"parameters", "known-failure", "server", "rig", "steps"};
  std::set<std::string_view> seen;
  for (auto node : source.root().children()) {
    const std::string_view name = node.name();
    if (std::ranges::count(parts, name) == 0) {
      return source.error(node, name.empty()
                                    ? std::string("text outside of the steps")
                                    : fmt::format("<{}> is none of <{}>", name, fmt::join(parts, ">, <")));
    }
    if (!seen.insert(name).second && name != "known-failure") {
      return source.error(node, fmt::format("a second <{}>", name));
    }
  }
  if (!seen.contains("steps")) return source.error(source.root(), "the scenario has no <steps>");
  return {};
}

}  // namespace

base::Result<Override> parse_override(std::string_view text) {
  const auto [target, value] = base::split_once(text, '=');
  const auto dot = target.rfind('.');
  Override change{std::string(dot == std::string_view::npos ? "" : target.substr(0, dot)),
                  std::string(dot == std::string_view::npos ? target : target.substr(dot + 1)),
                  std::string(value)};
  if (text.find('=') == std::string_view::npos || !is_variable_name(change.name) || dot == 0) {
    return base::Error{
        base::ErrorKind::invalid,
        fmt::format("--set \"{}\": write name=value for a parameter or id.attribute=value for a device",
                    text)};
  }
  return change;
}

bool is_scenario(std::string_view text) {
  const auto source = XmlSource::parse(text, "");
  return !source || std::string_view(source->root().name()) == "scenario";
}

base::Result<Scenario> parse_scenario_text(std::string_view text, const std::string& file,
                                           const ParseOptions& options) {
  const auto source = XmlSource::parse(text, file);
  if (!source) return source.error();
  Scenario scenario;
  scenario.file = file;
  if (auto read = read_header(*source, scenario); !read) return read.error();
  if (auto checked = check_parts(*source); !checked) return checked.error();

  Variables variables;
  const auto root = source->root();
  if (auto read = read_parameters(*source, root.child("parameters"), variables); !read) return read.error();
  override_parameters(options, variables);
  for (auto node : root.children("known-failure")) {
    if (auto read = read_known_failure(*source, node, scenario); !read) return read.error();
  }
  if (auto read = read_server(*source, root.child("server"), variables, scenario.server); !read) {
    return read.error();
  }
  if (root.child("rig")) {
    auto rig = build_rig(*source, root.child("rig"), variables, options);
    if (!rig) return rig.error();
    scenario.rig = *std::move(rig);
  }
  if (!options.rig_file.empty()) {
    auto bound = bind_rig(scenario.rig, options.rig_file);
    if (!bound) return bound.error();
    scenario.rig = *std::move(bound);
  }
  if (const auto parts = take_rig_apart(scenario.rig); !parts) {
    return source->error(root.child("rig"), parts.error().message);
  }
  StepBuilder builder(options);
  auto steps = builder.steps(*source, root.child("steps"), variables);
  if (!steps) return steps.error();
  scenario.steps = *std::move(steps);
  if (scenario.steps.empty()) return source->error(root.child("steps"), "<steps> has no steps within it");
  return scenario;
}

base::Result<Scenario> parse_scenario(const std::string& file, const ParseOptions& options) {
  const auto text = options.read(file);
  if (!text) return text.error();
  return parse_scenario_text(*text, file, options);
}

}  // namespace watchrig::scenarios
