#pragma once

#include <string>
#include <vector>

#include "system/central/settings/settings.hpp"
#include "system/platform/mail_sender.hpp"

namespace watchrig::central {

/// How a provider's mail server is known to be reached (IVSS 8.3.2.3).
struct KnownMailServer {
  std::string type;  ///< as the setting `mail.type` names it; empty: one to be entered by hand
  std::string host;
  unsigned port = 0;
  platform::MailEncryption encryption = platform::MailEncryption::none;
  bool authorisation_code = false;  ///< wants one in place of the mailbox's password
};
const std::vector<KnownMailServer>& known_mail_servers();

std::string_view to_string(platform::MailEncryption encryption);

/// The settings `mail`: a type other than `customize` stands for server, port and encryption.
SettingSection mail_section();

/// Everything for sending but the text.
struct MailSetup {
  platform::MailServer server;
  std::string sender;
  std::vector<std::string> receivers;
};
/// Of the values of the section. Errors: invalid with the field that is not set yet.
FieldResult<MailSetup> mail_setup(const boost::json::object& values);

/// What will probably not work, or is unwise, each a sentence for the operator.
std::vector<std::string> mail_warnings(const boost::json::object& values);

}  // namespace watchrig::central
