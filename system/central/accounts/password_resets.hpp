#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// Requests to set a forgotten password anew, and their codes (IVSS 8.7.3.2). A request is made for any name,
/// whether there is such an account or not. Tokens are kept as their SHA-256, codes as that of both together.
/// Any thread.
class PasswordResets {
 public:
  static constexpr unsigned codes_of_a_request = 2;
  static constexpr unsigned codes_of_an_account =
      10;                               ///< within the validity, so that nobody's mailbox is flooded
  static constexpr unsigned tries = 5;  ///< wrong codes until a request is void
  static constexpr base::Duration validity =
      std::chrono::hours(24);                        ///< of a request, and of a code from its making
  static constexpr std::size_t most_of_source = 20;  ///< of more, the oldest is void
  static constexpr std::size_t most = 10'000;

  struct Request {
    std::string token;  ///< what a QR code would hold
    base::UtcTime until;
  };
  struct Redeemed {
    std::string account;
    std::string email;  ///< that make_code() was given
  };

  explicit PasswordResets(const base::Clock& clock) : clock_(clock) {}

  /// They are there after a restart, too: they are kept in that file. Before anything else is called.
  void remember_in(const std::filesystem::path& file);
  /// Errors: full, io (the system gives no random numbers).
  base::Result<Request> begin(const std::string& account, const std::string& source);
  /// The account of a request. Errors: not_found (unknown, over or used up).
  base::Result<std::string> account(const std::string& token);
  /// A new code of eight digits; an older one of the same request is void. Errors: not_found, full (no more
  /// codes for this request, or for this account).
  /// `email` is one that the account shall have if its owner proves to get its mail.
  base::Result<std::string> make_code(const std::string& token, const std::string& email = {});
  /// Ends the request if the code is the right one. Errors: not_found, denied (wrong or over).
  base::Result<Redeemed> redeem(const std::string& token, const std::string& code);
  /// False when there is no such request any more.
  bool end(const std::string& token);

 private:
  struct Entry {
    std::string account;
    std::string source;
    base::UtcTime begun;
    base::UtcTime until;
    unsigned codes = 0;
    unsigned wrong = 0;
    std::string code_hash;
    std::string email;
    base::UtcTime code_until;
  };
  // Under mutex_.
  Entry* find(const std::string& token);
  void drop_over(base::UtcTime now);
  void make_room_for(const std::string& source);
  void forget(std::map<std::string, Entry>::iterator entry);
  base::Result<> load(platform::SqliteDatabase& database);
  void store(const std::string& hash, const Entry& entry);
  void run(std::string_view statement, const std::string& key, std::optional<std::int64_t> time = {});

  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;                      ///< by the hash of their token
  std::map<std::string, std::vector<base::UtcTime>> mailed_;  ///< by account, when codes were made
  std::optional<platform::SqliteDatabase> database_;
};

}  // namespace watchrig::central
