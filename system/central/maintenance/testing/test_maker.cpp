#include "system/central/maintenance/testing/test_maker.hpp"

#include <memory>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "system/base/base64.hpp"

namespace watchrig::central::testing {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t signature_bytes = 64;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key private_key(const std::string& raw) {
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(raw), raw.size()), EVP_PKEY_free};
}

}  // namespace

TestMaker::TestMaker() : private_key_(key_bytes, '\0') {
  RAND_bytes(bytes(private_key_), static_cast<int>(key_bytes));
  std::string raw(key_bytes, '\0');
  std::size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(private_key(private_key_).get(), bytes(raw), &size);
  key_ = MakerKey::from(base::to_base64(raw)).value();
}

std::string TestMaker::sign(const std::string& text) const {
  const auto key = private_key(private_key_);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(signature_bytes, '\0');
  std::size_t size = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get());
  EVP_DigestSign(context.get(), bytes(signature), &size, bytes(text), text.size());
  return text + "signature: " + base::to_base64(signature) + "\n";
}

}  // namespace watchrig::central::testing
