#pragma once

#include <string_view>

#include "simulators/camera/analytics/video_analytics.hpp"
#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// What each source has, for OnvifDevice::token().
inline constexpr std::string_view metadata_configuration = "metadata", analytics_configuration = "analytics";

/// Contents of a tt:MetadataConfiguration and of a tt:VideoAnalyticsConfiguration.
void fill_metadata_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source);
void fill_analytics_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source);

/// tt:Config of each module and rule, under a name of the service's.
void add_module_configs(pugi::xml_node parent, const std::string& name, const VideoAnalytics& analytics);
void add_rule_configs(pugi::xml_node parent, const std::string& name, const VideoAnalytics& analytics);

}  // namespace watchrig::camera
