// The analytics service (ONVIF Analytics 5.4, 5.5): by which modules objects are found, and which rules are
// judged by them.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "simulators/camera/onvif/analytics_configs.hpp"
#include "simulators/camera/onvif/event_topics.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/metadata_configurations.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::children;
using protocols::text_at;

OnvifOutcome too_many(std::string subcode, std::string_view what, std::size_t most) {
  return protocols::SoapFault{protocols::SoapFault::Blame::receiver,
                              {"ter:Action", std::move(subcode)},
                              fmt::format("there can be {} {} at most", most, what)};
}

OnvifOutcome service_capabilities(OnvifCall& call) {
  auto all = add(call.answer, "tan:Capabilities");
  for (const char* able : {"RuleSupport", "AnalyticsModuleSupport", "RuleOptionsSupported",
                           "AnalyticsModuleOptionsSupported", "SupportedMetadata"})
    all.append_attribute(able) = "true";
  all.append_attribute("CellBasedSceneDescriptionSupported") = "false";
  return {};
}

using Serve = OnvifOutcome (*)(VideoAnalytics&, OnvifCall&);

/// An operation on the analytics that its ConfigurationToken names.
OnvifOutcome with_analytics(OnvifDevice& device, OnvifCall& call, Serve serve) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto source = device.source_of(analytics_configuration, token);
  return source ? serve(*device.analytics[*source - 1], call) : no_configuration(token);
}

OnvifOutcome supported_modules(VideoAnalytics&, OnvifCall& call) {
  auto all = add(call.answer, "tan:SupportedAnalyticsModules");
  all.append_attribute("Limit") = static_cast<unsigned>(VideoAnalytics::most_modules);
  describe_module_type(add(all, "tt:AnalyticsModuleDescription"));
  return {};
}

OnvifOutcome supported_rules(VideoAnalytics&, OnvifCall& call) {
  auto all = add(call.answer, "tan:SupportedRules");
  all.append_attribute("Limit") = static_cast<unsigned>(VideoAnalytics::most_rules);
  for (const auto kind : {AnalyticsRule::Kind::line, AnalyticsRule::Kind::field})
    describe_rule_type(add(all, "tt:RuleDescription"), kind);
  return {};
}

OnvifOutcome modules(VideoAnalytics& analytics, OnvifCall& call) {
  add_module_configs(call.answer, "tan:AnalyticsModule", analytics);
  return {};
}

OnvifOutcome rules(VideoAnalytics& analytics, OnvifCall& call) {
  add_rule_configs(call.answer, "tan:Rule", analytics);
  return {};
}

OnvifOutcome module_options(VideoAnalytics&, OnvifCall& call) {
  const auto type = text_at(call.request, "Type");
  if (!type.empty() && !is_module_type(type))
    return refuse({"ter:InvalidArgVal", "ter:InvalidModule"}, fmt::format("there is no module \"{}\"", type));
  add_module_options(call.answer);
  return {};
}

OnvifOutcome rule_options(VideoAnalytics&, OnvifCall& call) {
  const auto type = text_at(call.request, "RuleType");
  const auto kind = rule_kind(type);
  if (!type.empty() && !kind)
    return refuse({"ter:InvalidArgVal", "ter:InvalidRule"}, fmt::format("there is no rule \"{}\"", type));
  for (const auto one : {AnalyticsRule::Kind::line, AnalyticsRule::Kind::field})
    if (!kind || *kind == one) add_rule_options(call.answer, one);
  return {};
}

/// What modules and rules are changed alike by. `Item` has a name.
template <typename Item>
struct Manner {
  const char* element;
  const char* name_element;
  const char* exists;
  const char* missing;
  const char* too_many;
  std::string_view what;
  std::size_t most;
  OnvifOutcome (*read)(pugi::xml_node, Item&);
};
constexpr Manner<AnalyticsModule> of_modules{"AnalyticsModule",
                                             "AnalyticsModuleName",
                                             "ter:NameAlreadyExistent",
                                             "ter:NameNotExistent",
                                             "ter:TooManyModules",
                                             "modules",
                                             VideoAnalytics::most_modules,
                                             read_module};
constexpr Manner<AnalyticsRule> of_rules{"Rule",
                                         "RuleName",
                                         "ter:RuleAlreadyExistent",
                                         "ter:RuleNotExistent",
                                         "ter:TooManyRules",
                                         "rules",
                                         VideoAnalytics::most_rules,
                                         read_rule};

