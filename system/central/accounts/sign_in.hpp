#pragma once

#include "system/central/accounts/accounts.hpp"
#include "system/central/accounts/blast_watch.hpp"
#include "system/central/accounts/lockout.hpp"
#include "system/central/accounts/sessions.hpp"
#include "system/central/settings/settings.hpp"

namespace watchrig::central {

/// Whether a client's address is one of this machine's loopback interface: somebody who sits at the server,
/// or a proxy on it.
bool is_this_machine(std::string_view source);

/// The one way to a session. Wrong passwords lock the account, and the source too unless it is this machine
/// itself (IVSS 8.6.3, micro server appendix 1). Any thread.
class SignIn {
 public:
  struct Rules {
    Lockout::Rules accounts;
    Lockout::Rules sources;
    Sessions::Limits sessions;
    BlastWatch::Rules blasts = {};
  };
  static Rules rules_from(const Settings& settings);

  enum class Refusal {
    wrong,   ///< user name or password
    locked,  ///< too many wrong ones before; the right password is refused as well
    full,    ///< too many sessions
    failed,  ///< something is wrong with the server
  };
  struct Refused {
    Refusal why;
    std::string message;
    bool locks = false;  ///< this very attempt has locked the account or the source
  };
  struct Opened {
    Session session;
    SessionSecrets secrets;
  };
  using Outcome = boost::system::result<Opened, Refused>;

  SignIn(const Accounts& accounts, const base::Clock& clock, const Rules& rules)
      : accounts_(accounts),
        locked_accounts(clock, rules.accounts),
        locked_sources(clock, rules.sources),
        sessions(clock, rules.sessions),
        blasts(clock, rules.blasts) {}

  /// Locks are over with their time, not with the server: they are kept in that file.
  void remember_in(const std::filesystem::path& file) {
    locked_accounts.remember_in(file, "account");
    locked_sources.remember_in(file, "source");
  }
  void set_rules(const Rules& rules);
  /// Whether an attempt would be refused without looking at its password; quick.
  std::optional<Refused> locked(const std::string& name, const std::string& source) const;
  /// Whether the password is the account's; nothing when it is. Wrong ones count, whatever they were asked
  /// for. Hashes the password: for a worker thread.
  std::optional<Refused> check(const std::string& name, const std::string& password,
                               const std::string& source);
  /// Counts a wrong proof of another kind than a password; true when it locks the account or the source.
  bool count_failure(const std::string& name, const std::string& source);
  /// `source` is the address of the client without its port. Hashes the password: for a worker thread.
  Outcome attempt(const std::string& name, const std::string& password, const std::string& source);

 private:
  const Accounts& accounts_;

 public:
  Lockout locked_accounts;
  Lockout locked_sources;
  Sessions sessions;
  BlastWatch blasts;
};

[[noreturn]] void throw_exception_from_error(const SignIn::Refused& refused,
                                             const boost::source_location& where);

}  // namespace watchrig::central
