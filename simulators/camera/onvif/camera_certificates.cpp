#include "simulators/camera/onvif/camera_certificates.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;
using Days = std::chrono::days;

constexpr const char* first_id = "first";

Key new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

std::time_t unix_time(base::UtcTime time) {
  return std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
}

/// "CN=gate,O=Example", or the common name alone.
bool set_name(X509_NAME* name, const std::string& subject) {
  bool good = !subject.empty();
  for (const auto part : base::split(subject, ',')) {
    auto [kind, value] = base::split_once(part, '=');
    if (part.find('=') == std::string_view::npos) {
      kind = "CN";
      value = part;
    }
    while (kind.starts_with(' ')) kind.remove_prefix(1);
    const auto* text = reinterpret_cast<const unsigned char*>(value.data());
    good = good && !value.empty() &&
           X509_NAME_add_entry_by_txt(name, std::string(kind).c_str(), MBSTRING_UTF8, text,
                                      static_cast<int>(value.size()), -1, 0) == 1;
  }
  ERR_clear_error();
  return good;
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct Draft {
  std::string subject;
  std::string names;  ///< as OpenSSL writes subjectAltName
  CameraCertificates::Validity validity;
};

/// Null when the subject is no name. Without an issuer it signs itself.
Certificate sign(const Draft& draft, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new(), X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  std::array<unsigned char, 16> serial{};
  RAND_bytes(serial.data(), serial.size());
  serial[0] = 1;
  BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.get()));
  BN_free(number);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), unix_time(draft.validity.from));
  ASN1_TIME_set(X509_getm_notAfter(made.get()), unix_time(draft.validity.until));
  X509_set_pubkey(made.get(), key);
  if (!set_name(X509_get_subject_name(made.get()), draft.subject)) return nullptr;
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer ? issuer : made.get()));
  if (draft.names.empty()) {
    add_extension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made.get(), NID_key_usage, "critical,keyCertSign");
  } else {
    add_extension(made.get(), NID_subject_alt_name, draft.names);
  }
  X509_sign(made.get(), issuer ? issuer_key : key, EVP_sha256());
  return made;
}

struct Authority {
  Key key = new_key();
  Certificate certificate = sign({"Watchrig rig authority",
                                  {},
                                  {base::UtcTime(std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)),
                                   base::UtcTime(std::chrono::sys_days(std::chrono::year(2100) / 1 / 1))}},
                                 key.get(), nullptr, nullptr);
};

const Authority& rig_authority() {
  static const Authority authority;
  return authority;
}

Certificate certificate_of(CertificateManner manner, const std::string& address, EVP_PKEY* key,
                           base::UtcTime now) {
  Draft draft{address, "IP:" + address, {now - Days(1), now + Days(3650)}};
  if (manner == CertificateManner::expired) draft.validity = {now - Days(400), now - Days(1)};
  if (manner == CertificateManner::wrong_name) {
    draft.subject = "elsewhere.example.org";
    draft.names = "DNS:elsewhere.example.org,IP:192.0.2.1";
  }
  if (manner == CertificateManner::self_signed) return sign(draft, key, nullptr, nullptr);
  return sign(draft, key, rig_authority().certificate.get(), rig_authority().key.get());
}

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  write(memory.get());
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return pem([&](BIO* memory) { PEM_write_bio_X509(memory, certificate); });
}

template <class Object, class Encode>
base::Bytes der_of(Object* object, Encode encode) {
  base::Bytes bytes(static_cast<std::size_t>(std::max(encode(object, nullptr), 0)));
  auto* at = bytes.data();
  encode(object, &at);
  return bytes;
}

Error taken(const std::string& id) {
  return {ErrorKind::conflict, fmt::format("there is a certificate {} already", id)};
}
Error unknown(const std::string& id) {
  return {ErrorKind::not_found, fmt::format("there is no certificate {}", id)};
}
Error too_many() {
  return {ErrorKind::full, fmt::format("at most {} certificates", CameraCertificates::most)};
}
Error no_subject(const std::string& subject) {
  return {ErrorKind::invalid, fmt::format("\"{}\" is no subject like CN=gate,O=Example", subject)};
}

}  // namespace

std::optional<CertificateManner> certificate_manner(std::string_view name) {
  if (name == "self-signed") return CertificateManner::self_signed;
  if (name == "issued") return CertificateManner::issued;
  if (name == "expired") return CertificateManner::expired;
  if (name == "wrong-name") return CertificateManner::wrong_name;
  return std::nullopt;
}

