#include "system/central/configuration/sealed_file.hpp"

#include <argon2.h>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "system/base/text.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view title = "WATCHRIG-CONFIGURATION ";
constexpr std::string_view first_line = "WATCHRIG-CONFIGURATION 1\n";
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t digest_bytes = SHA256_DIGEST_LENGTH;
constexpr std::size_t around = first_line.size() + salt_bytes + nonce_bytes + tag_bytes + digest_bytes;
constexpr std::size_t most_content = std::size_t{1} << 30;  // EVP counts in int
constexpr std::uint32_t passes = 3;
constexpr std::uint32_t memory_kib = 64 * 1024;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

/// Wiped when it is not needed any more.
struct Key {
  std::array<unsigned char, 32> bytes{};
  ~Key() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

unsigned char* bytes(std::string& text, std::size_t at = 0) {
  return reinterpret_cast<unsigned char*>(text.data()) + at;
}
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool derive(Key& key, std::string_view password, std::string_view salt) {
  return argon2id_hash_raw(passes, memory_kib, 1, password.data(), password.size(), salt.data(), salt.size(),
                           key.bytes.data(), key.bytes.size()) == ARGON2_OK;
}

std::string digest_of(std::string_view text) {
  std::string digest(digest_bytes, '\0');
  SHA256(bytes(text), text.size(), bytes(digest));
  return digest;
}

Error no_resources() {
  return {ErrorKind::unavailable,
          "the system lacks memory or random numbers for encryption; try again later"};
}

Error damaged(std::string_view why) {
  return {ErrorKind::corrupt, fmt::format("this is no configuration file, or it is damaged: {}", why)};
}

}  // namespace

Result<std::string> seal_file(std::string_view content, std::string_view password) {
  if (content.size() > most_content) return Error{ErrorKind::full, "the configuration has more than 1 GiB"};
  const std::size_t nonce_at = first_line.size() + salt_bytes;
  const std::size_t text_at = nonce_at + nonce_bytes;
  std::string file(first_line);
  file.resize(text_at + content.size() + tag_bytes);
  Key key;
  const auto salt = std::string_view(file).substr(first_line.size(), salt_bytes);
  if (RAND_bytes(bytes(file, first_line.size()), salt_bytes + nonce_bytes) != 1 ||
      !derive(key, password, salt))
    return no_resources();
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool sealed =
      cipher &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), bytes(file, nonce_at)) ==
          1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes(file), static_cast<int>(nonce_at)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), bytes(file, text_at), &size, bytes(content),
                        static_cast<int>(content.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), bytes(file, text_at + content.size()), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes,
                          bytes(file, text_at + content.size())) == 1;
  if (!sealed) return no_resources();
  return file + digest_of(file);
}

Result<std::string> open_sealed_file(std::string_view file, std::string_view password) {
  const auto line = file.substr(0, file.find('\n') + 1);
  if (!file.starts_with(title) || line.empty() || line.size() > first_line.size() + 8)
    return damaged("its first line");
  if (line != first_line) {
    return Error{ErrorKind::unsupported,
                 fmt::format("\"{}\" was made by a newer program; this one reads version 1: upgrade it first",
                             base::trim(line))};
  }
  if (file.size() < around) return damaged("its end is missing");
  const auto sealed = file.substr(0, file.size() - digest_bytes);
  if (digest_of(sealed) != file.substr(sealed.size()))
    return damaged("it was cut off, or bytes of it changed");
  const std::size_t nonce_at = first_line.size() + salt_bytes;
  const std::size_t text_at = nonce_at + nonce_bytes;
  Key key;
  if (!derive(key, password, file.substr(first_line.size(), salt_bytes))) return no_resources();
  std::string tag(sealed.substr(sealed.size() - tag_bytes));
  std::string content(sealed.size() - text_at - tag_bytes, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  int rest = 0;
  const bool opened =
      cipher && content.size() <= most_content &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(),
                         bytes(file.substr(nonce_at))) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes(file), static_cast<int>(nonce_at)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes(content), &size, bytes(file.substr(text_at)),
                        static_cast<int>(content.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, bytes(tag)) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes(content) + size, &rest) == 1;
  if (!opened)
    return Error{ErrorKind::denied, "the password is not the one that the configuration was exported with"};
  return content;
}

}  // namespace watchrig::central
