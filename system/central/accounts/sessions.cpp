#include "system/central/accounts/sessions.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "system/base/text.hpp"
#include "system/central/accounts/accounts.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

Result<std::string> random_text(std::size_t bytes) {
  std::array<unsigned char, 32> random{};
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) {
    return Error{ErrorKind::io, "the system gives no random numbers for a session"};
  }
  return base::to_hex(random.data(), bytes);
}

std::string digest(std::string_view token) {
  std::array<unsigned char, 32> hash{};
  EVP_Digest(token.data(), token.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  return base::to_hex(hash.data(), hash.size());
}

}  // namespace

void Sessions::set_limits(Limits limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

Result<std::pair<Session, SessionSecrets>> Sessions::open(const std::string& account,
                                                          const std::string& source) {
  auto token = random_text(32);
  if (!token) return token.error();
  auto key = random_text(16);
  if (!key) return key.error();
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  drop_idle(now);
  const auto is_own = [&](const auto& entry) { return entry.second.session.account == account; };
  // Who can send others away is not kept out by them.
  const bool comes_to_help = account == Accounts::administrator && std::ranges::none_of(entries_, is_own);
  if (clients() >= limits_.most && !comes_to_help) return full();
  const Session session{fmt::format("s{}", ++opened_), account, source, now, now, {}};
  entries_[digest(*token)] = {session, *key};
  return std::pair(session, SessionSecrets{*token, *key});
}

Error Sessions::full() const {
  return {
      ErrorKind::full,
      fmt::format("{} clients are signed in, which is the limit, ONVIF clients among them; sign out where "
                  "one is not needed, or set accounts.most_clients higher",
                  limits_.most)};
}

Result<> Sessions::visited(std::string_view account, std::string_view source) {
  const auto now = clock_.now();
  std::pair<std::string, std::string> who(account, source);
  const std::lock_guard lock(mutex_);
  drop_idle(now);
  const auto known = visitors_.find(who);
  if (known == visitors_.end() && clients() >= limits_.most) return full();
  visitors_[std::move(who)] = now;
  return {};
}

Sessions::Use Sessions::use(std::string_view token, std::string_view source) {
  const std::string hash = digest(token);
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  drop_idle(now);
  const auto it = entries_.find(hash);
  if (it == entries_.end()) return {};
  const bool stolen = it->second.session.source != source;
  if (!stolen) it->second.session.last_use = now;
  return {it->second.session, stolen};
}

std::optional<std::string> Sessions::stream_key(std::string_view id) {
  const std::lock_guard lock(mutex_);
  drop_idle(clock_.now());
  for (const auto& [hash, entry] : entries_) {
    if (entry.session.id == id) return entry.stream_key;
  }
  return std::nullopt;
}

bool Sessions::confirm(std::string_view id, base::UtcTime until) {
  const std::lock_guard lock(mutex_);
  drop_idle(clock_.now());
  for (auto& [hash, entry] : entries_) {
    if (entry.session.id != id) continue;
    entry.session.confirmed_until = until;
    return true;
  }
  return false;
}

std::optional<std::string> Sessions::account(std::string_view id) {
  const std::lock_guard lock(mutex_);
  drop_idle(clock_.now());
  for (const auto& [hash, entry] : entries_) {
    if (entry.session.id == id) return entry.session.account;
  }
  return std::nullopt;
}

std::optional<std::string> Sessions::keep(std::string_view id) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  drop_idle(now);
  for (auto& [hash, entry] : entries_) {
    if (entry.session.id != id) continue;
    entry.session.last_use = now;
    return entry.session.account;
  }
  return std::nullopt;
}

std::vector<Session> Sessions::all() {
  const std::lock_guard lock(mutex_);
  drop_idle(clock_.now());
  std::vector<Session> result;
  for (const auto& [hash, entry] : entries_) result.push_back(entry.session);
  std::ranges::sort(result, {}, &Session::begin);
  return result;
}

bool Sessions::close(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(entries_, [&](const auto& entry) { return entry.second.session.id == id; }) > 0;
}

void Sessions::close_all() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

void Sessions::close_others(std::string_view account, std::string_view but_id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.session.account == account && entry.second.session.id != but_id;
  });
}

void Sessions::drop_idle(base::UtcTime now) {
  std::erase_if(visitors_, [&](const auto& visitor) { return now - visitor.second >= visit; });
  if (!limits_.idle) return;
  std::erase_if(entries_,
                [&](const auto& entry) { return now - entry.second.session.last_use >= *limits_.idle; });
}

}  // namespace watchrig::central
