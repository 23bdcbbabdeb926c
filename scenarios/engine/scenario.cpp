#include "scenarios/engine/scenario.hpp"

#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pugixml.hpp>

#include "scenarios/engine/step_syntax.hpp"

namespace watchrig::scenarios {

namespace {

/// Dollar signs doubled, so that nothing is taken for a parameter when the text is parsed again.
std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) result += c == '$' ? std::string("$$") : std::string(1, c);
  return result;
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  if (!value.empty()) node.append_attribute(name).set_value(value.c_str());
}

void append(pugi::xml_node parent, const Step& step) {
  auto node = parent.append_child(std::string(step.syntax->verb).c_str());
  // In the order of the syntax, which is that of the documentation.
  for (const auto& attribute : step.syntax->attributes) {
    const auto found = step.attributes.find(attribute.name);
    if (found != step.attributes.end()) set(node, found->first.c_str(), escape(found->second));
  }
  for (const auto& inner : step.steps) append(node, inner);
}

void escape_attributes(pugi::xml_node node) {
  for (auto attribute : node.attributes()) attribute.set_value(escape(attribute.value()).c_str());
  for (auto child : node.children()) escape_attributes(child);
}

}  // namespace

std::size_t count_steps(const std::vector<Step>& steps) {
  std::size_t count = steps.size();
  for (const auto& step : steps) count += count_steps(step.steps);
  return count;
}

std::string describe(const Step& step) {
  std::string text(step.syntax->verb);
  if (const auto title = step.attributes.find("title"); title != step.attributes.end()) {
    return fmt::format("{}: {}", text, title->second);
  }
  for (const auto& attribute : step.syntax->attributes) {
    const auto found = step.attributes.find(attribute.name);
    if (found != step.attributes.end() && found->first != "password") {
      text += fmt::format(" {}={}", found->first, found->second);
    }
  }
  return text;
}

std::string to_xml(const Scenario& scenario) {
  pugi::xml_document document;
  auto root = document.append_child("scenario");
  set(root, "id", scenario.id);
  set(root, "title", scenario.title);
  set(root, "verifies", fmt::format("{}", fmt::join(scenario.verifies, " ")));
  set(root, "timeout", base::format_duration(scenario.timeout));
  for (const auto& failure : scenario.known_failures) {
    auto node = root.append_child("known-failure");
    set(node, "reference", failure.reference);
    set(node, "reason", failure.reason);
    set(node, "fingerprint", failure.fingerprint);
  }
  if (const auto& server = scenario.server;
      !server.initialise || !server.settings.empty() || !server.cards.empty() || !server.free_ports) {
    auto node = root.append_child("server");
    set(node, "initialise", server.initialise ? "yes" : "no");
    set(node, "settings", fmt::format("{}", fmt::join(server.settings, " ")));
    set(node, "cards", fmt::format("{}", fmt::join(server.cards, " ")));
    set(node, "ports", server.free_ports ? "free" : "settings");
  }
  if (!scenario.rig.empty()) {
    pugi::xml_document rig;
    rig.load_string(scenario.rig.c_str());
    escape_attributes(rig.root());
    root.append_copy(rig.document_element());
  }
  auto steps = root.append_child("steps");
  for (const auto& step : scenario.steps) append(steps, step);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace watchrig::scenarios
