#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::central {

/// Somebody who has signed in.
struct Session {
  std::string id;  ///< public: "s7"
  std::string account;
  std::string source;  ///< address without port
  base::UtcTime begin;
  base::UtcTime last_use;
  base::UtcTime confirmed_until{};  ///< the password was given again for what needs it
};

/// What the one who signs in is given, and nobody sees again.
struct SessionSecrets {
  std::string token;       ///< for the HTTP interface
  std::string stream_key;  ///< password for RTSP, with the session's id as the user
};

/// The sessions of the server, gone after a restart, and the visitors beside them: clients of another
/// platform, which sign each of their requests. Tokens are kept as their SHA-256 only. Any thread.
class Sessions {
 public:
  struct Limits {
    std::optional<base::Duration> idle = std::chrono::minutes(30);  ///< nothing: no automatic logout
    std::size_t most = 20;  ///< signed-in clients of all kinds at once (IVSS 8.3.1.3)
  };

  /// So long after what it has done last, a visitor is one no more.
  static constexpr base::Duration visit = std::chrono::minutes(1);

  Sessions(const base::Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

  /// For open sessions too.
  void set_limits(Limits limits);
  /// One beyond the limit is for the administrator who is not signed in yet. Errors: full, io (the system
  /// gives no random numbers).
  base::Result<std::pair<Session, SessionSecrets>> open(const std::string& account,
                                                        const std::string& source);
  /// Who signs each request asks, or reads a stream by the right password. Errors: full (it would be one
  /// client too many).
  base::Result<> visited(std::string_view account, std::string_view source);
  struct Use {
    std::optional<Session> session;  ///< nothing when there is none any more
    bool stolen = false;             ///< the token came from another address than the sign-in
  };
  /// The session of a token, which stays alive by this unless it is stolen.
  Use use(std::string_view token, std::string_view source);
  /// The stream key of a session by its id; asking does not keep it alive.
  std::optional<std::string> stream_key(std::string_view id);
  std::vector<Session> all();
  /// False when there is no such session.
  bool close(std::string_view id);
  /// Lets the session do what needs the password once more, until then. False when there is no such session.
  bool confirm(std::string_view id, base::UtcTime until);
  /// The account of a session; asking does not keep it alive.
  std::optional<std::string> account(std::string_view id);
  /// The same, and keeps it alive: somebody is watching.
  std::optional<std::string> keep(std::string_view id);
  void close_all();
  /// All of an account but one.
  void close_others(std::string_view account, std::string_view but_id);

 private:
  struct Entry {
    Session session;
    std::string stream_key;
  };
  void drop_idle(base::UtcTime now);
  std::size_t clients() const { return entries_.size() + visitors_.size(); }
  base::Error full() const;

  const base::Clock& clock_;
  std::mutex mutex_;
  Limits limits_;
  std::uint64_t opened_ = 0;
  std::map<std::string, Entry, std::less<>> entries_;  ///< by the hash of their token
  /// Account and source, and when they came last.
  std::map<std::pair<std::string, std::string>, base::UtcTime> visitors_;
};

}  // namespace watchrig::central