CameraCertificates::CameraCertificates(std::string address, CertificateManner manner, base::UtcTime now)
    : address_(std::move(address)) {
  renew(manner, now);
}

void CameraCertificates::renew(CertificateManner manner, base::UtcTime now) {
  const std::lock_guard lock(mutex_);
  auto key = new_key();
  auto certificate = certificate_of(manner, address_, key.get(), now);
  std::erase_if(entries_, [](const Entry& entry) { return entry.id == first_id; });
  entries_.insert(entries_.begin(), {first_id, std::move(key), std::move(certificate)});
  used_ = first_id;
}

const CameraCertificates::Entry* CameraCertificates::find(std::string_view id) const {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  return found == entries_.end() ? nullptr : &*found;
}

CameraCertificates::Listed CameraCertificates::describe(const Entry& entry) const {
  return {entry.id, der_of(entry.certificate.get(), i2d_X509), entry.id == used_};
}

std::vector<CameraCertificates::Listed> CameraCertificates::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Listed> all;
  for (const auto& entry : entries_) all.push_back(describe(entry));
  return all;
}

Result<CameraCertificates::Listed> CameraCertificates::create(std::string id, const std::string& subject,
                                                              const Validity& validity) {
  const std::lock_guard lock(mutex_);
  if (find(id)) return taken(id);
  if (entries_.size() >= most) return too_many();
  if (id.empty()) id = fmt::format("made-{}", ++made_);
  auto key = new_key();
  auto made =
      sign({subject.empty() ? address_ : subject, "IP:" + address_, validity}, key.get(), nullptr, nullptr);
  if (!made) return no_subject(subject);
  entries_.push_back({std::move(id), std::move(key), std::move(made)});
  return describe(entries_.back());
}

Result<base::Bytes> CameraCertificates::request(const std::string& id, const std::string& subject) const {
  const std::lock_guard lock(mutex_);
  const auto* entry = find(id);
  if (!entry) return unknown(id);
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
  X509_REQ_set_version(request.get(), X509_REQ_VERSION_1);
  if (!set_name(X509_REQ_get_subject_name(request.get()), subject.empty() ? address_ : subject))
    return no_subject(subject);
  X509_REQ_set_pubkey(request.get(), entry->key.get());
  X509_REQ_sign(request.get(), entry->key.get(), EVP_sha256());
  return der_of(request.get(), i2d_X509_REQ);
}

Result<> CameraCertificates::load(std::string id, base::ByteView der) {
  const std::lock_guard lock(mutex_);
  const auto* at = der.data();
  const Certificate given(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  ERR_clear_error();
  if (!given || at != der.data() + der.size())
    return Error{ErrorKind::invalid, "this is no certificate (X.509) in DER"};
  const auto of_key = [&](const Entry& entry) {
    return X509_check_private_key(given.get(), entry.key.get()) == 1;
  };
  const auto same = std::ranges::find_if(entries_, of_key);
  ERR_clear_error();
  if (same == entries_.end()) return Error{ErrorKind::denied, "it is of no key of this device"};
  const auto known = std::ranges::find(entries_, id, &Entry::id);
  if (known != entries_.end()) {
    if (known->key != same->key) return taken(id);
    known->certificate = given;
    return {};
  }
  if (entries_.size() >= most) return too_many();
  if (id.empty()) id = fmt::format("made-{}", ++made_);
  entries_.push_back({std::move(id), same->key, given});
  return {};
}

Result<> CameraCertificates::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (!find(id)) return unknown(id);
  if (id == used_) return Error{ErrorKind::conflict, fmt::format("HTTPS shows the certificate {}", id)};
  std::erase_if(entries_, [&](const Entry& entry) { return entry.id == id; });
  return {};
}

Result<> CameraCertificates::use(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (!find(id)) return unknown(id);
  used_ = id;
  return {};
}

http::TlsIdentityPtr CameraCertificates::identity() const {
  const std::lock_guard lock(mutex_);
  const auto* entry = find(used_);
  const auto key = pem([&](BIO* memory) {
    PEM_write_bio_PrivateKey(memory, entry->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return http::make_tls_identity(pem_of(entry->certificate.get()), key).value();
}

std::string CameraCertificates::fingerprint() const {
  const std::lock_guard lock(mutex_);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(find(used_)->certificate.get(), EVP_sha256(), digest.data(), &size);
  return base::to_hex(digest.data(), size);
}

std::string CameraCertificates::authority() { return pem_of(rig_authority().certificate.get()); }

}  // namespace watchrig::camera
