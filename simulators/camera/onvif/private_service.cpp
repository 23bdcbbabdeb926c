// What only cameras of our own kind do: keep an e-mail address by which their password can be reset.
#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

namespace {

constexpr std::size_t longest_address = 254;  // RFC 5321, 4.5.3.1.3

OnvifOutcome set_reset_email(OnvifDevice& device, OnvifCall& call) {
  const auto email = protocols::text_at(call.request, "Email");
  const auto at = email.find('@');
  if (at == 0 || at == std::string::npos || at + 1 == email.size() || email.size() > longest_address) {
    return refuse({"ter:InvalidArgVal"}, "no e-mail address");
  }
  device.reset_email = email;
  return {};
}

}  // namespace

OnvifService private_service(OnvifDevice& d) {
  OnvifService service{"wr", "/private/device_service", 1, 0, {}};
  service.operations = {
      {"SetResetEmail", AccessClass::write_system, [&d](OnvifCall& c) { return set_reset_email(d, c); }}};
  return service;
}

}  // namespace watchrig::camera
