#pragma once

#include <cstdint>
#include <span>

#include "system/media/depacketizer.hpp"

namespace watchrig::media {

/// The payload of one unit while its packets come in. Buffers are reserved by the size of units before, so
/// that a payload is neither moved while it grows nor much larger than it must be.
class UnitAssembly {
 public:
  UnitAssembly(std::size_t max_bytes, UnitSink& sink) : max_bytes_(max_bytes), sink_(sink) {}

  bool open() const { return open_; }
  void begin(std::uint32_t timestamp, base::UtcTime received);
  /// Hands the unit to the sink and closes it.
  void end();

  /// Appends both, unless the unit would become larger than allowed: then it is damaged and does not grow any
  /// more.
  void append(base::ByteView head, base::ByteView body);
  /// Reserves what a key unit has needed; to be called as soon as the unit is seen to be one.
  void expect_key();

  AssembledUnit& unit() { return unit_; }
  base::Bytes& payload() { return unit_.payload; }

 private:
  std::size_t max_bytes_;
  UnitSink& sink_;
  AssembledUnit unit_;
  bool open_ = false;
  bool full_ = false;
  std::size_t usual_bytes_ = 0;      ///< decaying maximum of other units
  std::size_t usual_key_bytes_ = 0;  ///< and of key units
};

}  // namespace watchrig::media
