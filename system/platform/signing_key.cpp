#include "system/platform/signing_key.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Memory reading(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

std::string text_of(const Memory& memory) {
  char* data = nullptr;
  const auto size = memory ? BIO_get_mem_data(memory.get(), &data) : 0;
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Key key_from(const std::array<unsigned char, PublicKey::raw_bytes>& raw) {
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()), EVP_PKEY_free};
}

/// Of a key of any kind; nothing unless it is Ed25519.
Result<PublicKey> public_half(const EVP_PKEY* key) {
  std::string raw(PublicKey::raw_bytes, '\0');
  std::size_t size = raw.size();
  const bool good =
      key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
      EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size) == 1;
  ERR_clear_error();
  if (!good) return Error{ErrorKind::invalid, "must be an Ed25519 public key in PEM"};
  return PublicKey::from_raw(raw);
}

Error no_key(const fs::path& file) {
  return {
      ErrorKind::corrupt,
      fmt::format("{} holds no Ed25519 private key: put it back from a backup, or remove it, so that a new "
                  "one is made; exports that were signed before can be checked with the old public key only",
                  file.string())};
}

Result<std::string> make_key(const fs::path& file) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  const Memory memory(BIO_new(BIO_s_mem()), BIO_free);
  if (!key || !memory ||
      PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    ERR_clear_error();
    return Error{ErrorKind::io, "OpenSSL makes no Ed25519 key"};
  }
  auto pem = text_of(memory);
  if (auto written = write_text_file(file, pem); !written) return written.error();
  return pem;
}

}  // namespace

Result<PublicKey> PublicKey::from_raw(std::string_view raw) {
  if (raw.size() != raw_bytes) return Error{ErrorKind::invalid, "an Ed25519 public key has 32 bytes"};
  PublicKey key;
  std::ranges::transform(raw, key.raw_.begin(), [](char byte) { return static_cast<unsigned char>(byte); });
  return key;
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  const auto memory = reading(pem);
  const Key key(memory ? PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr) : nullptr,
                EVP_PKEY_free);
  return public_half(key.get());
}

bool PublicKey::has_signed(std::string_view text, std::string_view signature) const {
  if (signature.size() != signature_bytes) return false;
  const auto key = key_from(raw_);
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good =
      key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
  ERR_clear_error();
  return good;
}

std::string PublicKey::pem() const {
  const auto key = key_from(raw_);
  const Memory memory(BIO_new(BIO_s_mem()), BIO_free);
  if (!key || !memory || PEM_write_bio_PUBKEY(memory.get(), key.get()) != 1) return {};
  return text_of(memory);
}

std::string PublicKey::fingerprint() const {
  const auto key = key_from(raw_);
  unsigned char* der = nullptr;
  const int size = key ? i2d_PUBKEY(key.get(), &der) : 0;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  if (size > 0) SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  return base::to_hex(digest.data(), digest.size());
}

Result<SigningKey> SigningKey::open(const fs::path& file) {
  std::error_code failure;
  const auto status = fs::status(file, failure);
  const bool is_there = fs::exists(status);
  if (is_there && !fs::is_regular_file(status)) return no_key(file);
  if (is_there &&
      (status.permissions() & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none) {
    return Error{ErrorKind::denied,
                 fmt::format("{}: others may read this key; chmod 600 it, or remove it where "
                             "somebody has read it, so that a new one is made",
                             file.string())};
  }
  const auto pem = is_there ? read_text_file(file) : make_key(file);
  if (!pem) return pem.error();
  const auto memory = reading(*pem);
  // Without a pass phrase, nobody is asked for one.
  std::string none;
  std::shared_ptr<EVP_PKEY> key(
      memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, none.data()) : nullptr, EVP_PKEY_free);
  const auto half = public_half(key.get());
  if (!half) return no_key(file);
  return SigningKey(std::move(key), *half);
}

std::string SigningKey::sign(std::string_view text) const {
  std::string signature(PublicKey::signature_bytes, '\0');
  std::size_t size = signature.size();
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good = context &&
                    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
                    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                   bytes(text), text.size()) == 1;
  ERR_clear_error();
  return good ? signature : std::string();
}

}  // namespace watchrig::platform
