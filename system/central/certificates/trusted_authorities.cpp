#include "system/central/certificates/trusted_authorities.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "system/platform/sqlite_transaction.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE authority(id TEXT PRIMARY KEY, pem TEXT NOT NULL) WITHOUT ROWID"};
constexpr std::size_t id_digits = 16;

FieldError refuse(ErrorKind kind, std::string message) { return {"certificate", {kind, std::move(message)}}; }

Error not_found(const std::string& id) {
  return {ErrorKind::not_found, fmt::format("there is no trusted authority \"{}\"", id)};
}

}  // namespace

Result<std::unique_ptr<TrustedAuthorities>> TrustedAuthorities::open(const std::filesystem::path& file,
                                                                     const base::Clock& clock) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<TrustedAuthorities> opened(new TrustedAuthorities(std::move(*database), clock));
  if (auto loaded = opened->load(); !loaded) return loaded.error();
  return opened;
}

Result<> TrustedAuthorities::load() {
  auto select = database_.prepare("SELECT id, pem FROM authority");
  if (!select) return select.error();
  for (;;) {
    const auto more = select->step();
    if (!more) return more.error();
    if (!*more) return {};
    const auto read = read_certificates(select->text(1));
    if (!read) return Error(read.error()).within("trusted authority " + select->text(0));
    entries_[select->text(0)] = {describe(read->front().get()), select->text(1)};
  }
}

TrustedAuthorities::Trusted TrustedAuthorities::describe(X509* certificate) const {
  Trusted trusted;
  trusted.facts = facts_of(certificate);
  trusted.id = trusted.facts.fingerprint.substr(0, id_digits);
  return trusted;
}

std::vector<TrustedAuthorities::Trusted> TrustedAuthorities::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Trusted> list;
  for (const auto& [id, entry] : entries_) {
    list.push_back(entry.trusted);
    list.back().expired = entry.trusted.facts.not_after <= clock_.now();
  }
  return list;
}

FieldResult<std::vector<TrustedAuthorities::Trusted>> TrustedAuthorities::add(const std::string& pem) {
  const auto read = read_certificates(pem);
  if (!read) return FieldError{"certificate", read.error()};
  std::map<std::string, Entry> fresh;
  const std::lock_guard lock(mutex_);
  for (const auto& one : *read) {
    // 1: an authority; 3: a self-signed certificate from before the extension for it existed.
    const int kind = X509_check_ca(one.get());
    const auto trusted = describe(one.get());
    if (kind != 1 && kind != 3)
      return refuse(ErrorKind::invalid, fmt::format("\"{}\" is not of an authority", trusted.facts.subject));
    if (entries_.contains(trusted.id))
      return refuse(ErrorKind::conflict, fmt::format("\"{}\" is trusted already", trusted.facts.subject));
    fresh[trusted.id] = {trusted, to_pem(one.get())};
  }
  if (entries_.size() + fresh.size() > most)
    return refuse(ErrorKind::full, fmt::format("at most {} authorities are trusted", most));
  const auto stored = platform::in_transaction(database_, [&]() -> Result<> {
    auto insert = database_.prepare("INSERT INTO authority VALUES(?, ?)");
    if (!insert) return insert.error();
    for (const auto& [id, entry] : fresh) {
      if (auto done = insert->bind(std::string_view(id), std::string_view(entry.pem)).run(); !done)
        return done;
    }
    return {};
  });
  if (!stored) return FieldError{{}, stored.error()};
  std::vector<Trusted> added;
  for (const auto& [id, entry] : fresh) added.push_back(entry.trusted);
  entries_.merge(fresh);
  return added;
}

Result<> TrustedAuthorities::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(id)) return not_found(id);
  auto statement = database_.prepare("DELETE FROM authority WHERE id=?");
  if (!statement) return statement.error();
  if (auto done = statement->bind(std::string_view(id)).run(); !done) return done;
  entries_.erase(id);
  return {};
}

Result<std::string> TrustedAuthorities::certificate(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return not_found(id);
  return found->second.pem;
}

std::string TrustedAuthorities::bundle() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [id, entry] : entries_) text += entry.pem;
  return text;
}

Result<> TrustedAuthorities::verify(const std::string& chain) const {
  const auto given = read_certificates(chain);
  if (!given) return Error(given.error()).within("the chain");
  const std::unique_ptr<X509_STORE, FreeOpenssl> store(X509_STORE_new());
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : entries_) {
      const auto read = read_certificates(entry.pem);
      if (read) X509_STORE_add_cert(store.get(), read->front().get());
    }
  }
  STACK_OF(X509)* between = sk_X509_new_null();
  for (std::size_t i = 1; i < given->size(); ++i) sk_X509_push(between, (*given)[i].get());
  const std::unique_ptr<X509_STORE_CTX, FreeOpenssl> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), given->front().get(), between);
  X509_STORE_CTX_set_time(context.get(), 0, to_unix(clock_.now()));
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
  const bool trusted = X509_verify_cert(context.get()) == 1;
  const int reason = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(between);
  if (trusted) return {};
  openssl_error(ErrorKind::denied, "");
  return Error{ErrorKind::denied,
               fmt::format("the chain is not trusted: {}", X509_verify_cert_error_string(reason))};
}

}  // namespace watchrig::central
