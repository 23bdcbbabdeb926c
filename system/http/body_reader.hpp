#pragma once

#include <string>
#include <string_view>

#include "system/base/file_descriptor.hpp"
#include "system/http/byte_range.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::http {

/// Reads a part of a body block by block, each file when its turn comes. One thread at a time, which waits
/// for the disk.
class BodyReader {
 public:
  /// The part ends within the body, which outlives the reader.
  BodyReader(const FileBody& body, ByteRange part);

  /// Opens the file that the next byte comes from, if one does. False: it cannot be opened, or read() has
  /// ended early.
  bool open();
  /// At most a block of the next bytes, until the next call. Empty at the end of the part, and for good where
  /// a file cannot be read, or it or a text has fewer bytes than its piece says; the log knows of that.
  std::string_view read();
  /// Of the part.
  std::uint64_t bytes_left() const { return left_; }

 private:
  /// How many bytes of the present piece came.
  std::size_t read_piece(char* into, std::size_t most);
  void break_off(std::string_view reason);

  const FileBody& body_;
  std::size_t piece_ = 0;     ///< whose turn it is
  std::uint64_t offset_ = 0;  ///< in that piece
  std::uint64_t left_;
  bool is_broken_ = false;
  base::FileDescriptor file_;  ///< of that piece
  std::string block_;
};

}  // namespace watchrig::http
