#include "system/storage/signed_export/file_digest.hpp"

#include <algorithm>

#include "system/base/text.hpp"
#include "system/storage/signed_export/export_manifest.hpp"

namespace watchrig::storage {

std::string Sha256::take() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
  begin();
  return base::to_hex(digest.data(), size);
}

void FileDigest::add(const char* data, std::size_t size) {
  whole_.add(data, size);
  digests_.bytes += size;
  while (size > 0) {
    const auto part = std::min<std::uint64_t>(size, piece_bytes - in_piece_);
    piece_.add(data, part);
    data += part;
    size -= part;
    in_piece_ += part;
    if (in_piece_ == piece_bytes) {
      digests_.pieces.push_back(piece_.take());
      in_piece_ = 0;
    }
  }
}

FileDigest::Digests FileDigest::take() {
  if (in_piece_ > 0) digests_.pieces.push_back(piece_.take());
  in_piece_ = 0;
  digests_.whole = whole_.take();
  return std::exchange(digests_, {});
}

}  // namespace watchrig::storage
