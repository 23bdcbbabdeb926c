#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "system/base/clock.hpp"

namespace watchrig::platform {

enum class MailEncryption {
  none,  ///< everything readable on the way
  ssl,   ///< TLS from the first byte (SMTPS)
  tls,   ///< STARTTLS, demanded: a server without it gets neither password nor mail
};

/// How to reach a mail server. Nothing of it is ever logged but host and port.
struct MailServer {
  std::string host;
  unsigned port = 25;
  MailEncryption encryption = MailEncryption::none;
  std::string username;  ///< empty: without authentication
  std::string password;
  bool verify = true;  ///< the server's certificate must be signed by a known authority and name the host
  std::string authorities;  ///< file with their certificates (PEM); empty: those of the operating system
};

/// A mail in plain text, UTF-8.
struct Mail {
  std::string sender;
  std::vector<std::string> receivers;
  std::string subject;  ///< control characters become blanks
  std::string text;
  base::UtcTime date{};
};

/// Sends a mail by SMTP (RFC 5321; STARTTLS RFC 3207, authentication RFC 4954), and waits for the server's
/// receipt. One receiver that the server refuses is the failure of all. The deadline is real time. Errors,
/// with the server's own words: invalid (no receiver, or an address with control characters), denied (user or
/// password), unavailable (no connection, or no encryption as asked for), timeout, cancelled (by `stop`), io.
base::Result<> send_mail(const MailServer& server, const Mail& mail, base::Duration deadline,
                         const std::stop_token& stop = {});

/// Mails that nobody waits for: a bounded queue and one thread. Any thread.
class MailSender {
 public:
  static constexpr std::size_t most_waiting = 64;
  static constexpr base::Duration deadline = std::chrono::seconds(30);  ///< of each mail, in real time
  /// Called on the sender's thread.
  using Done = std::function<void(const base::Result<>&)>;

  MailSender();
  /// Gives up what is waiting and under way, without calling anybody.
  ~MailSender();
  MailSender(const MailSender&) = delete;
  MailSender& operator=(const MailSender&) = delete;

  /// Errors: full (too many are waiting; `done` is not called).
  base::Result<> post(MailServer server, Mail mail, Done done);

 private:
  struct Job {
    MailServer server;
    Mail mail;
    Done done;
  };
  void work(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Job> waiting_;
  std::jthread thread_;
};

}  // namespace watchrig::platform
