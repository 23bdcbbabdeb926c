#pragma once

#include <array>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "system/base/clock.hpp"
#include "system/http/http_message.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::api {

/// The answers to requests that had an `Idempotency-Key`, for 24 h, the newest 10,000 or 64 MiB of them;
/// those in JSON of up to 64 KiB also over a restart, but for requests with a password in them, of which not
/// even a digest is written down. A failed request is not kept: it may be tried again. Any thread.
class KeptAnswers {
 public:
  /// A file that cannot be read is begun anew: it only holds what makes repeated requests safe. Without one,
  /// nothing is kept over a restart.
  KeptAnswers(const base::Clock& clock, const std::filesystem::path& file);

  /// What the request gets without being done: the first answer to that key, 422 when the body was another,
  /// 409 while the first is under way. Nothing for a new key, which is then under way until end().
  std::optional<http::Response> begin(const std::string& key, const std::string& request);
  void end(const std::string& key, const http::Response& response);

 private:
  struct Kept {
    std::string body;  ///< SHA-256, in hexadecimal digits
    base::UtcTime time;
    std::optional<http::Response> response = {};  ///< none: under way
    bool secret = false;                          ///< not for the file
  };

  base::Result<> load(platform::SqliteDatabase& database);
  void store(const std::string& key, const Kept& kept);
  void forget(const std::string& key);
  void forget_oldest();
  bool has_old(base::UtcTime now) const;

  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::size_t bytes_ = 0;                                    ///< of the bodies kept
  std::deque<std::pair<base::UtcTime, std::string>> order_;  ///< of keys that have an answer, oldest first
  std::optional<platform::SqliteDatabase> database_;
};

}  // namespace watchrig::api
