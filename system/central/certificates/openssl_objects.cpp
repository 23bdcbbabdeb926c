#include "system/central/certificates/openssl_objects.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t most_in_chain = 16;
constexpr int least_bits = 112;

using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

Memory reader(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

template <class Write>
std::string written(Write write) {
  const Memory memory(BIO_new(BIO_s_mem()), BIO_free);
  if (write(memory.get()) != 1) return {};
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Error refuse(std::string message) {
  ERR_clear_error();
  return {ErrorKind::invalid, std::move(message)};
}

/// OpenSSL asks for a passphrase here, and must never ask a terminal.
int give_passphrase(char* buffer, int size, int, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  const auto length = std::min(text.size(), static_cast<std::size_t>(size));
  std::copy_n(text.data(), length, buffer);
  return static_cast<int>(length);
}

}  // namespace

Result<std::vector<X509Ptr>> read_certificates(const std::string& pem) {
  if (pem.size() > most_pem_bytes) return refuse(fmt::format("has over {} bytes", most_pem_bytes));
  const Memory text = reader(pem);
  std::vector<X509Ptr> list;
  std::string nothing;
  while (X509Ptr one{PEM_read_bio_X509(text.get(), nullptr, give_passphrase, &nothing)}) {
    if (list.size() == most_in_chain)
      return refuse(fmt::format("has more than {} certificates", most_in_chain));
    list.push_back(std::move(one));
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (list.empty() || !ended) return refuse("is not a certificate in PEM");
  return list;
}

Result<KeyPtr> read_key(const std::string& pem, const std::string& passphrase) {
  if (pem.size() > most_pem_bytes) return refuse(fmt::format("has over {} bytes", most_pem_bytes));
  const Memory text = reader(pem);
  std::string given = passphrase;
  KeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, give_passphrase, &given));
  if (!key) {
    return refuse(pem.find("ENCRYPTED") == std::string::npos
                      ? "is not a private key in PEM"
                      : "cannot be decrypted: the passphrase is wrong");
  }
  if (EVP_PKEY_get_security_bits(key.get()) < least_bits)
    return refuse(fmt::format("is too weak: {} bits (RSA needs 2048, EC 224)", EVP_PKEY_get_bits(key.get())));
  return key;
}

Result<RequestPtr> read_request(const std::string& pem) {
  const Memory text = reader(pem);
  RequestPtr request(PEM_read_bio_X509_REQ(text.get(), nullptr, nullptr, nullptr));
  if (!request) return refuse("is not a certificate request in PEM");
  return request;
}

Result<KeyPtr> make_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return openssl_error(ErrorKind::io, "a key cannot be made");
  return key;
}

std::string to_pem(X509* certificate) {
  return written([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string to_pem(X509_REQ* request) {
  return written([&](BIO* out) { return PEM_write_bio_X509_REQ(out, request); });
}

std::string to_pem(EVP_PKEY* key) {
  return written(
      [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

base::UtcTime to_utc(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  // 9999-12-31, "no end" in RFC 5280, is beyond what nanoseconds hold.
  constexpr std::time_t last = 9'000'000'000;
  return base::UtcTime(std::chrono::seconds(std::clamp<std::time_t>(::timegm(&parts), 0, last)));
}

std::time_t to_unix(base::UtcTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Error openssl_error(ErrorKind kind, std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return {kind, fmt::format("{}: {}", what, reason ? reason : "unknown reason")};
}

}  // namespace watchrig::central
