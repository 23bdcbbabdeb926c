#include "system/devices/discovery/address_range.hpp"

#include <optional>

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::devices {

namespace {

std::optional<std::uint32_t> read_address(std::string_view text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v4(text, error);
  return error ? std::nullopt : std::optional(address.to_uint());
}

/// A device has such an address: not 0.0.0.0/8, no group and nothing above.
bool is_of_a_host(std::uint32_t address) { return address >> 24 != 0 && address >> 24 < 224; }

std::optional<AddressRange> read_segment(std::string_view network, std::string_view bits) {
  const auto address = read_address(network);
  const auto length = base::parse_number<unsigned>(bits);
  if (!address || !length || *length < 1 || *length > 32) return std::nullopt;
  const std::uint32_t mask = ~std::uint32_t{0} << (32 - *length);
  const AddressRange all{*address & mask, *address | ~mask};
  return *length >= 31 ? all : AddressRange{all.first + 1, all.last - 1};
}

std::optional<AddressRange> read_range(std::string_view text) {
  if (text.find('/') != std::string_view::npos) {
    const auto [network, bits] = base::split_once(text, '/');
    return read_segment(network, bits);
  }
  const auto [from, to] = base::split_once(text, '-');
  const auto first = read_address(base::trim(from));
  const auto last = text.find('-') == std::string_view::npos ? first : read_address(base::trim(to));
  if (!first || !last || *last < *first) return std::nullopt;
  return AddressRange{*first, *last};
}

}  // namespace

base::Result<AddressRange> parse_address_range(std::string_view text) {
  const auto range = read_range(text);
  if (range && is_of_a_host(range->first) && is_of_a_host(range->last)) return *range;
  return base::Error{
      base::ErrorKind::invalid,
      fmt::format(
          "\"{}\" is no IPv4 address, range such as 10.0.0.5-10.0.0.90, or segment such as 10.0.0.0/24",
          text.substr(0, 64))};
}

std::string address_text(std::uint32_t address) { return boost::asio::ip::address_v4(address).to_string(); }

}  // namespace watchrig::devices
