#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "system/central/certificates/certificate_facts.hpp"
#include "system/central/field_error.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// The authorities whose certificates of others the server believes (micro server 3.1.5.2). Any thread.
class TrustedAuthorities {
 public:
  static constexpr std::size_t most = 256;

  struct Trusted {
    std::string id;  ///< the first 16 digits of the fingerprint
    CertificateFacts facts;
    bool expired = false;
  };

  static base::Result<std::unique_ptr<TrustedAuthorities>> open(const std::filesystem::path& file,
                                                                const base::Clock& clock);

  std::vector<Trusted> list() const;
  /// Takes all certificates of the PEM text, or none. Errors name the field `certificate`: invalid (no
  /// certificate, or not of an authority), conflict (known already), full.
  FieldResult<std::vector<Trusted>> add(const std::string& pem);
  /// Errors: not_found.
  base::Result<> remove(const std::string& id);
  base::Result<std::string> certificate(const std::string& id) const;

  /// Whether the first certificate of the PEM text leads, by the others, to a trusted one, now. Errors:
  /// denied with the reason, invalid.
  base::Result<> verify(const std::string& chain) const;
  /// All of them in PEM, for a client of others.
  std::string bundle() const;

 private:
  struct Entry {
    Trusted trusted;
    std::string pem;
  };
  TrustedAuthorities(platform::SqliteDatabase database, const base::Clock& clock)
      : clock_(clock), database_(std::move(database)) {}
  base::Result<> load();
  Trusted describe(X509* certificate) const;

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::map<std::string, Entry> entries_;
};

}  // namespace watchrig::central
