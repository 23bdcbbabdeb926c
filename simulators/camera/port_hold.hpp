#pragma once

#include <cstdint>
#include <string>

#include "system/base/result.hpp"

namespace watchrig::camera {

/// Keeps a TCP port of an address for a camera without power: bound but not listening, so clients
/// are refused and no other program can take it. A listener with SO_REUSEADDR can be opened beside it.
class PortHold {
 public:
  /// Error unavailable when somebody else was quicker.
  static base::Result<PortHold> take(const std::string& address, std::uint16_t port);
  PortHold(PortHold&& other) noexcept;
  PortHold& operator=(PortHold&& other) noexcept;
  ~PortHold();

 private:
  explicit PortHold(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace watchrig::camera
