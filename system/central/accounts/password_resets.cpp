#include "system/central/accounts/password_resets.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/platform/expendable_database.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

std::string digest(std::string_view text) {
  unsigned char bytes[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes);
  return base::to_hex(bytes, sizeof bytes);
}

template <std::size_t size>
bool draw(unsigned char (&bytes)[size]) {
  return RAND_bytes(bytes, size) == 1;
}

Error no_random() { return {ErrorKind::io, "the system gives no random numbers"}; }

Error no_request() { return {ErrorKind::not_found, "there is no such request any more; begin anew"}; }

/// Eight digits; 2^64 is so much more that none is noticeably rarer.
Result<std::string> draw_code() {
  unsigned char bytes[8];
  if (!draw(bytes)) return no_random();
  std::uint64_t number = 0;
  for (const auto byte : bytes) number = number << 8 | byte;
  return fmt::format("{:08}", number % 100'000'000);
}

const std::vector<std::string_view> migrations{
    "CREATE TABLE request(hash TEXT PRIMARY KEY, account TEXT NOT NULL, source TEXT NOT NULL, begun INTEGER "
    "NOT "
    "NULL, until INTEGER NOT NULL, codes INTEGER NOT NULL, wrong INTEGER NOT NULL, code_hash TEXT NOT NULL, "
    "email TEXT NOT NULL, code_until INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE mailed(account TEXT NOT NULL, time INTEGER NOT NULL)"};

std::int64_t microseconds_of(base::UtcTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

base::UtcTime time_of(std::int64_t microseconds) {
  return base::UtcTime(std::chrono::microseconds(microseconds));
}

template <class... Values>
void run_in(platform::SqliteDatabase& database, std::string_view statement, const Values&... values) {
  auto row = database.prepare(statement);
  const auto done = row ? row->bind(values...).run() : Result<>(row.error());
  if (!done) base::log_warning("password resets after a restart: {}", done.error().message);
}

}  // namespace

void PasswordResets::remember_in(const std::filesystem::path& file) {
  database_ = platform::open_expendable(file, migrations, "passwords that are being reset must be begun anew",
                                        [this](auto& database) { return load(database); });
}

Result<> PasswordResets::load(platform::SqliteDatabase& database) {
  entries_.clear();
  mailed_.clear();
  auto rows = database.prepare(
      "SELECT hash, account, source, begun, until, codes, wrong, code_hash, email, code_until FROM request");
  if (!rows) return rows.error();
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    entries_[rows->text(0)] = {rows->text(1),
                               rows->text(2),
                               time_of(rows->integer(3)),
                               time_of(rows->integer(4)),
                               static_cast<unsigned>(rows->integer(5)),
                               static_cast<unsigned>(rows->integer(6)),
                               rows->text(7),
                               rows->text(8),
                               time_of(rows->integer(9))};
  }
  if (!row) return row.error();
  auto mails = database.prepare("SELECT account, time FROM mailed");
  if (!mails) return mails.error();
  auto mail = mails->step();
  for (; mail && *mail; mail = mails->step()) mailed_[mails->text(0)].push_back(time_of(mails->integer(1)));
  if (!mail) return mail.error();
  return {};
}

void PasswordResets::store(const std::string& hash, const Entry& entry) {
  if (!database_) return;
  auto row = database_->prepare("INSERT OR REPLACE INTO request VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const auto stored = row ? row->bind(hash, entry.account, entry.source, microseconds_of(entry.begun),
                                      microseconds_of(entry.until), entry.codes, entry.wrong, entry.code_hash,
                                      entry.email, microseconds_of(entry.code_until))
                                .run()
                          : Result<>(row.error());
  if (!stored) base::log_warning("a password reset ends with the server: {}", stored.error().message);
}

void PasswordResets::run(std::string_view statement, const std::string& key,
                         std::optional<std::int64_t> time) {
  if (!database_) return;
  if (time) {
    run_in(*database_, statement, key, *time);
  } else {
    run_in(*database_, statement, key);
  }
}

void PasswordResets::forget(std::map<std::string, Entry>::iterator entry) {
  run("DELETE FROM request WHERE hash = ?", entry->first);
  entries_.erase(entry);
}

