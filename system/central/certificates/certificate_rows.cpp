#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/central/certificates/certificate_store.hpp"
#include "system/platform/sqlite_transaction.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;
using Origin = StoredCertificate::Origin;
using Status = StoredCertificate::Status;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE certificate(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, origin TEXT NOT NULL,"
    " request TEXT NOT NULL, chain TEXT NOT NULL, key TEXT NOT NULL);"
    "CREATE TABLE certificate_value(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "/* keys are sealed from here on */"};
constexpr std::string_view purpose = "key of a certificate";

constexpr Origin origins[] = {Origin::own, Origin::requested, Origin::installed};

Error not_found(const std::string& id) {
  return {ErrorKind::not_found, fmt::format("there is no certificate \"{}\"", id)};
}

}  // namespace

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::own:
      return "own";
    case Origin::requested:
      return "requested";
    case Origin::installed:
      break;
  }
  return "installed";
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::normal:
      return "normal";
    case Status::incomplete:
      return "incomplete";
    case Status::expired:
      break;
  }
  return "expired";
}

Result<std::unique_ptr<CertificateStore>> CertificateStore::open(const std::filesystem::path& file,
                                                                 platform::SecretVault vault,
                                                                 const base::Clock& clock,
                                                                 Addresses addresses) {
  // Made before SQLite does, whose write-ahead log takes over these permissions.
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0 || ::fchmod(made, 0600) != 0) return base::os_error("open", file.string(), errno);
  ::close(made);
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<CertificateStore> store(
      new CertificateStore(std::move(*database), std::move(vault), clock, std::move(addresses)));
  if (auto sealed = store->seal_clear_keys(); !sealed) return sealed.error();
  return store;
}

Result<std::string> CertificateStore::sealed_key(EVP_PKEY* key) const {
  return vault_.seal(to_pem(key), purpose);
}

Result<KeyPtr> CertificateStore::opened_key(const std::string& sealed) const {
  const auto text = vault_.open_sealed(sealed, purpose);
  if (!text) return text.error();
  return read_key(*text);
}

Result<> CertificateStore::seal_clear_keys() {
  const auto all = rows();
  if (!all) return all.error();
  const auto root = value("root");
  if (!root) return root.error();
  const auto is_clear = [](const std::string& text) { return text.find(" PRIVATE KEY-") != text.npos; };
  const bool any = is_clear(*root) || std::ranges::any_of(*all, is_clear, &Row::key);
  if (!any) return {};
  auto sealed = platform::in_transaction(database_, [&]() -> Result<> {
    for (const Row& one : *all) {
      if (!is_clear(one.key)) continue;
      const auto key = vault_.seal(one.key, purpose);
      if (!key) return key.error();
      auto update = database_.prepare("UPDATE certificate SET key=? WHERE id=?");
      if (!update) return update.error();
      if (auto done = update->bind(std::string_view(*key), std::string_view(one.id)).run(); !done)
        return done;
    }
    if (!is_clear(*root)) return {};
    const auto chain = read_certificates(*root);
    const auto key = read_key(*root);
    if (!chain || !key) return Error{ErrorKind::corrupt, "the stored root certificate cannot be read"};
    return set_root(chain->front().get(), key->get());
  });
  // What was in clear must not stay in pages that nobody uses any more.
  if (sealed) sealed = database_.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  return sealed;
}

Result<std::vector<CertificateStore::Row>> CertificateStore::rows() const {
  auto select =
      database_.prepare("SELECT id, name, origin, request, chain, key FROM certificate ORDER BY id");
  if (!select) return select.error();
  std::vector<Row> list;
  for (;;) {
    const auto more = select->step();
    if (!more) return more.error();
    if (!*more) return list;
    list.push_back({std::to_string(select->integer(0)), select->text(1), select->text(2), select->text(3),
                    select->text(4), select->text(5)});
  }
}

Result<CertificateStore::Row> CertificateStore::row(const std::string& id) const {
  const auto all = rows();
  if (!all) return all.error();
  for (const Row& one : *all) {
    if (one.id == id) return one;
  }
  return not_found(id);
}

