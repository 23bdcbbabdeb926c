#include "scenarios/engine/step_builder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

constexpr std::size_t max_steps = 10'000;
constexpr std::size_t max_includes = 8;
constexpr std::uint64_t max_times = 1'000;

std::string verbs(const StepTable& table) { return base::joined(table.steps(), ", ", &StepSyntax::verb); }

std::string attribute_names(const StepSyntax& syntax) {
  if (syntax.attributes.empty()) return "none";
  return base::joined(syntax.attributes, ", ", &AttributeSyntax::name);
}

std::string_view attribute(const Step& step, std::string_view name) {
  const auto found = step.attributes.find(name);
  return found == step.attributes.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

base::Result<std::vector<Step>> StepBuilder::steps(const XmlSource& source, pugi::xml_node block,
                                                   const Variables& variables) {
  std::vector<Step> result;
  for (auto node : block.children()) {
    if (auto appended = append(source, node, variables, result); !appended) return appended.error();
  }
  return result;
}

base::Result<> StepBuilder::append(const XmlSource& source, pugi::xml_node node, const Variables& variables,
                                   std::vector<Step>& to) {
  if (node.type() == pugi::node_pcdata) return source.error(node, "text between steps");
  if (node.type() != pugi::node_element) return {};
  if (std::string_view(node.name()) == "include") return include(source, node, variables, to);
  auto made = step(source, node, variables);
  if (!made) return std::move(made).error();
  to.push_back(*std::move(made));
  return {};
}

base::Result<> StepBuilder::include(const XmlSource& source, pugi::xml_node node, const Variables& variables,
                                    std::vector<Step>& to) {
  const auto written = substitute(node.attribute("file").value(), variables);
  if (!written) return source.error(node, written.error().message);
  if (written->empty()) return source.error(node, "<include> needs file=\"…\"");
  const auto path = (std::filesystem::path(source.name()).parent_path() / *written).lexically_normal();
  if (std::ranges::count(including_, path) > 0)
    return source.error(node, fmt::format("{} includes itself", *written));
  if (including_.size() == max_includes)
    return source.error(node, "files include each other more than 8 deep");

  const auto text = options_.read(path);
  if (!text) return source.error(node, text.error().message);
  const auto included = XmlSource::parse(*text, path.string());
  if (!included) return included.error();
  if (std::string_view(included->root().name()) != "steps") {
    return included->error(included->root(), "an included file has <steps> at its root");
  }
  including_.push_back(path);
  auto inner = steps(*included, included->root(), variables);
  including_.pop_back();
  if (!inner) return std::move(inner).error();
  std::ranges::move(*inner, std::back_inserter(to));
  return {};
}

base::Result<Step> StepBuilder::step(const XmlSource& source, pugi::xml_node node,
                                     const Variables& variables) {
  if (++count_ > max_steps)
    return source.error(node, "more than 10000 steps, repetitions and includes counted");
  Step result;
  result.file = source.name();
  result.line = source.line(node);
  result.syntax = options_.table->find(node.name());
  if (!result.syntax) {
    return source.error(
        node, fmt::format("there is no step <{}>; steps are {}", node.name(), verbs(*options_.table)));
  }
  if (auto read = read_attributes(source, node, variables, result); !read) return read.error();

  if (result.syntax->block == Block::none) {
    if (node.first_child()) return source.error(node, fmt::format("<{}> has nothing within it", node.name()));
    return result;
  }
  const bool timed = result.attributes.contains("for");
  if (result.syntax->block == Block::repeat && timed == result.attributes.contains("times")) {
    return source.error(node, "<repeat> needs one of times=\"…\" and for=\"…\"");
  }
  auto inner = result.attributes.contains("times") ? unroll(source, node, variables, result)
                                                   : steps(source, node, variables);
  if (!inner) return std::move(inner).error();
  if (inner->empty()) return source.error(node, fmt::format("<{}> has no steps within it", node.name()));
  result.steps = *std::move(inner);
  // Written out, a counted repetition is a sequence like any other.
  if (result.syntax->block == Block::repeat && !timed) result.syntax = options_.table->find("group");
  result.attributes.erase("times");
  result.attributes.erase("index");
  return result;
}

base::Result<> StepBuilder::read_attributes(const XmlSource& source, pugi::xml_node node,
                                            const Variables& variables, Step& step) {
  for (auto written : node.attributes()) {
    const auto* syntax = step.syntax->find(written.name());
    if (!syntax) {
      return source.error(node, fmt::format("<{}> has no attribute {}; it takes {}", node.name(),
                                            written.name(), attribute_names(*step.syntax)));
    }
    auto value = substitute(written.value(), variables);
    if (!value) return source.error(node, fmt::format("{}: {}", written.name(), value.error().message));
    if (auto checked = check_value(*syntax, *value); !checked) {
      return source.error(node, fmt::format("<{}> {}", node.name(), checked.error().message));
    }
    if (!step.attributes.emplace(written.name(), *std::move(value)).second) {
      return source.error(node, fmt::format("<{}> has {} twice", node.name(), written.name()));
    }
  }
  for (const auto& syntax : step.syntax->attributes) {
    if (syntax.required && !step.attributes.contains(syntax.name)) {
      return source.error(node, fmt::format("<{}> needs {}=\"…\"", node.name(), syntax.name));
    }
  }
  return {};
}

base::Result<std::vector<Step>> StepBuilder::unroll(const XmlSource& source, pugi::xml_node node,
                                                    const Variables& variables, const Step& step) {
  const auto times = base::parse_number<std::uint64_t>(attribute(step, "times")).value_or(0);
  if (times == 0 || times > max_times) return source.error(node, "times is not within 1 and 1000");
  const std::string index(attribute(step, "index"));
  if (!index.empty() && (!is_variable_name(index) || variables.contains(index))) {
    return source.error(node, fmt::format("index=\"{}\" is no name of its own", index));
  }
  std::vector<Step> rounds;
  for (std::uint64_t round = 1; round <= times; ++round) {
    if (++count_ > max_steps)
      return source.error(node, "more than 10000 steps, repetitions and includes counted");
    Variables inner = variables;
    if (!index.empty()) inner.emplace(index, std::to_string(round));
    auto made = steps(source, node, inner);
    if (!made) return std::move(made).error();
    if (made->empty()) break;
    Step group;
    group.syntax = options_.table->find("group");
    group.attributes.emplace("title", fmt::format("{} {}", index.empty() ? "round" : index, round));
    group.steps = *std::move(made);
    group.file = step.file;
    group.line = step.line;
    rounds.push_back(std::move(group));
  }
  return rounds;
}

}  // namespace watchrig::scenarios
