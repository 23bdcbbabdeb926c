#include "system/central/product_profile.hpp"

#include <algorithm>

namespace watchrig::central {

namespace {

constexpr std::int64_t mebi = 1 << 20;

platform::CardAddress in_first_subnet(std::uint8_t host) {
  return {(192U << 24) | (168U << 16) | (1U << 8) | host, 24};
}

template <class Entry>
const Entry* find_by_name(const std::vector<Entry>& entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<ProductProfile>& product_profiles() {
  static const std::vector<ProductProfile> profiles{
      {
          .name = "ivss",
          .password = {"'\";:&", false},  // V-5.1-2
          .email_needed = false,          // V-5.1-4
          .most_windows = 36,             // V-1.2-1
          .least_reserve = 0,
          .usual_reserve = 64 * mebi,
          .card_addresses = {},  // V-8.3.1.1-1
      },
      {
          .name = "micro",
          .password = {"'\";&", true},  // M-1.2-2
          .email_needed = true,         // M-1.2-3
          .most_windows = 16,           // M-3.8.3-2
          .least_reserve = 0,
          .usual_reserve = 64 * mebi,
          .card_addresses = {in_first_subnet(113), in_first_subnet(112), in_first_subnet(110),
                             in_first_subnet(109)},  // M-1.2-4
      },
      {
          .name = "platform",
          .password = {"'\";:&", false},
          .email_needed = false,
          .most_windows = 64,            // P-1.1.4-1
          .least_reserve = 1024 * mebi,  // P-1.7.7.2-1
          .usual_reserve = 1024 * mebi,
          .card_addresses = {},
      },
  };
  return profiles;
}

const ProductProfile& default_profile() { return product_profiles().front(); }

const ProductProfile* find_profile(std::string_view name) { return find_by_name(product_profiles(), name); }

const std::vector<ProductPorts>& product_ports() {
  static const std::vector<ProductPorts> ports{
      {"development", 8080, 8443, 8554, 7000}, {"standard", 80, 443, 554, 37777},  // V-8.3.1.3-2, M-3.1.3.2-1
  };
  return ports;
}

const ProductPorts* find_ports(std::string_view name) { return find_by_name(product_ports(), name); }

}  // namespace watchrig::central
