// What the media services tell of metadata and analytics (ONVIF Media 5.9, 5.13, Media2 5.4): one
// configuration of each for every video source, which profiles have or have not.
#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/event_hub.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/metadata_configurations.hpp"
#include "simulators/camera/onvif/metadata_events.hpp"
#include "system/protocols/onvif/answer_parts.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::children;
using protocols::text_at;
using Fill = void (*)(pugi::xml_node, const OnvifDevice&, unsigned);

/// The two configurations, which are handled alike.
struct Kind {
  std::string_view what;  ///< for OnvifDevice::token()
  Fill fill;
};
constexpr Kind metadata{metadata_configuration, fill_metadata_configuration},
    analytics{analytics_configuration, fill_analytics_configuration};

VideoAnalytics& analytics_of(const OnvifDevice& device, unsigned source) {
  return *device.analytics[source - 1];
}

const char* flag(bool on) { return on ? "true" : "false"; }

OnvifOutcome cannot(std::string reason) {
  return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, std::move(reason));
}

/// The source of the request's token, or the first where none is asked for; and of a profile, that of its
/// stream.
OnvifOutcome asked_sources(const OnvifDevice& device, const OnvifCall& call, const Kind& kind,
                           std::vector<unsigned>& found) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto profile = text_at(call.request, "ProfileToken");
  const auto* named = device.profile(profile);
  if (!profile.empty() && !named) return no_profile(profile);
  const auto of_profile = named ? device.source_of(*named) : std::nullopt;
  for (unsigned source = 1; source <= device.sources; ++source) {
    if ((token.empty() || token == device.token(kind.what, source)) && of_profile.value_or(source) == source)
      found.push_back(source);
  }
  return found.empty() ? no_configuration(token) : OnvifOutcome();
}

OnvifOutcome list(const OnvifDevice& device, OnvifCall& call, const Kind& kind, const char* name) {
  std::vector<unsigned> sources;
  if (auto refused = asked_sources(device, call, kind, sources)) return refused;
  for (const auto source : sources) kind.fill(add(call.answer, name), device, source);
  return {};
}

OnvifOutcome one(const OnvifDevice& device, OnvifCall& call, const Kind& kind) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto source = device.source_of(kind.what, token);
  if (!source) return no_configuration(token);
  kind.fill(add(call.answer, "trt:Configuration"), device, *source);
  return {};
}

OnvifOutcome metadata_options(const OnvifDevice& device, OnvifCall& call, const char* name) {
  std::vector<unsigned> sources;
  if (auto refused = asked_sources(device, call, metadata, sources)) return refused;
  auto options = add(call.answer, name);
  options.append_attribute("GeoLocation") = "false";
  options.append_attribute("MaxContentFilterSize") = static_cast<unsigned>(EventFilter::longest);
  auto filter = add(options, "tt:PTZStatusFilterOptions");
  for (const char* part :
       {"PanTiltStatusSupported", "ZoomStatusSupported", "PanTiltPositionSupported", "ZoomPositionSupported"})
    add(filter, fmt::format("tt:{}", part), flag(device.head != nullptr));
  return {};
}

/// Nothing for what is no xs:boolean.
std::optional<bool> read_flag(pugi::xml_node node, std::string_view path, bool missing) {
  const auto text = text_at(node, path);
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return text.empty() ? std::optional(missing) : std::nullopt;
}

OnvifOutcome set_metadata(OnvifDevice& device, OnvifCall& call) {
  const auto node = child(call.request, "Configuration");
  const std::string token = node.attribute("token").value();
  const auto source = device.source_of(metadata_configuration, token);
  if (!source) return no_configuration(token);
  MetadataWish wish;
  // Without the element: none, as the schema says of events.
  const auto objects = read_flag(node, "Analytics", false),
             status = read_flag(node, "PTZStatus/Status", false),
             position = read_flag(node, "PTZStatus/Position", false);
  if (!objects || !status || !position) return cannot("what is told is true or false");
  if ((*status || *position) && !device.head) return cannot("the camera has no head to tell of");
  MetadataEventWish events;
  if (const auto asked = child(node, "Events")) {
    events.wanted = true;
    const auto filter = child(asked, "Filter");
    if (auto refused = EventFilter::read(filter, device.events->topics(), events.filter))
      return cannot(refused->reason);
    auto written = std::make_shared<pugi::xml_document>();
    if (filter) protocols::add_copy(written->root(), "tt:Filter", filter);
    events.written = std::move(written);
  }
  wish.objects = *objects;
  wish.ptz_status = *status;
  wish.ptz_position = *position;
  wish.events = events.wanted;
  device.metadata_events->wish(*source) = std::move(events);
  analytics_of(device, *source).set_wish(wish);
  return {};
}

