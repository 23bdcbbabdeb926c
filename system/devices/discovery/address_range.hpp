#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/base/result.hpp"

namespace watchrig::devices {

/// IPv4 addresses from `first` to `last`, as numbers in host order.
struct AddressRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  std::uint64_t size() const { return std::uint64_t{last} - first + 1; }
  bool contains(std::uint32_t address) const { return address >= first && address <= last; }
};

/// "10.0.0.5", "10.0.0.5-10.0.0.90" or "10.0.0.0/24", whose network and broadcast address are left out. Error
/// invalid.
base::Result<AddressRange> parse_address_range(std::string_view text);

std::string address_text(std::uint32_t address);

}  // namespace watchrig::devices
