#include "system/platform/secret_vault.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "system/base/base64.hpp"
#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::string_view version = "v1";

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Empty when it is not what to_base64 writes: one text for one secret.
std::string from_base64(std::string_view text) {
  const auto data = base::from_base64(text);
  if (!data || base::to_base64(*data) != text) return {};
  return {data->begin(), data->end()};
}

Error not_opened(ErrorKind kind, std::string_view purpose, std::string_view why) {
  return {kind, fmt::format("the stored {} cannot be read: {}; enter it again", purpose, why)};
}

/// The bytes of the file; empty when there is none.
Result<std::string> read_key_file(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) return std::string();
  if (descriptor < 0) return base::os_error("open key file", file.string(), errno);
  struct stat status {};
  std::array<char, key_bytes + 1> data{};
  const ssize_t got = ::fstat(descriptor, &status) == 0 ? ::read(descriptor, data.data(), data.size()) : -1;
  const int failure = errno;
  ::close(descriptor);
  const bool is_folder = S_ISDIR(status.st_mode);
  if (got < 0 && !is_folder) return base::os_error("read key file", file.string(), failure);
  if (!is_folder && (status.st_mode & 077) != 0) {
    return Error{ErrorKind::denied,
                 fmt::format("key file {}: others may read it; chmod 600 it, and change the passwords of "
                             "devices if somebody has",
                             file.string())};
  }
  if (got != static_cast<ssize_t>(key_bytes)) {
    return Error{
        ErrorKind::corrupt,
        fmt::format("key file {} does not hold {} bytes: put it back from a backup, or remove it and "
                    "enter the passwords of all devices again",
                    file.string(), key_bytes)};
  }
  return std::string(data.data(), key_bytes);
}

}  // namespace

struct SecretVault::Key {
  explicit Key(std::string key) : secret(std::move(key)) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(bytes(std::string_view(secret)), secret.size(), digest.data());
    name = base::to_hex(digest.data(), 4);
  }
  ~Key() { OPENSSL_cleanse(secret.data(), secret.size()); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  std::string secret;
  std::string name;
};

Result<SecretVault> SecretVault::open(const fs::path& file) {
  auto key = read_key_file(file);
  if (!key) return key.error();
  if (key->empty()) {
    key->resize(key_bytes);
    if (RAND_bytes(bytes(*key), static_cast<int>(key_bytes)) != 1)
      return Error{ErrorKind::unavailable, "the system yields no random numbers for a key"};
    if (const auto written = write_text_file(file, *key, 0600); !written) return written.error();
  }
  return SecretVault(std::make_shared<const Key>(std::move(*key)));
}

Result<std::string> SecretVault::seal(std::string_view secret, std::string_view purpose) const {
  std::string data(nonce_bytes + secret.size() + tag_bytes, '\0');
  if (RAND_bytes(bytes(data), static_cast<int>(nonce_bytes)) != 1)
    return Error{ErrorKind::unavailable, fmt::format("{}: the system yields no random numbers", purpose)};
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  int rest = 0;
  const bool sealed = cipher &&
                      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr,
                                         bytes(std::string_view(key_->secret)), bytes(data)) == 1 &&
                      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes(purpose),
                                        static_cast<int>(purpose.size())) == 1 &&
                      EVP_EncryptUpdate(cipher.get(), bytes(data) + nonce_bytes, &size, bytes(secret),
                                        static_cast<int>(secret.size())) == 1 &&
                      EVP_EncryptFinal_ex(cipher.get(), bytes(data) + nonce_bytes + size, &rest) == 1 &&
                      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes,
                                          bytes(data) + nonce_bytes + secret.size()) == 1;
  if (!sealed) return Error{ErrorKind::unavailable, fmt::format("{}: OpenSSL refused to encrypt", purpose)};
  return fmt::format("{}.{}.{}", version, key_->name, base::to_base64(data));
}

Result<std::string> SecretVault::open_sealed(std::string_view sealed, std::string_view purpose) const {
  const auto parts = base::split(sealed, '.');
  if (parts.size() == 3 && parts[0] != version && parts[0].starts_with('v'))
    return not_opened(ErrorKind::unsupported, purpose, "a newer program has written it");
  if (parts.size() != 3 || parts[0] != version)
    return not_opened(ErrorKind::corrupt, purpose, "it is damaged");
  if (parts[1] != key_->name)
    return not_opened(ErrorKind::denied, purpose, "it was encrypted with another key file");
  std::string data = from_base64(parts[2]);
  if (data.size() < nonce_bytes + tag_bytes) return not_opened(ErrorKind::corrupt, purpose, "it is damaged");
  std::string secret(data.size() - nonce_bytes - tag_bytes, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  int rest = 0;
  const bool opened = cipher &&
                      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr,
                                         bytes(std::string_view(key_->secret)), bytes(data)) == 1 &&
                      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes(purpose),
                                        static_cast<int>(purpose.size())) == 1 &&
                      EVP_DecryptUpdate(cipher.get(), bytes(secret), &size, bytes(data) + nonce_bytes,
                                        static_cast<int>(secret.size())) == 1 &&
                      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes,
                                          bytes(data) + data.size() - tag_bytes) == 1 &&
                      EVP_DecryptFinal_ex(cipher.get(), bytes(secret) + size, &rest) == 1;
  if (!opened) return not_opened(ErrorKind::corrupt, purpose, "it is damaged, or belongs elsewhere");
  return secret;
}

}  // namespace watchrig::platform
