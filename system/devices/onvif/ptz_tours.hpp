#pragma once

#include <pugixml.hpp>

#include "system/devices/ptz_head.hpp"

namespace watchrig::devices {

/// The tours of a GetPresetToursResponse (ONVIF PTZ 5.7).
std::vector<PtzTour> read_ptz_tours(pugi::xml_node answer);
/// Appends the tour to a ModifyPresetTour request.
void add_ptz_tour(pugi::xml_node request, const PtzTour& tour);

}  // namespace watchrig::devices
