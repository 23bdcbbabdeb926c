#include "simulators/services/smtp/mail_server_spec.hpp"

#include "simulators/services/service_device.hpp"

namespace watchrig::services {

base::Result<MailServerSpec> parse_mail_server(const kernel::XmlFile& file, pugi::xml_node element) {
  kernel::XmlAttributes attributes(file, element);
  const auto plan = plan_service(attributes);
  if (!plan) return plan.error();
  MailServerSpec spec;
  spec.id = plan->id;
  spec.port = plan->port;
  spec.user = attributes.text("user");
  spec.password = attributes.text("password");
  if (spec.user.empty() != spec.password.empty())
    return attributes.error("user and password belong together");
  const auto encryption = attributes.text("encryption");
  if (!encryption.empty()) spec.encryption = encryption;
  if (spec.encryption != "none" && spec.encryption != "ssl" && spec.encryption != "tls")
    return attributes.error("encryption must be none, ssl or tls");
  if (auto finished = attributes.finish(); !finished) return finished.error();
  return spec;
}

}  // namespace watchrig::services
