#include "simulators/services/smtp/smtp_dialogue.hpp"

#include <openssl/evp.h>

#include "system/base/text.hpp"

namespace watchrig::services {

namespace {

using base::equal_ignoring_case;

std::string from_base64(std::string_view text) {
  std::string result(text.size() + 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  result.resize(size < 0 ? 0 : static_cast<std::size_t>(size) - padding);
  return result;
}

/// The address of `FROM:<a@b> …` or `TO:<a@b>`.
std::optional<std::string> address_of(std::string_view rest, std::string_view keyword) {
  if (!equal_ignoring_case(rest.substr(0, keyword.size()), keyword)) return std::nullopt;
  const auto open = rest.find('<');
  const auto close = rest.find('>', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(open + 1, close - open - 1));
}

}  // namespace

std::optional<std::string> SmtpDialogue::answer(std::string_view line) {
  switch (std::exchange(expects_, Expects::command)) {
    case Expects::data:
      return data_line(line);
    case Expects::plain:
      return plain(line);
    case Expects::login_name:
      login_name_ = from_base64(line);
      expects_ = Expects::login_password;
      return "334 UGFzc3dvcmQ6\r\n";
    case Expects::login_password:
      return login(login_name_, from_base64(line));
    case Expects::command:
      break;
  }
  const auto [verb, rest] = base::split_once(line, ' ');
  if (equal_ignoring_case(verb, "QUIT")) return std::nullopt;
  return command(verb, rest) + "\r\n";
}

std::string SmtpDialogue::command(std::string_view verb, std::string_view rest) {
  const auto is = [&](std::string_view name) { return equal_ignoring_case(verb, name); };
  const bool wants_tls = spec_.encryption == "tls" && !secured_;
  if (is("EHLO") && wants_tls) return "250-" + spec_.id + "\r\n250 STARTTLS";
  if (is("STARTTLS") && wants_tls) {
    secured_ = begins_tls_ = true;
    return "220 2.0.0 Go on by TLS";
  }
  if (wants_tls && !is("HELO") && !is("NOOP")) return "530 5.7.0 STARTTLS first";
  if (is("EHLO")) {
    return "250-" + spec_.id + "\r\n" + (spec_.user.empty() ? "" : "250-AUTH PLAIN LOGIN\r\n") +
           "250 8BITMIME";
  }
  if (is("HELO") || is("NOOP")) return "250 OK";
  if (is("AUTH")) return authenticate(rest);
  if (!spec_.user.empty() && user_.empty()) return "530 5.7.0 Authentication required";
  if (is("RSET")) {
    mail_ = {};
    return "250 OK";
  }
  if (is("MAIL")) {
    const auto sender = address_of(rest, "FROM:");
    if (!sender) return "501 5.5.4 MAIL FROM:<address>";
    mail_ = {clock_.now(), user_, *sender, {}, {}};
    return "250 OK";
  }
  if (is("RCPT")) return receiver(rest);
  if (is("DATA")) {
    if (mail_.receivers.empty()) return "503 5.5.1 RCPT first";
    expects_ = Expects::data;
    return "354 End with a line of one dot";
  }
  return "502 5.5.1 Unknown command";
}

std::string SmtpDialogue::receiver(std::string_view rest) {
  const auto address = address_of(rest, "TO:");
  if (!address) return "501 5.5.4 RCPT TO:<address>";
  if (lies_("refuse-receivers")) return "550 5.1.1 No such mailbox";
  mail_.receivers.push_back(*address);
  return "250 OK";
}

std::string SmtpDialogue::authenticate(std::string_view rest) {
  const auto [mechanism, initial] = base::split_once(rest, ' ');
  if (equal_ignoring_case(mechanism, "LOGIN") && initial.empty()) {
    expects_ = Expects::login_name;
    return "334 VXNlcm5hbWU6";
  }
  if (equal_ignoring_case(mechanism, "LOGIN")) {
    login_name_ = from_base64(initial);
    expects_ = Expects::login_password;
    return "334 UGFzc3dvcmQ6";
  }
  if (!equal_ignoring_case(mechanism, "PLAIN")) return "504 5.5.4 Unknown mechanism";
  if (initial.empty()) {
    expects_ = Expects::plain;
    return "334 ";
  }
  return std::string(base::trim(plain(initial)));
}

std::string SmtpDialogue::plain(std::string_view encoded) {
  const std::string text = from_base64(encoded);  // identity NUL user NUL password (RFC 4616)
  const auto [identity, rest] = base::split_once(text, '\0');
  const auto [user, password] = base::split_once(rest, '\0');
  return login(user, password);
}

std::string SmtpDialogue::login(std::string_view user, std::string_view password) {
  const bool right =
      !spec_.user.empty() && user == spec_.user && password == spec_.password && !lies_("refuse-login");
  ledger_.count_login(right);
  if (right) user_ = user;
  return right ? "235 2.7.0 Welcome\r\n" : "535 5.7.8 Authentication failed\r\n";
}

std::optional<std::string> SmtpDialogue::data_line(std::string_view line) {
  if (line == ".") {
    ledger_.add(std::exchange(mail_, {}));
    return "250 2.0.0 Kept\r\n";
  }
  if (line.starts_with('.')) line.remove_prefix(1);
  if (mail_.data.size() + line.size() > most_bytes) return std::nullopt;
  mail_.data.append(line).append("\r\n");
  expects_ = Expects::data;
  return std::string();
}

}  // namespace watchrig::services
