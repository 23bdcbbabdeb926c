#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "system/base/result.hpp"

namespace watchrig::devices {

/// A static IPv4 address of a device with its network, as numbers in host order.
struct StaticPlace {
  std::uint32_t address = 0;
  std::uint32_t mask = 0;
  std::uint32_t gateway = 0;  ///< 0: none

  int prefix_length() const;
};

/// What is wrong with a static address, by the name of the entry: "address", "mask" or "gateway".
struct PlaceError {
  std::string field;
  std::string message;
};

/// Whether a device can be there: a host of one network (8 to 30 bits), whose gateway, if it has one, is
/// another host of it. Nothing when all is well.
std::optional<PlaceError> find_wrong(const StaticPlace& place);

/// "10.0.0.5" -> a number in host order; error invalid.
base::Result<std::uint32_t> ipv4_number(const std::string& text);

/// The addresses that several devices get one after the other: the fourth octet is raised by the increment
/// (1 to 254), within the network and without its gateway (IVSS 5.4.1).
class AddressPlan {
 public:
  static constexpr std::int64_t most_increment = 254;

  AddressPlan(StaticPlace first, std::uint32_t increment);

  /// The next one to be looked at; nothing when the fourth octet has come to its end.
  std::optional<std::uint32_t> next();

 private:
  StaticPlace first_;
  std::uint32_t increment_;
  std::uint32_t octet_;
};

}  // namespace watchrig::devices
