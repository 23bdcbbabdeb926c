#include "system/central/certificates/certificate_store.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/x509v3.h>

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;
using Origin = StoredCertificate::Origin;

namespace {

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

FieldError failed(Error error) { return {{}, std::move(error)}; }

FieldResult<void> check_name(const std::string& name) {
  const bool control = std::ranges::any_of(name, [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (!name.empty() && name.size() <= CertificateStore::longest_name && !control) return {};
  return refuse("name",
                fmt::format("must have 1 to {} characters, none of control", CertificateStore::longest_name));
}

std::string chain_text(const std::vector<X509Ptr>& chain) {
  std::string text;
  for (const auto& one : chain) text += to_pem(one.get());
  return text;
}

}  // namespace

FieldResult<StoredCertificate> CertificateStore::make(const std::string& name,
                                                      const CertificateSubject& subject, int valid_days) {
  if (const auto checked = check_subject(subject); !checked) return checked.error();
  if (valid_days < 1 || valid_days > most_valid_days)
    return refuse("valid_days", fmt::format("must be from 1 to {}", most_valid_days));
  const auto key = make_key();
  if (!key) return failed(key.error());
  const auto now = clock_.now();
  const auto end = now + std::chrono::days(valid_days);
  Row row;
  row.origin = to_string(Origin::own);
  {
    const std::lock_guard lock(mutex_);
    const auto root = root_until(end);
    if (!root) return failed(root.error());
    const auto made = issue(subject, key->get(), root->certificate.get(), root->key.get(), now, end);
    if (!made) return failed(made.error());
    row.chain = to_pem(made->get());
  }
  row.name = name;
  const auto sealed = sealed_key(key->get());
  if (!sealed) return failed(sealed.error());
  row.key = *sealed;
  return add(std::move(row), subject.address);
}

FieldResult<StoredCertificate> CertificateStore::request(const std::string& name,
                                                         const CertificateSubject& subject) {
  if (const auto checked = check_subject(subject); !checked) return checked.error();
  const auto key = make_key();
  if (!key) return failed(key.error());
  const auto made = make_request(subject, key->get());
  if (!made) return failed(made.error());
  Row row;
  row.name = name;
  row.origin = to_string(Origin::requested);
  row.request = to_pem(made->get());
  const auto sealed = sealed_key(key->get());
  if (!sealed) return failed(sealed.error());
  row.key = *sealed;
  return add(std::move(row), subject.address);
}

FieldResult<StoredCertificate> CertificateStore::install(const std::string& name,
                                                         const std::string& certificate,
                                                         const std::string& key,
                                                         const std::string& passphrase) {
  const auto chain = read_certificates(certificate);
  if (!chain) return FieldError{"certificate", chain.error()};
  const auto read = read_key(key, passphrase);
  if (!read) return FieldError{"key", read.error()};
  if (const auto checked = check_pair(*chain, read->get()); !checked) return checked.error();
  Row row;
  row.name = name;
  row.origin = to_string(Origin::installed);
  row.chain = chain_text(*chain);
  const auto sealed = sealed_key(read->get());
  if (!sealed) return failed(sealed.error());
  row.key = *sealed;
  return add(std::move(row), "installed");
}

FieldResult<StoredCertificate> CertificateStore::complete(const std::string& id,
                                                          const std::string& certificate) {
  const auto chain = read_certificates(certificate);
  if (!chain) return FieldError{"certificate", chain.error()};
  std::lock_guard lock(mutex_);
  auto found = row(id);
  if (!found) return failed(found.error());
  if (!found->chain.empty())
    return failed({ErrorKind::conflict, fmt::format("certificate {} is complete already", id)});
  const auto key = opened_key(found->key);
  if (!key) return failed(key.error());
  if (const auto checked = check_pair(*chain, key->get()); !checked) {
    return FieldError{"certificate", checked.error().error};
  }
  found->chain = chain_text(*chain);
  auto update = database_.prepare("UPDATE certificate SET chain=? WHERE id=?");
  if (!update) return failed(update.error());
  if (auto done = update->bind(std::string_view(found->chain), std::string_view(id)).run(); !done)
    return failed(done.error());
  return describe(*found, addresses_());
}

FieldResult<void> CertificateStore::check_pair(const std::vector<X509Ptr>& chain, EVP_PKEY* key) const {
  X509* own = chain.front().get();
  if (X509_check_private_key(own, key) != 1) {
    openssl_error(ErrorKind::invalid, "");
    return refuse("key", "is not the key of the first certificate");
  }
  if (X509_check_purpose(own, X509_PURPOSE_SSL_SERVER, 0) != 1)
    return refuse("certificate", "is not for servers: its key usage forbids it");
  if (facts_of(own).not_after <= clock_.now()) {
    return refuse("certificate", "has expired on " + base::format_utc(facts_of(own).not_after, 0));
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) == X509_V_OK) continue;
    return refuse("certificate",
                  fmt::format("number {} of the chain has not issued the one before it", i + 1));
  }
  return {};
}

