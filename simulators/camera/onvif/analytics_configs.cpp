#include "simulators/camera/onvif/analytics_configs.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "simulators/camera/onvif/event_topics.hpp"
#include "simulators/camera/onvif/metadata_configurations.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::children;
using protocols::local_name;
using Kind = AnalyticsRule::Kind;

constexpr std::string_view object_types[] = {"Human", "Vehicle", "Bicycle"};
constexpr std::string_view directions[] = {"Any", "Left", "Right"};
constexpr std::string_view classes_of_module = "Classes", classes_of_rule = "ClassFilter";
constexpr std::size_t longest_config_name = 64, most_points = 10;

/// What a kind of rule is called, and what its parts are.
struct Form {
  Kind kind;
  std::string_view type;
  std::string_view item, item_type;  ///< the parameter with the points
  std::size_t fewest_points;
  std::string_view topic;
};
constexpr Form forms[] = {{Kind::line, "tt:LineDetector", "Segments", "tt:Polyline", 2, "crossed"},
                          {Kind::field, "tt:FieldDetector", "Field", "tt:Polygon", 3, "inside"}};

const Form& form_of(Kind kind) { return kind == Kind::line ? forms[0] : forms[1]; }

void set_attribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name) = std::string(value).c_str();
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

/// Whether all words of a list are types of objects.
bool read_classes(std::string_view text, std::vector<std::string>& classes) {
  classes.clear();
  for (const auto word : base::split(text, ' ')) {
    if (base::trim(word).empty()) continue;
    if (std::ranges::find(object_types, base::trim(word)) == std::end(object_types)) return false;
    classes.emplace_back(base::trim(word));
  }
  return true;
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_config_name &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// Points of a tt:Polyline or tt:Polygon in ONVIF's coordinates.
bool read_points(pugi::xml_node node, const Form& form, std::vector<ScenePoint>& points) {
  const auto shape = child(node, without_prefix(form.item_type));
  for (const auto& point : children(shape, "Point")) {
    const auto x = base::parse_number<double>(point.attribute("x").value());
    const auto y = base::parse_number<double>(point.attribute("y").value());
    // Also refuses what is no number.
    if (!x || !y || !(std::abs(*x) <= 1) || !(std::abs(*y) <= 1)) return false;
    points.push_back({*x, *y});
  }
  return points.size() >= form.fewest_points && points.size() <= most_points;
}

OnvifOutcome wrong_module(std::string reason) {
  return refuse({"ter:InvalidArgVal", "ter:InvalidModule"}, std::move(reason));
}

OnvifOutcome wrong_rule(std::string reason) {
  return refuse({"ter:InvalidArgVal", "ter:InvalidRule"}, std::move(reason));
}

pugi::xml_node begin_config(pugi::xml_node parent, const std::string& element, const std::string& name,
                            std::string_view type) {
  auto node = add(parent, element);
  set_attribute(node, "Name", name);
  set_attribute(node, "Type", type);
  return add(node, "tt:Parameters");
}

void add_simple(pugi::xml_node list, std::string_view name, std::string_view value) {
  auto item = add(list, "tt:SimpleItem");
  set_attribute(item, "Name", name);
  set_attribute(item, "Value", value);
}

void describe(pugi::xml_node list, const char* element, std::string_view name, std::string_view type) {
  auto item = add(list, element);
  set_attribute(item, "Name", name);
  set_attribute(item, "Type", type);
}

pugi::xml_node begin_options(pugi::xml_node parent, const char* element, const char* of_what,
                             std::string_view type, std::string_view name) {
  auto node = add(parent, element);
  set_attribute(node, of_what, type);
  set_attribute(node, "Name", name);
  return node;
}

void add_choice(pugi::xml_node options, std::span<const std::string_view> words) {
  auto items = add(options, "tt:StringItems");
  for (const auto word : words) add(items, "tt:Item", word);
}

}  // namespace

bool is_module_type(std::string_view type) { return without_prefix(type) == without_prefix(module_type); }

std::optional<Kind> rule_kind(std::string_view type) {
  const auto found = std::ranges::find_if(
      forms, [&](const Form& form) { return without_prefix(form.type) == without_prefix(type); });
  return found == std::end(forms) ? std::nullopt : std::optional(found->kind);
}

OnvifOutcome read_module(pugi::xml_node node, AnalyticsModule& module) {
  module.name = node.attribute("Name").value();
  if (!valid_name(module.name)) return wrong_module("a module has a name of 1 to 64 bytes");
  if (!is_module_type(node.attribute("Type").value()))
    return wrong_module("there is no such type of modules");
  for (const auto& item : child(node, "Parameters").children()) {
    if (item.type() != pugi::node_element) continue;
    const std::string_view name = item.attribute("Name").value();
    if (local_name(item) != "SimpleItem" || name != classes_of_module)
      return wrong_module(fmt::format("a module has no parameter \"{}\"", name));
    if (!read_classes(item.attribute("Value").value(), module.classes))
      return wrong_module("Classes are of Human, Vehicle and Bicycle");
  }
  return {};
}

