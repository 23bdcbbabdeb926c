#include "system/platform/sha256.hpp"

#include <array>

#include "system/base/text.hpp"

namespace watchrig::platform {

std::string Sha256::take() {
  std::array<unsigned char, bytes> digest{};
  EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
  begin();
  return base::to_hex(digest.data(), digest.size());
}

}  // namespace watchrig::platform