template <typename Item>
OnvifOutcome create(const Manner<Item>& manner, OnvifCall& call, std::vector<Item>& items) {
  for (const auto& node : children(call.request, manner.element)) {
    Item item;
    if (auto refused = manner.read(node, item)) return refused;
    if (std::ranges::find(items, item.name, &Item::name) != items.end())
      return refuse({"ter:InvalidArgVal", manner.exists}, fmt::format("\"{}\" exists already", item.name));
    if (items.size() >= manner.most) return too_many(manner.too_many, manner.what, manner.most);
    items.push_back(std::move(item));
  }
  return {};
}

template <typename Item>
OnvifOutcome modify(const Manner<Item>& manner, OnvifCall& call, std::vector<Item>& items) {
  for (const auto& node : children(call.request, manner.element)) {
    Item item;
    const std::string name = node.attribute("Name").value();
    const auto found = std::ranges::find(items, name, &Item::name);
    if (found == items.end())
      return refuse({"ter:InvalidArgVal", manner.missing}, fmt::format("there is no \"{}\"", name));
    if (auto refused = manner.read(node, item)) return refused;
    *found = std::move(item);
  }
  return {};
}

template <typename Item>
OnvifOutcome remove(const Manner<Item>& manner, OnvifCall& call, std::vector<Item>& items) {
  for (const auto& node : children(call.request, manner.name_element)) {
    const std::string name = node.text().get();
    if (std::erase_if(items, [&](const Item& item) { return item.name == name; }) == 0)
      return refuse({"ter:InvalidArgVal", manner.missing}, fmt::format("there is no \"{}\"", name));
  }
  return {};
}

using ModuleChange = OnvifOutcome (*)(const Manner<AnalyticsModule>&, OnvifCall&,
                                      std::vector<AnalyticsModule>&);
using RuleChange = OnvifOutcome (*)(const Manner<AnalyticsRule>&, OnvifCall&, std::vector<AnalyticsRule>&);

/// All of a request or nothing.
template <ModuleChange change>
OnvifOutcome change_modules(VideoAnalytics& analytics, OnvifCall& call) {
  auto items = analytics.modules();
  if (auto refused = change(of_modules, call, items)) return refused;
  analytics.set_modules(std::move(items));
  return {};
}

template <RuleChange change>
OnvifOutcome change_rules(VideoAnalytics& analytics, OnvifCall& call) {
  auto items = analytics.rules();
  if (auto refused = change(of_rules, call, items)) return refused;
  analytics.set_rules(std::move(items));
  return {};
}

/// What a frame may look like: one object of each kind that there is.
OnvifOutcome supported_metadata(const OnvifDevice& device, OnvifCall& call) {
  const auto type = text_at(call.request, "Type");
  if (!type.empty() && !is_module_type(type))
    return refuse({"ter:InvalidArgVal", "ter:InvalidModule"}, fmt::format("there is no module \"{}\"", type));
  std::vector<scene::SceneObject> objects;
  for (const auto kind : {scene::ObjectClass::person, scene::ObjectClass::car, scene::ObjectClass::bicycle}) {
    const auto id = static_cast<std::uint32_t>(objects.size() + 1);
    objects.push_back({id, kind, {10, 20, 30, 40}, scene::body_colours().front().name, ""});
  }
  objects[1].plate = "KR 4821";
  auto node = add(call.answer, "tan:AnalyticsModule");
  node.append_attribute("Type") = std::string(module_type).c_str();
  pugi::xml_document frame;
  frame.load_string(frame_text({objects, {}, 160, 90, device.now()}, "tan:SampleFrame").c_str());
  node.append_copy(frame.first_child());
  return {};
}

}  // namespace

OnvifService analytics_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  constexpr auto actuate = AccessClass::actuate;
  OnvifService service{"tan", "/onvif/analytics_service", 20, 12, {}};
  const auto on = [&d](Serve serve) {
    return [&d, serve](OnvifCall& c) { return with_analytics(d, c, serve); };
  };
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth, service_capabilities},
      {"GetSupportedAnalyticsModules", read, on(supported_modules)},
      {"GetAnalyticsModules", read, on(modules)},
      {"GetAnalyticsModuleOptions", read, on(module_options)},
      {"CreateAnalyticsModules", actuate, on(change_modules<create>)},
      {"ModifyAnalyticsModules", actuate, on(change_modules<modify>)},
      {"DeleteAnalyticsModules", actuate, on(change_modules<remove>)},
      {"GetSupportedRules", read, on(supported_rules)},
      {"GetRules", read, on(rules)},
      {"GetRuleOptions", read, on(rule_options)},
      {"CreateRules", actuate, on(change_rules<create>)},
      {"ModifyRules", actuate, on(change_rules<modify>)},
      {"DeleteRules", actuate, on(change_rules<remove>)},
      {"GetSupportedMetadata", read, [&d](OnvifCall& c) { return supported_metadata(d, c); }},
  };
  return service;
}

}  // namespace watchrig::camera
