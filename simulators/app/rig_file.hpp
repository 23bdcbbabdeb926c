#pragma once

#include <string>
#include <vector>

#include "simulators/camera/camera_spec.hpp"
#include "simulators/services/service_device.hpp"
#include "system/base/result.hpp"

namespace watchrig::rig {

/// The devices of a rig, as a file describes them.
struct RigFile {
  std::vector<camera::CameraSpec> cameras;
  std::vector<services::ServicePlan> services;

  bool empty() const { return cameras.empty() && services.empty(); }
};

/// Reads the devices of a root <rig>. Refuses what it does not know, ids that come twice and ports that are
/// wanted twice. Errors name file, line and remedy; not_found, denied, io for the file itself.
base::Result<RigFile> read_rig_file(const std::string& path);
/// The same for a text; `name` stands for the file, in whose folder relative names begin.
base::Result<RigFile> parse_rig(std::string text, const std::string& name);

}  // namespace watchrig::rig