/// Modules and rules are set by the analytics service; here they may be sent back as they are.
OnvifOutcome set_analytics(OnvifDevice& device, OnvifCall& call) {
  const auto node = child(call.request, "Configuration");
  const std::string token = node.attribute("token").value();
  const auto source = device.source_of(analytics_configuration, token);
  if (!source) return no_configuration(token);
  const auto& own = analytics_of(device, *source);
  const auto names = [&](const char* path, const char* item) {
    std::vector<std::string> all;
    for (const auto& config : children(child(node, path), item))
      all.emplace_back(config.attribute("Name").value());
    return all;
  };
  std::vector<std::string> modules, rules;
  for (const auto& module : own.modules()) modules.push_back(module.name);
  for (const auto& rule : own.rules()) rules.push_back(rule.name);
  if (names("AnalyticsEngineConfiguration", "AnalyticsModule") != modules ||
      names("RuleEngineConfiguration", "Rule") != rules)
    return cannot("modules and rules are made and deleted by the analytics service");
  return {};
}

}  // namespace

namespace {

void begin(pugi::xml_node node, const OnvifDevice& device, unsigned source, std::string_view what,
           std::string_view type) {
  const auto token = device.token(what, source);
  protocols::begin_entity(node, token, token, profile_uses(device, type, token));
}

}  // namespace

void fill_metadata_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source) {
  begin(node, device, source, metadata_configuration, "Metadata");
  const auto wish = analytics_of(device, source).wish();
  auto ptz = add(node, "tt:PTZStatus");
  add(ptz, "tt:Status", flag(wish.ptz_status));
  add(ptz, "tt:Position", flag(wish.ptz_position));
  if (const auto& events = device.metadata_events->wish(source); events.wanted) {
    auto told = add(node, "tt:Events");
    if (events.written && events.written->first_child()) told.append_copy(events.written->first_child());
  }
  add(node, "tt:Analytics", flag(wish.objects));
  protocols::add_no_multicast(node);
  add(node, "tt:SessionTimeout", "PT60S");
}

void fill_analytics_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source) {
  begin(node, device, source, analytics_configuration, "Analytics");
  const auto& own = analytics_of(device, source);
  add_module_configs(add(node, "tt:AnalyticsEngineConfiguration"), "tt:AnalyticsModule", own);
  add_rule_configs(add(node, "tt:RuleEngineConfiguration"), "tt:Rule", own);
}

std::vector<OnvifOperation> metadata_operations1(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  constexpr auto actuate = AccessClass::actuate;
  const char* several = "trt:Configurations";
  return {
      {"GetMetadataConfigurations", read,
       [&d, several](OnvifCall& c) { return list(d, c, metadata, several); }},
      {"GetMetadataConfiguration", read, [&d](OnvifCall& c) { return one(d, c, metadata); }},
      {"GetMetadataConfigurationOptions", read,
       [&d](OnvifCall& c) { return metadata_options(d, c, "trt:Options"); }},
      {"SetMetadataConfiguration", actuate, [&d](OnvifCall& c) { return set_metadata(d, c); }},
      {"GetVideoAnalyticsConfigurations", read,
       [&d, several](OnvifCall& c) { return list(d, c, analytics, several); }},
      {"GetVideoAnalyticsConfiguration", read, [&d](OnvifCall& c) { return one(d, c, analytics); }},
      {"SetVideoAnalyticsConfiguration", actuate, [&d](OnvifCall& c) { return set_analytics(d, c); }},
  };
}

std::vector<OnvifOperation> metadata_operations2(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  constexpr auto actuate = AccessClass::actuate;
  const char* several = "tr2:Configurations";
  return {
      {"GetMetadataConfigurations", read,
       [&d, several](OnvifCall& c) { return list(d, c, metadata, several); }},
      {"GetMetadataConfigurationOptions", read,
       [&d](OnvifCall& c) { return metadata_options(d, c, "tr2:Options"); }},
      {"SetMetadataConfiguration", actuate, [&d](OnvifCall& c) { return set_metadata(d, c); }},
      {"GetAnalyticsConfigurations", read,
       [&d, several](OnvifCall& c) { return list(d, c, analytics, several); }},
  };
}

}  // namespace watchrig::camera
