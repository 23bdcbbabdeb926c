#pragma once

#include <cstdint>

#include "system/base/byte_order.hpp"

namespace watchrig::media {

/// Reads the bits of a NAL unit's payload, leaving out emulation prevention bytes (ITU-T H.264 7.3.1,
/// H.265 7.3.1.1). After the end every bit is 0 and failed() is true, so that a parser checks once, when it
/// is done.
class BitReader {
 public:
  explicit BitReader(base::ByteView nal) : nal_(nal) {}

  /// u(n), at most 32 bits.
  std::uint32_t bits(unsigned count);
  bool flag() { return bits(1) != 0; }
  /// ue(v) and se(v), 9.1; a code of more than 31 leading zeros fails.
  std::uint32_t ue();
  std::int32_t se();
  void skip(unsigned count);
  bool failed() const { return failed_; }

 private:
  unsigned bit();

  base::ByteView nal_;
  std::size_t byte_ = 0;
  unsigned bit_ = 0;
  unsigned zeros_ = 0;  ///< zero bytes in a row before byte_
  bool failed_ = false;
};

}  // namespace watchrig::media
