#include "simulators/kernel/virtual_device.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::kernel {

base::Result<boost::json::object> VirtualDevice::change(const boost::json::value&) {
  return base::Error{base::ErrorKind::unsupported,
                     fmt::format("{} \"{}\" has no state that a rig sets", kind(), id())};
}

}  // namespace watchrig::kernel
