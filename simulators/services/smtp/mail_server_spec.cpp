#include "simulators/services/smtp/mail_server_spec.hpp"

namespace watchrig::services {

base::Result<MailServerSpec> parse_mail_server(const kernel::XmlFile& file, pugi::xml_node element) {
  kernel::XmlAttributes attributes(file, element);
  MailServerSpec spec;
  auto id = attributes.required("id");
  if (!id) return id.error();
  spec.id = std::move(*id);
  const auto port = attributes.integer("port", 0, 0, 65535);
  if (!port) return port.error();
  spec.port = static_cast<std::uint16_t>(*port);
  spec.user = attributes.text("user");
  spec.password = attributes.text("password");
  if (spec.user.empty() != spec.password.empty())
    return attributes.error("user and password belong together");
  if (auto finished = attributes.finish(); !finished) return finished.error();
  return spec;
}

}  // namespace watchrig::services
