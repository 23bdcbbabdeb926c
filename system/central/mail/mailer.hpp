#pragma once

#include <mutex>
#include <stop_token>

#include "system/central/mail/mail_settings.hpp"

namespace watchrig::central {

/// Mails of the server, by its settings. Any thread.
class Mailer {
 public:
  /// Both outlive it.
  Mailer(const Settings& settings, const base::Clock& clock) : settings_(settings), clock_(clock) {}

  /// Sends a test mail to the receivers of the settings and waits for the mail server's word, for a worker
  /// thread. Errors: invalid with the setting that is missing, conflict while another one is under way, or
  /// what the server said.
  FieldResult<void> test();
  /// Ends a test mail that is under way, and refuses those to come.
  void stop() { stopping_.request_stop(); }
  /// Sends to one address, or to the receivers of the settings when it is empty, without waiting; `done` is
  /// told on another thread. Errors: invalid with the setting that is missing; full.
  FieldResult<void> post(const std::string& receiver, std::string subject, std::string text,
                         platform::MailSender::Done done);

 private:
  const Settings& settings_;
  const base::Clock& clock_;
  std::mutex testing_;  ///< held by the test mail that is under way
  std::stop_source stopping_;
  platform::MailSender sender_;
};

}  // namespace watchrig::central
