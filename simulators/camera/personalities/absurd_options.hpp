#pragma once

#include <pugixml.hpp>

namespace watchrig::camera {

/// Makes of the options of encoders what no encoder can do: ranges upside down, a size of nothing, a thousand
/// more of them than the sensor has, and rates that are words.
void make_absurd(pugi::xml_node options);

}  // namespace watchrig::camera
