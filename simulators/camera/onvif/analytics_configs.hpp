#pragma once

#include <optional>
#include <string_view>

#include "simulators/camera/analytics/analytics_rules.hpp"
#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// The one kind of module, which is ours: parameter Classes.
inline constexpr std::string_view module_type = "wr:ObjectDetector";
/// Whatever the prefix.
bool is_module_type(std::string_view type);
/// By the names of ONVIF Analytics, annex A; whatever the prefix.
std::optional<AnalyticsRule::Kind> rule_kind(std::string_view type);

/// Reads a tt:Config. Faults ter:InvalidModule and ter:InvalidRule: another type, a parameter that it has
/// not, misses or cannot take.
OnvifOutcome read_module(pugi::xml_node node, AnalyticsModule& module);
OnvifOutcome read_rule(pugi::xml_node node, AnalyticsRule& rule);

/// Content of a tt:ConfigDescription.
void describe_module_type(pugi::xml_node node);
void describe_rule_type(pugi::xml_node node, AnalyticsRule::Kind kind);
/// Appends tan:Options, tan:RuleOptions: what the parameters take.
void add_module_options(pugi::xml_node parent);
void add_rule_options(pugi::xml_node parent, AnalyticsRule::Kind kind);

}  // namespace watchrig::camera
