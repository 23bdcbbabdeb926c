#pragma once

#include <cstdint>
#include <string>

#include "simulators/kernel/xml_file.hpp"

namespace watchrig::services {

/// What a rig file says of a mail server.
struct MailServerSpec {
  std::string id;
  std::uint16_t port = 0;  ///< on the loopback interface; 0: any free one
  std::string user;        ///< empty: takes mails from anybody
  std::string password;
  std::string encryption = "none";  ///< ssl: TLS from the first byte; tls: by STARTTLS, before anything else
};

/// Reads `<mail-server id=… [port=… user=… password=… encryption="ssl"]/>`.
base::Result<MailServerSpec> parse_mail_server(const kernel::XmlFile& file, pugi::xml_node element);

}  // namespace watchrig::services
