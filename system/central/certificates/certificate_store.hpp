#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "system/central/certificates/certificate_facts.hpp"
#include "system/central/certificates/certificate_maker.hpp"
#include "system/platform/secret_vault.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// A certificate of the server, or what will become one.
struct StoredCertificate {
  enum class Origin {
    own,        ///< issued by this server's root
    requested,  ///< issued by another authority on request
    installed,  ///< came with its key
  };
  enum class Status {
    normal,
    incomplete,  ///< requested, and the answer has not come
    expired,
  };
  std::string id;    ///< "3"; never used twice
  std::string name;  ///< the operator's
  Origin origin = Origin::own;
  Status status = Status::normal;
  std::string subject;                    ///< also of an incomplete one
  std::optional<CertificateFacts> facts;  ///< of a complete one
  AddressState address = AddressState::unknown;
  bool used = false;  ///< by HTTPS
};
std::string_view to_string(StoredCertificate::Origin origin);
std::string_view to_string(StoredCertificate::Status status);

/// The certificates of the server with their keys, the root that issues its own ones, and which of them HTTPS
/// shows; in a database that only the server's user may read, and in it keys are sealed by the vault: who has
/// a copy of it only has none of them. Keys leave it for TLS only. Any thread.
class CertificateStore {
 public:
  using Addresses = std::function<std::vector<std::string>()>;  ///< of this machine, asked at each list
  static constexpr std::size_t most_certificates = 64;
  static constexpr std::size_t longest_name = 64;

  /// The clock outlives it. Keys that an older program has left in clear are sealed.
  static base::Result<std::unique_ptr<CertificateStore>> open(const std::filesystem::path& file,
                                                              platform::SecretVault vault,
                                                              const base::Clock& clock, Addresses addresses);

  std::vector<StoredCertificate> list() const;
  /// Errors: not_found.
  base::Result<StoredCertificate> find(const std::string& id) const;

  // All of these name the field that is wrong; full when there are too many.

  /// Makes key and certificate, issued by the root (micro server 3.1.5.1, first way).
  FieldResult<StoredCertificate> make(const std::string& name, const CertificateSubject& subject,
                                      int valid_days);
  /// Makes a key and a request for another authority (second way).
  FieldResult<StoredCertificate> request(const std::string& name, const CertificateSubject& subject);
  /// The authority's answer to a request, with its chain. Errors: conflict (it has come already).
  FieldResult<StoredCertificate> complete(const std::string& id, const std::string& certificate);
  /// A certificate with its chain, and its key (third way).
  FieldResult<StoredCertificate> install(const std::string& name, const std::string& certificate,
                                         const std::string& key, const std::string& passphrase);
  FieldResult<StoredCertificate> rename(const std::string& id, const std::string& name);
  /// Errors: not_found, conflict (it is in use).
  base::Result<> remove(const std::string& id);

  /// In PEM: the certificate with its chain. Errors: not_found, also for an incomplete one.
  base::Result<std::string> certificate(const std::string& id) const;
  base::Result<std::string> request_text(const std::string& id) const;
  /// The root for clients to trust, in PEM; made when there is none yet.
  base::Result<std::string> root();

  struct Identity {
    std::string chain;
    std::string key;
  };
  /// Errors: not_found, conflict (incomplete), denied (its key was sealed with another key file).
  base::Result<Identity> identity(const std::string& id) const;

  /// What HTTPS does, over restarts.
  struct Https {
    bool enabled = false;
    std::string certificate;  ///< its id; empty: none
  };
  Https https() const;
  base::Result<> set_https(const Https& https);

 private:
  struct Row {
    std::string id, name, origin, request, chain;
    std::string key;  ///< sealed
  };
  struct Root {
    X509Ptr certificate;
    KeyPtr key;
  };
  CertificateStore(platform::SqliteDatabase database, platform::SecretVault vault, const base::Clock& clock,
                   Addresses addresses)
      : vault_(std::move(vault)),
        clock_(clock),
        addresses_(std::move(addresses)),
        database_(std::move(database)) {}
  base::Result<std::string> sealed_key(EVP_PKEY* key) const;
  base::Result<KeyPtr> opened_key(const std::string& sealed) const;
  FieldResult<StoredCertificate> add(Row row, const std::string& default_name);
  StoredCertificate describe(const Row& row, const std::vector<std::string>& own) const;
  FieldResult<void> check_pair(const std::vector<X509Ptr>& chain, EVP_PKEY* key) const;
  // Under mutex_.
  base::Result<std::vector<Row>> rows() const;
  base::Result<Row> row(const std::string& id) const;
  base::Result<std::string> value(std::string_view name) const;
  base::Result<> set_value(std::string_view name, std::string_view value);
  base::Result<> set_root(X509* certificate, EVP_PKEY* key);
  base::Result<> seal_clear_keys();
  /// One that outlives `end`, else a new one.
  base::Result<Root> root_until(base::UtcTime end);
  Https used() const;

  const platform::SecretVault vault_;
  const base::Clock& clock_;
  const Addresses addresses_;
  mutable std::mutex mutex_;
  mutable platform::SqliteDatabase database_;
};

}  // namespace watchrig::central
