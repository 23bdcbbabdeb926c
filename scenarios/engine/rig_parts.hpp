#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/engine/rig_process.hpp"

namespace watchrig::scenarios {

/// A rig, taken apart into what the rig process plays and what is real hardware.
struct RigParts {
  std::string played;        ///< <rig> with the virtual devices; empty when there are none
  std::vector<Device> real;  ///< of <bind id="gate" driver="rtsp" main="rtsp://…" sub="…" sub2="…"
                             ///< username="…" password="…" detail="maker, model, firmware"/>
};

/// Errors name what is wrong with a <bind>: no id, no main, a driver other than rtsp, an unknown attribute.
base::Result<RigParts> take_rig_apart(std::string_view rig);

/// Puts the devices of a rig file in place of those with the same ids; the others stay. Neither text has
/// parameters.
base::Result<std::string> bind_rig(std::string_view rig, std::string_view rig_file);

}  // namespace watchrig::scenarios
