#include "system/central/mail/mail_settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/host_name.hpp"
#include "system/central/mailbox.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::ErrorKind;
using platform::MailEncryption;

namespace {

constexpr std::string_view customize = "customize";
constexpr std::int64_t most_receivers = 10;

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

std::string text_in(const json::object& values, std::string_view name) {
  return std::string(values.at(name).as_string());
}

MailEncryption encryption_from(std::string_view text) {
  return text == "ssl" ? MailEncryption::ssl : text == "tls" ? MailEncryption::tls : MailEncryption::none;
}

/// As set, or of the type.
platform::MailServer server_of(const json::object& values) {
  platform::MailServer server{text_in(values, "server"),
                              static_cast<unsigned>(values.at("port").as_int64()),
                              encryption_from(text_in(values, "encryption")),
                              text_in(values, "username"),
                              text_in(values, "password"),
                              values.at("verify").as_bool(),
                              {}};
  const auto type = text_in(values, "type");
  const auto& known = known_mail_servers();
  const auto preset = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.type == type; });
  if (type == customize || preset == known.end()) return server;
  server.host = preset->host;
  server.port = preset->port;
  server.encryption = preset->encryption;
  return server;
}

FieldResult<void> check(const json::object& values) {
  const auto sender = text_in(values, "sender");
  if (!sender.empty() && !is_mailbox(sender)) return refuse("sender", "sender must be a mail address");
  for (const auto& receiver : values.at("receivers").as_array()) {
    if (!is_mailbox(receiver.as_string()))
      return refuse("receivers", fmt::format("\"{}\" is no mail address", std::string(receiver.as_string())));
  }
  const auto host = text_in(values, "server");
  if (!host.empty() && !is_host_name(host))
    return refuse("server", "server must be a host name or an address");
  return {};
}

}  // namespace

std::string_view to_string(MailEncryption encryption) {
  return encryption == MailEncryption::ssl ? "ssl" : encryption == MailEncryption::tls ? "tls" : "none";
}

const std::vector<KnownMailServer>& known_mail_servers() {
  using enum MailEncryption;
  static const std::vector<KnownMailServer> known{
      {"gmail", "smtp.gmail.com", 587, tls},      {"hotmail", "smtp-mail.outlook.com", 587, tls},
      {"yahoo", "smtp.mail.yahoo.com", 465, ssl}, {"", "smtp.qq.com", 465, ssl, true},
      {"", "smtp.163.com", 465, ssl, true},       {"", "smtp.163.com", 994, ssl, true},
      {"", "smtp.163.com", 25, tls, true},        {"", "smtp.163.com", 25, none, true},
      {"", "smtp.126.com", 25, none, true},
  };
  return known;
}

SettingSection mail_section() {
  return {"mail",
          "sending of mail",
          {choice_setting("type", {std::string(customize), "gmail", "hotmail", "yahoo"},
                          "provider; all but customize stand for server, port and encryption"),
           text_setting("server", "", 253, "name or address of the mail server"),
           port_setting("port", 25, "its TCP port"),
           choice_setting("encryption", {"none", "ssl", "tls"}, "ssl: from the first byte; tls: by STARTTLS"),
           flag_setting("verify", true, "whether the certificate of the server must be trusted"),
           text_setting("username", "", 255, "empty: without signing in"),
           secret_setting("password", 255, "of the mailbox, or the provider's authorisation code"),
           text_setting("sender", "", 254, "mail address"),
           texts_setting("receivers", most_receivers, "mail addresses")},
          check,
          true,
          {"type", "server", "port", "encryption", "verify"}};
}

FieldResult<MailSetup> mail_setup(const json::object& values) {
  MailSetup setup{server_of(values), text_in(values, "sender"), {}};
  if (setup.server.host.empty()) return refuse("server", "no mail server is set (settings mail.server)");
  if (setup.sender.empty()) return refuse("sender", "no sender is set (settings mail.sender)");
  for (const auto& receiver : values.at("receivers").as_array())
    setup.receivers.emplace_back(receiver.as_string());
  return setup;
}

std::vector<std::string> mail_warnings(const json::object& values) {
  std::vector<std::string> warnings;
  const auto server = server_of(values);
  std::vector<std::string> ways;
  bool matches = false;
  bool wants_code = false;
  for (const auto& known : known_mail_servers()) {
    if (!base::equal_ignoring_case(known.host, server.host)) continue;
    ways.push_back(fmt::format("{} on port {}", to_string(known.encryption), known.port));
    matches = matches || (known.port == server.port && known.encryption == server.encryption);
    wants_code = wants_code || known.authorisation_code;
  }
  if (!ways.empty() && !matches) {
    warnings.push_back(fmt::format("{} is known to take {}, not {} on port {}", server.host,
                                   base::joined(ways, ", "), to_string(server.encryption), server.port));
  }
  if (wants_code) {
    warnings.push_back(
        fmt::format("{} wants an authorisation code in place of the mailbox's password", server.host));
  }
  if (server.encryption == MailEncryption::none && !server.username.empty()) {
    warnings.push_back("the password of the mailbox can be read on the way: encryption is none");
  }
  return warnings;
}

}  // namespace watchrig::central