FieldResult<StoredCertificate> CertificateStore::rename(const std::string& id, const std::string& name) {
  if (const auto checked = check_name(name); !checked) return checked.error();
  const std::lock_guard lock(mutex_);
  auto found = row(id);
  if (!found) return failed(found.error());
  found->name = name;
  auto update = database_.prepare("UPDATE certificate SET name=? WHERE id=?");
  if (!update) return failed(update.error());
  if (auto done = update->bind(std::string_view(name), std::string_view(id)).run(); !done)
    return failed(done.error());
  return describe(*found, addresses_());
}

FieldResult<StoredCertificate> CertificateStore::add(Row row, const std::string& default_name) {
  if (row.name.empty()) row.name = default_name.substr(0, longest_name);
  if (const auto checked = check_name(row.name); !checked) return checked.error();
  const std::lock_guard lock(mutex_);
  const auto all = rows();
  if (!all) return failed(all.error());
  if (all->size() >= most_certificates) {
    return failed({ErrorKind::full, fmt::format("there are {} certificates; delete one that is not needed",
                                                most_certificates)});
  }
  auto insert =
      database_.prepare("INSERT INTO certificate(name, origin, request, chain, key) VALUES(?, ?, ?, ?, ?)");
  if (!insert) return failed(insert.error());
  const std::string_view name = row.name, origin = row.origin, request = row.request, chain = row.chain,
                         key = row.key;
  if (auto done = insert->bind(name, origin, request, chain, key).run(); !done) return failed(done.error());
  row.id = std::to_string(database_.last_insert_id());
  return describe(row, addresses_());
}

Result<> CertificateStore::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = row(id); !found) return found.error();
  if (used().certificate == id) {
    return Error{ErrorKind::conflict,
                 fmt::format("certificate {} is in use by HTTPS: choose another one there first", id)};
  }
  auto statement = database_.prepare("DELETE FROM certificate WHERE id=?");
  if (!statement) return statement.error();
  return statement->bind(std::string_view(id)).run();
}

Result<std::string> CertificateStore::certificate(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  auto found = row(id);
  if (!found) return found.error();
  if (!found->chain.empty()) return std::move(found->chain);
  return Error{ErrorKind::not_found,
               fmt::format("certificate {} is incomplete: the authority's answer is missing", id)};
}

Result<std::string> CertificateStore::request_text(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  auto found = row(id);
  if (!found) return found.error();
  if (!found->request.empty()) return std::move(found->request);
  return Error{ErrorKind::not_found, fmt::format("certificate {} was not requested from an authority", id)};
}

Result<std::string> CertificateStore::root() {
  const std::lock_guard lock(mutex_);
  const auto root = root_until(clock_.now());
  if (!root) return root.error();
  return to_pem(root->certificate.get());
}

Result<CertificateStore::Identity> CertificateStore::identity(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = row(id);
  if (!found) return found.error();
  if (found->chain.empty())
    return Error{ErrorKind::conflict, fmt::format("certificate {} is incomplete", id)};
  const auto key = opened_key(found->key);
  if (!key) return key.error();
  return Identity{found->chain, to_pem(key->get())};
}

}  // namespace watchrig::central
