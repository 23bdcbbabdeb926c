#include "system/devices/discovery/address_plan.hpp"

#include <bit>

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/format.h>

namespace watchrig::devices {

namespace {

constexpr std::uint32_t last_octet = 0xff;
constexpr int shortest_prefix = 8, longest_prefix = 30;

bool is_host(std::uint32_t address, std::uint32_t mask) {
  return (address & ~mask) != 0 && (address | mask) != 0xffffffff;
}

/// Unicast, of no special meaning (RFC 6890): neither "this" network nor multicast and above.
bool is_unicast(std::uint32_t address) {
  const auto first = address >> 24;
  return first != 0 && first < 224;
}

}  // namespace

int StaticPlace::prefix_length() const { return std::popcount(mask); }

std::optional<PlaceError> find_wrong(const StaticPlace& place) {
  const auto length = place.prefix_length();
  const bool joined = std::countl_one(place.mask) == length;
  if (!joined || length < shortest_prefix || length > longest_prefix)
    return PlaceError{"mask", "must be a mask of 8 to 30 bits, such as 255.255.255.0"};
  if (!is_unicast(place.address) || !is_host(place.address, place.mask))
    return PlaceError{"address", "must be a host of its network, neither the network nor its broadcast"};
  if (place.gateway == 0) return std::nullopt;
  if ((place.gateway & place.mask) != (place.address & place.mask) || !is_host(place.gateway, place.mask))
    return PlaceError{"gateway", "must be a host of the same network as the address"};
  if (place.gateway == place.address)
    return PlaceError{"gateway", "must be another host than the device itself"};
  return std::nullopt;
}

base::Result<std::uint32_t> ipv4_number(const std::string& text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v4(text, error);
  if (!error && address.to_string() == text) return address.to_uint();
  return base::Error{base::ErrorKind::invalid, fmt::format("\"{}\" is no IPv4 address", text)};
}

AddressPlan::AddressPlan(StaticPlace first, std::uint32_t increment)
    : first_(first), increment_(increment), octet_(first.address & last_octet) {}

std::optional<std::uint32_t> AddressPlan::next() {
  while (octet_ <= last_octet) {
    const auto address = (first_.address & ~last_octet) | octet_;
    octet_ += increment_;
    if ((address & first_.mask) != (first_.address & first_.mask)) return std::nullopt;
    if (is_host(address, first_.mask) && address != first_.gateway) return address;
  }
  return std::nullopt;
}

}  // namespace watchrig::devices
