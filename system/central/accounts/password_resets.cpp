#include "system/central/accounts/password_resets.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "system/base/text.hpp"

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

}  // namespace

void PasswordResets::drop_over(base::UtcTime now) {
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.until <= now && (entry.second.codes == 0 || entry.second.code_until <= now);
  });
  for (auto& [account, times] : mailed_)
    std::erase_if(times, [&](auto time) { return time + validity <= now; });
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
  if (count >= most_of_source) entries_.erase(oldest);
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
  entries_[digest(token)] = {account, source, now, now + validity, 0, 0, {}, {}, {}};
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
  if (!right && ++entry->wrong < tries) return Error{ErrorKind::denied, "the code is wrong or over"};
  Redeemed redeemed{entry->account, entry->email};
  entries_.erase(digest(token));
  if (!right) return Error{ErrorKind::denied, "the code is wrong or over; begin anew"};
  return redeemed;
}

bool PasswordResets::end(const std::string& token) {
  const std::lock_guard lock(mutex_);
  return entries_.erase(digest(token)) > 0;
}

}  // namespace watchrig::central
