#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "system/base/clock.hpp"

namespace watchrig::services {

/// A mail as a server took it.
struct ReceivedMail {
  base::UtcTime time;
  std::string user;  ///< who had signed in; empty: nobody
  std::string sender;
  std::vector<std::string> receivers;
  std::string data;  ///< header and body as they came, lines ended by CRLF
};

/// The text of a mail: its body, or the first part of it, with quoted-printable undone (RFC 2045, 6.7).
std::string text_of(std::string_view data);

/// What a mail server has taken and refused; the newest thousand mails. Any thread.
class MailLedger {
 public:
  static constexpr std::size_t most = 1000;

  void add(ReceivedMail mail);
  void count_login(bool right);
  /// {"logins":n,"refused_logins":n,"mails":[{"time","user","sender","receivers","text"}…]}, oldest first;
  /// with `receiver` only mails to that address.
  boost::json::object to_json(std::string_view receiver) const;

 private:
  mutable std::mutex mutex_;
  std::deque<ReceivedMail> mails_;
  unsigned logins_ = 0;
  unsigned refused_logins_ = 0;
};

}  // namespace watchrig::services
