#include "system/storage/signed_export/file_digest.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "system/base/file_descriptor.hpp"
#include "system/storage/signed_export/export_manifest.hpp"
#include "system/storage/signed_export/zip_layout.hpp"

namespace watchrig::storage {

void FileDigest::add(const char* data, std::size_t size) {
  whole_.add(data, size);
  digests_.crc32 = crc32_with(digests_.crc32, data, size);
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

base::Result<FileDigest::Digests> digest_file(const std::filesystem::path& file) {
  const base::FileDescriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) return base::os_error("open", file.string(), errno);
  FileDigest digest;
  std::vector<char> buffer(piece_bytes);
  for (;;) {
    const auto got = ::read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::os_error("read", file.string(), errno);
    if (got == 0) return digest.take();
    digest.add(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace watchrig::storage
