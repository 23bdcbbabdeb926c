#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "system/platform/host_network/network_card.hpp"

namespace watchrig::central {

/// What a new password must be; see check_password().
struct PasswordRule {
  std::string_view forbidden;        ///< characters
  bool cases_are_two_kinds = false;  ///< upper and lower case count as different kinds of characters
};

/// Those limits, defaults and rules in which the manuals contradict each other. What only one of them states
/// holds in every profile, and what one leaves open is as in the server manual (IVSS). A limit is for what is
/// entered from now on, and a default for what nobody has set: nothing that is stored breaks when the same
/// data folder is started under another profile.
struct ProductProfile {
  std::string_view name;
  PasswordRule password;
  bool email_needed = false;       ///< by whoever initialises the server; else it may be switched off
  std::size_t most_windows = 0;    ///< of a view
  std::int64_t least_reserve = 0;  ///< bytes of the volume that stay free, at least
  std::int64_t usual_reserve = 0;  ///< when nobody has set them
  /// Of the first cards; those after them, or all, get what HostNetwork gives.
  std::vector<platform::CardAddress> card_addresses;
};

/// All of them, by name: ivss, micro, platform.
const std::vector<ProductProfile>& product_profiles();
/// That of the server manual, ivss.
const ProductProfile& default_profile();
/// Null for an unknown name.
const ProductProfile* find_profile(std::string_view name);

/// Where the services are found while nobody has set another port.
struct ProductPorts {
  std::string_view name;
  std::uint16_t http, https, rtsp;
  std::uint16_t device_registration;  ///< for devices that come themselves
};
/// development, whose ports anybody may open, and standard, those of the manuals.
const std::vector<ProductPorts>& product_ports();
/// Null for an unknown name.
const ProductPorts* find_ports(std::string_view name);

/// What kind of product a server is, from its start to its end.
struct Product {
  const ProductProfile* profile = &default_profile();
  const ProductPorts* ports = &product_ports().front();
};

}  // namespace watchrig::central