void PasswordResets::drop_over(base::UtcTime now) {
  const auto over = std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.until <= now && (entry.second.codes == 0 || entry.second.code_until <= now);
  });
  if (over > 0 && database_)
    run_in(*database_, "DELETE FROM request WHERE until <= ?1 AND (codes = 0 OR code_until <= ?1)",
           microseconds_of(now));
  for (auto& [account, times] : mailed_) {
    // A clock that was ahead must not keep anybody from their mail.
    const auto gone = std::erase_if(times, [&](auto time) { return time + validity <= now || time > now; });
    if (gone > 0 && database_)
      run_in(*database_, "DELETE FROM mailed WHERE time <= ? OR time > ?", microseconds_of(now - validity),
             microseconds_of(now));
  }
  std::erase_if(mailed_, [](const auto& entry) { return entry.second.empty(); });
}

PasswordResets::Entry* PasswordResets::find(const std::string& token) {
  drop_over(clock_.now());
  const auto it = entries_.find(digest(token));
  return it == entries_.end() ? nullptr : &it->second;
}

void PasswordResets::make_room_for(const std::string& source) {
  auto oldest = entries_.end();
  std::size_t count = 0;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.source != source) continue;
    ++count;
    if (oldest == entries_.end() || it->second.begun < oldest->second.begun) oldest = it;
  }
  if (count >= most_of_source) forget(oldest);
}

Result<PasswordResets::Request> PasswordResets::begin(const std::string& account, const std::string& source) {
  unsigned char bytes[16];
  if (!draw(bytes)) return no_random();
  const std::string token = base::to_hex(bytes, sizeof bytes);
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  drop_over(now);
  make_room_for(source);
  if (entries_.size() >= most)
    return Error{ErrorKind::full, "too many passwords are being reset; come again later"};
  auto& entry = entries_[digest(token)] = {account, source, now, now + validity, 0, 0, {}, {}, {}};
  store(digest(token), entry);
  return Request{token, now + validity};
}

Result<std::string> PasswordResets::account(const std::string& token) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find(token);
  if (!entry) return no_request();
  return entry->account;
}

Result<std::string> PasswordResets::make_code(const std::string& token, const std::string& email) {
  auto code = draw_code();
  if (!code) return code.error();
  const std::lock_guard lock(mutex_);
  Entry* entry = find(token);
  const auto now = clock_.now();
  if (!entry || entry->until <= now) return no_request();
  if (entry->codes >= codes_of_a_request) {
    return Error{ErrorKind::full,
                 fmt::format("{} codes were sent for this request already; begin anew", codes_of_a_request)};
  }
  auto& times = mailed_[entry->account];
  if (times.size() >= codes_of_an_account) {
    return Error{ErrorKind::full,
                 fmt::format("{} codes were sent already; come again after 24 hours", codes_of_an_account)};
  }
  times.push_back(now);
  ++entry->codes;
  entry->code_hash = digest(token + *code);
  entry->email = email;
  entry->code_until = now + validity;
  store(digest(token), *entry);
  run("INSERT INTO mailed VALUES(?, ?)", entry->account, microseconds_of(now));
  return code;
}

Result<PasswordResets::Redeemed> PasswordResets::redeem(const std::string& token, const std::string& code) {
  const std::lock_guard lock(mutex_);
  Entry* entry = find(token);
  if (!entry) return no_request();
  const std::string given = digest(token + code);
  const bool known = !entry->code_hash.empty() && clock_.now() < entry->code_until;
  const bool right =
      CRYPTO_memcmp(given.data(), known ? entry->code_hash.data() : std::string(64, ' ').data(),
                    given.size()) == 0;
  if (!right && ++entry->wrong < tries) {
    store(digest(token), *entry);
    return Error{ErrorKind::denied, "the code is wrong or over"};
  }
  Redeemed redeemed{entry->account, entry->email};
  forget(entries_.find(digest(token)));
  if (!right) return Error{ErrorKind::denied, "the code is wrong or over; begin anew"};
  return redeemed;
}

bool PasswordResets::end(const std::string& token) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(digest(token));
  if (entry == entries_.end()) return false;
  forget(entry);
  return true;
}

}  // namespace watchrig::central
