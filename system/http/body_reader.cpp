#include "system/http/body_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

#include "system/base/log.hpp"

namespace watchrig::http {

namespace {

constexpr std::size_t block_bytes = 64 << 10;

}  // namespace

BodyReader::BodyReader(const FileBody& body, ByteRange part)
    : body_(body), offset_(part.first), left_(part.bytes) {}

bool BodyReader::open() {
  if (is_broken_ || left_ == 0) return !is_broken_;
  for (; offset_ >= body_.pieces[piece_].bytes; ++piece_) {
    offset_ -= body_.pieces[piece_].bytes;
    file_ = base::FileDescriptor();
  }
  const auto& path = body_.pieces[piece_].file;
  if (path.empty() || file_) return true;
  file_ = base::FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file_) {
    ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  } else {
    break_off(base::os_error("open", path.string(), errno).message);
  }
  return !is_broken_;
}

std::string_view BodyReader::read() {
  block_.resize(std::min<std::uint64_t>(left_, block_bytes));
  std::size_t filled = 0;
  while (filled < block_.size() && open()) {
    const auto got = read_piece(block_.data() + filled, block_.size() - filled);
    if (got == 0) break;
    filled += got;
    offset_ += got;
    left_ -= got;
  }
  block_.resize(filled);
  return block_;
}

std::size_t BodyReader::read_piece(char* into, std::size_t most) {
  const auto& piece = body_.pieces[piece_];
  most = std::min<std::uint64_t>(most, piece.bytes - offset_);
  std::size_t got = 0;
  int failure = 0;
  if (piece.file.empty()) {
    if (offset_ < piece.text.size()) got = piece.text.copy(into, most, offset_);
  } else {
    const auto done = ::pread(file_.get(), into, most, static_cast<off_t>(offset_));
    if (done < 0) failure = errno;
    got = static_cast<std::size_t>(std::max<ssize_t>(done, 0));
  }
  if (failure != 0) {
    break_off(base::os_error("read", piece.file.string(), failure).message);
  } else if (got == 0) {
    break_off(fmt::format("{} has {} of {} bytes", piece.file.empty() ? "a text" : piece.file.string(),
                          offset_, piece.bytes));
  }
  return got;
}

void BodyReader::break_off(std::string_view reason) {
  is_broken_ = true;
  base::log_warning("an answer is broken off: {}", reason);
}

}  // namespace watchrig::http
