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
using Has = bool MetadataProfile::*;

/// The two configurations, which are handled alike.
struct Kind {
  std::string_view what;  ///< for OnvifDevice::token()
  std::string_view type;  ///< of tr2:ConfigurationRef
  Fill fill;
  Has has;
};
constexpr Kind metadata{metadata_configuration, "Metadata", fill_metadata_configuration,
                        &MetadataProfile::metadata},
    analytics{analytics_configuration, "Analytics", fill_analytics_configuration,
              &MetadataProfile::analytics};

VideoAnalytics& analytics_of(const OnvifDevice& device, unsigned source) {
  return *device.analytics[source - 1];
}

const char* flag(bool on) { return on ? "true" : "false"; }

OnvifOutcome cannot(std::string reason) {
  return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, std::move(reason));
}

OnvifOutcome conflict(std::string reason) {
  return protocols::SoapFault{
      protocols::SoapFault::Blame::receiver, {"ter:Action", "ter:ConfigurationConflict"}, std::move(reason)};
}

/// The source of the request's token, or the first where none is asked for; and of a profile, that of its
/// stream.
OnvifOutcome asked_sources(const OnvifDevice& device, const OnvifCall& call, const Kind& kind,
                           std::vector<unsigned>& found) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto profile = text_at(call.request, "ProfileToken");
  const auto* stream = device.stream(profile);
  if (!profile.empty() && !stream) return no_profile(profile);
  for (unsigned source = 1; source <= device.sources; ++source) {
    if ((token.empty() || token == device.token(kind.what, source)) && (!stream || stream->source == source))
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

OnvifOutcome change_profile(OnvifDevice& device, const OnvifStream& stream, const Kind& kind, bool on) {
  auto& own = analytics_of(device, stream.source);
  auto profile = own.profile(stream.name);
  profile.*kind.has = on;
  own.set_profile(stream.name, profile);
  return {};
}

OnvifOutcome add_to_profile(OnvifDevice& device, const std::string& profile, const std::string& token,
                            const Kind& kind) {
  const auto* stream = device.stream(profile);
  if (!stream) return no_profile(profile);
  const auto source = device.source_of(kind.what, token);
  if (!source) return no_configuration(token);
  if (*source != stream->source)
    return conflict(fmt::format("the profile shows video source {}, the configuration is of {}",
                                stream->source, *source));
  return change_profile(device, *stream, kind, true);
}

OnvifOutcome remove_from_profile(OnvifDevice& device, const std::string& profile, const Kind& kind) {
  const auto* stream = device.stream(profile);
  return stream ? change_profile(device, *stream, kind, false) : no_profile(profile);
}

OnvifOutcome add1(OnvifDevice& device, OnvifCall& call, const Kind& kind) {
  return add_to_profile(device, text_at(call.request, "ProfileToken"),
                        text_at(call.request, "ConfigurationToken"), kind);
}

/// AddConfiguration and RemoveConfiguration of version 2. All or nothing.
OnvifOutcome change2(OnvifDevice& device, OnvifCall& call, bool on) {
  const auto profile = text_at(call.request, "ProfileToken");
  const auto* stream = device.stream(profile);
  if (!stream) return no_profile(profile);
  std::vector<std::pair<const Kind*, std::string>> asked;
  for (const auto& node : children(call.request, "Configuration")) {
    const auto type = text_at(node, "Type");
    if (type != metadata.type && type != analytics.type)
      return conflict(fmt::format("of a profile, Metadata and Analytics can be changed, not \"{}\"", type));
    const auto* kind = type == metadata.type ? &metadata : &analytics;
    auto token = text_at(node, "Token");
    if (token.empty()) token = device.token(kind->what, stream->source);
    const auto source = device.source_of(kind->what, token);
    if (!source) return no_configuration(token);
    if (*source != stream->source) return conflict(fmt::format("\"{}\" is of another video source", token));
    asked.emplace_back(kind, token);
  }
  for (const auto& [kind, token] : asked) change_profile(device, *stream, *kind, on);
  return {};
}

}  // namespace

bool has_metadata(const OnvifDevice& device, const OnvifStream& stream) {
  return !device.analytics.empty() && analytics_of(device, stream.source).profile(stream.name).metadata;
}

bool has_analytics(const OnvifDevice& device, const OnvifStream& stream) {
  return !device.analytics.empty() && analytics_of(device, stream.source).profile(stream.name).analytics;
}

namespace {

void begin(pugi::xml_node node, const OnvifDevice& device, unsigned source, std::string_view what, Has has) {
  const auto token = device.token(what, source);
  const auto users = std::ranges::count_if(device.streams, [&](const OnvifStream& stream) {
    return stream.source == source && analytics_of(device, source).profile(stream.name).*has;
  });
  protocols::begin_entity(node, token, token, static_cast<std::size_t>(users));
}

}  // namespace

void fill_metadata_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source) {
  begin(node, device, source, metadata_configuration, &MetadataProfile::metadata);
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
  begin(node, device, source, analytics_configuration, &MetadataProfile::analytics);
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
      {"GetCompatibleMetadataConfigurations", read,
       [&d, several](OnvifCall& c) { return list(d, c, metadata, several); }},
      {"GetMetadataConfiguration", read, [&d](OnvifCall& c) { return one(d, c, metadata); }},
      {"GetMetadataConfigurationOptions", read,
       [&d](OnvifCall& c) { return metadata_options(d, c, "trt:Options"); }},
      {"SetMetadataConfiguration", actuate, [&d](OnvifCall& c) { return set_metadata(d, c); }},
      {"AddMetadataConfiguration", actuate, [&d](OnvifCall& c) { return add1(d, c, metadata); }},
      {"RemoveMetadataConfiguration", actuate,
       [&d](OnvifCall& c) { return remove_from_profile(d, text_at(c.request, "ProfileToken"), metadata); }},
      {"GetVideoAnalyticsConfigurations", read,
       [&d, several](OnvifCall& c) { return list(d, c, analytics, several); }},
      {"GetCompatibleVideoAnalyticsConfigurations", read,
       [&d, several](OnvifCall& c) { return list(d, c, analytics, several); }},
      {"GetVideoAnalyticsConfiguration", read, [&d](OnvifCall& c) { return one(d, c, analytics); }},
      {"SetVideoAnalyticsConfiguration", actuate, [&d](OnvifCall& c) { return set_analytics(d, c); }},
      {"AddVideoAnalyticsConfiguration", actuate, [&d](OnvifCall& c) { return add1(d, c, analytics); }},
      {"RemoveVideoAnalyticsConfiguration", actuate,
       [&d](OnvifCall& c) { return remove_from_profile(d, text_at(c.request, "ProfileToken"), analytics); }},
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
      {"AddConfiguration", actuate, [&d](OnvifCall& c) { return change2(d, c, true); }},
      {"RemoveConfiguration", actuate, [&d](OnvifCall& c) { return change2(d, c, false); }},
  };
}

}  // namespace watchrig::camera
