#pragma once

#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// Content of a tt:ImagingSettings20 and a tt:ImagingOptions20: a table of numbers and modes.
void fill_imaging_settings(pugi::xml_node node, const ImagingUnit& unit);
void fill_imaging_options(pugi::xml_node node);
/// What is missing stays as it is. Fault: ter:SettingsInvalid, and nothing has changed.
OnvifOutcome take_imaging_settings(pugi::xml_node node, ImagingUnit& unit);

}  // namespace watchrig::camera