StoredCertificate CertificateStore::describe(const Row& row, const std::vector<std::string>& own) const {
  StoredCertificate result;
  result.id = row.id;
  result.name = row.name;
  for (const Origin origin : origins) {
    if (row.origin == to_string(origin)) result.origin = origin;
  }
  result.used = used().certificate == row.id;
  const auto chain = read_certificates(row.chain);
  if (!chain) {
    result.status = Status::incomplete;
    const auto request = read_request(row.request);
    if (request) result.subject = name_text(X509_REQ_get_subject_name(request->get()));
    return result;
  }
  result.facts = facts_of(chain->front().get());
  result.subject = result.facts->subject;
  result.address = address_state(result.facts->addresses, own);
  if (result.facts->not_after <= clock_.now()) result.status = Status::expired;
  return result;
}

std::vector<StoredCertificate> CertificateStore::list() const {
  const auto own = addresses_();
  const std::lock_guard lock(mutex_);
  std::vector<StoredCertificate> list;
  const auto all = rows();
  if (!all) return list;
  for (const Row& one : *all) list.push_back(describe(one, own));
  return list;
}

Result<StoredCertificate> CertificateStore::find(const std::string& id) const {
  const auto own = addresses_();
  const std::lock_guard lock(mutex_);
  const auto found = row(id);
  if (!found) return found.error();
  return describe(*found, own);
}

Result<std::string> CertificateStore::value(std::string_view name) const {
  auto select = database_.prepare("SELECT value FROM certificate_value WHERE name=?");
  if (!select) return select.error();
  const auto row = select->bind(name).step();
  if (!row) return row.error();
  return *row ? select->text(0) : std::string();
}

Result<> CertificateStore::set_value(std::string_view name, std::string_view value) {
  auto insert = database_.prepare("INSERT OR REPLACE INTO certificate_value VALUES(?, ?)");
  if (!insert) return insert.error();
  return insert->bind(name, value).run();
}

Result<> CertificateStore::set_root(X509* certificate, EVP_PKEY* key) {
  const auto sealed = sealed_key(key);
  if (!sealed) return sealed.error();
  if (auto set = set_value("root", to_pem(certificate)); !set) return set;
  return set_value("root.key", *sealed);
}

Result<CertificateStore::Root> CertificateStore::root_until(base::UtcTime end) {
  const auto stored = value("root");
  if (!stored) return stored.error();
  const auto sealed = value("root.key");
  if (!sealed) return sealed.error();
  if (!stored->empty()) {
    auto chain = read_certificates(*stored);
    auto key = opened_key(*sealed);
    const bool lost = !key && key.error().kind == ErrorKind::denied;
    if (!chain || (!key && !lost))
      return Error{ErrorKind::corrupt, "the stored root certificate cannot be read"};
    if (!lost && to_utc(X509_get0_notAfter(chain->front().get())) >= end)
      return Root{std::move(chain->front()), std::move(*key)};
    if (lost) base::log_warning("{}; there is a new root certificate now", key.error().message);
  }
  auto key = make_key();
  if (!key) return key.error();
  auto root = make_root(key->get(), clock_.now());
  if (!root) return root.error();
  const auto set = platform::in_transaction(database_, [&] { return set_root(root->get(), key->get()); });
  if (!set) return set.error();
  return Root{std::move(*root), std::move(*key)};
}

CertificateStore::Https CertificateStore::used() const {
  const auto certificate = value("https.certificate");
  const auto enabled = value("https.enabled");
  return {enabled && *enabled == "1", certificate ? *certificate : std::string()};
}

CertificateStore::Https CertificateStore::https() const {
  const std::lock_guard lock(mutex_);
  return used();
}

Result<> CertificateStore::set_https(const Https& https) {
  const std::lock_guard lock(mutex_);
  if (!https.certificate.empty()) {
    if (const auto found = row(https.certificate); !found) return found.error();
  }
  return platform::in_transaction(database_, [&]() -> Result<> {
    if (auto set = set_value("https.certificate", https.certificate); !set) return set;
    return set_value("https.enabled", https.enabled ? "1" : "0");
  });
}

}  // namespace watchrig::central
