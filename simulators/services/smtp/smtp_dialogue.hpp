#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "simulators/services/smtp/mail_server_spec.hpp"
#include "simulators/services/smtp/received_mail.hpp"

namespace watchrig::services {

/// The server's side of one SMTP connection (RFC 5321), without its socket: a line in, the reply out.
class SmtpDialogue {
 public:
  static constexpr std::size_t most_bytes = 10 << 20;  ///< of a mail

  /// `lies(what)` says whether the server breaks its word just now. Both and the ledger outlive it.
  SmtpDialogue(const MailServerSpec& spec, const base::Clock& clock, MailLedger& ledger,
               std::function<bool(std::string_view what)> lies)
      : spec_(spec), clock_(clock), ledger_(ledger), lies_(std::move(lies)) {}

  std::string greeting() const { return "220 " + spec_.id + " ESMTP\r\n"; }
  /// The reply to a line without its end; empty within a mail. Nothing: the connection is to be closed.
  std::optional<std::string> answer(std::string_view line);
  /// Whether TLS begins behind the answer just given; only once.
  bool begins_tls() { return std::exchange(begins_tls_, false); }

 private:
  enum class Expects { command, login_name, login_password, plain, data };
  std::string command(std::string_view verb, std::string_view rest);
  std::string authenticate(std::string_view rest);
  std::string login(std::string_view user, std::string_view password);
  std::string plain(std::string_view encoded);
  std::string receiver(std::string_view rest);
  std::optional<std::string> data_line(std::string_view line);

  const MailServerSpec& spec_;
  const base::Clock& clock_;
  MailLedger& ledger_;
  const std::function<bool(std::string_view)> lies_;
  Expects expects_ = Expects::command;
  bool secured_ = false;
  bool begins_tls_ = false;
  std::string user_;
  std::string login_name_;
  ReceivedMail mail_;
};

}  // namespace watchrig::services
