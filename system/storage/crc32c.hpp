#pragma once

#include <algorithm>
#include <cstdint>

#include <isa-l/crc.h>

#include "system/base/byte_order.hpp"

namespace watchrig::storage {

/// CRC-32C (Castagnoli; RFC 3720, 12.1) of data that comes in pieces: the text "123456789" gives e3069283.
class Crc32c {
 public:
  void add(base::ByteView data) {
    while (!data.empty()) {
      const auto size = std::min<std::size_t>(data.size(), 1u << 30);
      state_ = crc32_iscsi(const_cast<unsigned char*>(data.data()), static_cast<int>(size), state_);
      data = data.subspan(size);
    }
  }
  std::uint32_t value() const { return ~state_; }

  static std::uint32_t of(base::ByteView data) {
    Crc32c crc;
    crc.add(data);
    return crc.value();
  }

 private:
  std::uint32_t state_ = 0xffffffff;
};

}  // namespace watchrig::storage
