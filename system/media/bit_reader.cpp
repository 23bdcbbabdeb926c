#include "system/media/bit_reader.hpp"

namespace watchrig::media {

unsigned BitReader::bit() {
  if (bit_ == 0 && zeros_ >= 2 && byte_ < nal_.size() && nal_[byte_] == 3) {
    ++byte_;
    zeros_ = 0;
  }
  if (byte_ >= nal_.size()) {
    failed_ = true;
    return 0;
  }
  const unsigned value = nal_[byte_] >> (7 - bit_) & 1u;
  if (++bit_ == 8) {
    zeros_ = nal_[byte_] == 0 ? zeros_ + 1 : 0;
    ++byte_;
    bit_ = 0;
  }
  return value;
}

std::uint32_t BitReader::bits(unsigned count) {
  std::uint32_t value = 0;
  while (count-- > 0) value = value << 1 | bit();
  return value;
}

void BitReader::skip(unsigned count) {
  while (count-- > 0 && !failed_) bit();
}

std::uint32_t BitReader::ue() {
  unsigned zeros = 0;
  while (!failed_ && bit() == 0) ++zeros;
  if (failed_ || zeros > 31) {
    failed_ = true;
    return 0;
  }
  return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
}

std::int32_t BitReader::se() {
  const std::int64_t code = ue();
  return static_cast<std::int32_t>(code % 2 != 0 ? (code + 1) / 2 : -(code / 2));
}

}  // namespace watchrig::media
