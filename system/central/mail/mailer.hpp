#pragma once

#include "system/central/mail/mail_settings.hpp"

namespace watchrig::central {

/// Mails of the server, by its settings. Any thread.
class Mailer {
 public:
  /// Both outlive it.
  Mailer(const Settings& settings, const base::Clock& clock) : settings_(settings), clock_(clock) {}

  /// Sends a test mail to the receivers of the settings and waits for the mail server's word, for a worker
  /// thread. Errors: invalid with the setting that is missing, or what the server said.
  FieldResult<void> test() const;
  /// Sends to one address, or to the receivers of the settings when it is empty, without waiting; `done` is
  /// told on another thread. Errors: invalid with the setting that is missing; full.
  FieldResult<void> post(const std::string& receiver, std::string subject, std::string text,
                         platform::MailSender::Done done);

 private:
  const Settings& settings_;
  const base::Clock& clock_;
  platform::MailSender sender_;
};

}  // namespace watchrig::central