OnvifOutcome read_rule(pugi::xml_node node, AnalyticsRule& rule) {
  rule.name = node.attribute("Name").value();
  if (!valid_name(rule.name)) return wrong_rule("a rule has a name of 1 to 64 bytes");
  const auto kind = rule_kind(node.attribute("Type").value());
  if (!kind) return wrong_rule("there is no such type of rules");
  rule.kind = *kind;
  const auto& form = form_of(*kind);
  for (const auto& item : child(node, "Parameters").children()) {
    if (item.type() != pugi::node_element) continue;
    const std::string_view name = item.attribute("Name").value(), value = item.attribute("Value").value();
    const bool simple = local_name(item) == "SimpleItem";
    if (simple && name == classes_of_rule) {
      if (!read_classes(value, rule.classes))
        return wrong_rule("ClassFilter is of Human, Vehicle and Bicycle");
    } else if (simple && name == "Direction" && rule.kind == Kind::line) {
      if (std::ranges::find(directions, value) == std::end(directions))
        return wrong_rule("Direction is Any, Left or Right");
      rule.direction = value;
    } else if (!simple && name == form.item && rule.points.empty()) {
      if (!read_points(item, form, rule.points))
        return wrong_rule(
            fmt::format("{} has {} to {} points, each from -1 to 1", name, form.fewest_points, most_points));
    } else {
      return wrong_rule(fmt::format("the rule has no parameter \"{}\", or has it already", name));
    }
  }
  if (rule.points.empty()) return wrong_rule(fmt::format("the rule misses its {}", form.item));
  return {};
}

void add_module_configs(pugi::xml_node parent, const std::string& name, const VideoAnalytics& analytics) {
  for (const auto& module : analytics.modules())
    add_simple(begin_config(parent, name, module.name, module_type), classes_of_module,
               joined(module.classes));
}

void add_rule_configs(pugi::xml_node parent, const std::string& name, const VideoAnalytics& analytics) {
  for (const auto& rule : analytics.rules()) {
    const auto& form = form_of(rule.kind);
    auto parameters = begin_config(parent, name, rule.name, form.type);
    if (rule.kind == Kind::line) add_simple(parameters, "Direction", rule.direction);
    add_simple(parameters, classes_of_rule, joined(rule.classes));
    auto item = add(parameters, "tt:ElementItem");
    set_attribute(item, "Name", form.item);
    auto shape = add(item, std::string(form.item_type));
    for (const auto& point : rule.points) {
      auto node = add(shape, "tt:Point");
      set_attribute(node, "x", fmt::format("{:g}", point.x));
      set_attribute(node, "y", fmt::format("{:g}", point.y));
    }
  }
}

void describe_module_type(pugi::xml_node node) {
  set_attribute(node, "Name", module_type);
  node.append_attribute("maxInstances") = static_cast<unsigned>(VideoAnalytics::most_modules);
  describe(add(node, "tt:Parameters"), "tt:SimpleItemDescription", classes_of_module, "tt:StringAttrList");
}

void describe_rule_type(pugi::xml_node node, Kind kind) {
  const auto& form = form_of(kind);
  set_attribute(node, "Name", form.type);
  node.append_attribute("maxInstances") = static_cast<unsigned>(VideoAnalytics::most_rules);
  auto parameters = add(node, "tt:Parameters");
  if (kind == Kind::line) describe(parameters, "tt:SimpleItemDescription", "Direction", "tt:Direction");
  describe(parameters, "tt:SimpleItemDescription", classes_of_rule, "tt:StringAttrList");
  describe(parameters, "tt:ElementItemDescription", form.item, form.item_type);
  auto message = add(node, "tt:Messages");
  const auto& topic = *event_topic(form.topic);
  describe_message(message, topic);
  add(message, "tt:ParentTopic", topic.path);
}

void add_module_options(pugi::xml_node parent) {
  auto options = begin_options(parent, "tan:Options", "AnalyticsModule", module_type, classes_of_module);
  options.append_attribute("minOccurs") = 0;
  add_choice(options, object_types);
}

void add_rule_options(pugi::xml_node parent, Kind kind) {
  const auto& form = form_of(kind);
  const auto begin = [&](std::string_view name) {
    return begin_options(parent, "tan:RuleOptions", "RuleType", form.type, name);
  };
  if (kind == Kind::line) add_choice(begin("Direction"), directions);
  auto classes = begin(classes_of_rule);
  classes.append_attribute("minOccurs") = 0;
  add_choice(classes, object_types);
  auto range = add(add(begin(form.item), "tt:PolygonOptions"), "tt:VertexLimits");
  add(range, "tt:Min", std::to_string(form.fewest_points));
  add(range, "tt:Max", std::to_string(most_points));
}

}  // namespace watchrig::camera
