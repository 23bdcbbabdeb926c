#pragma once

#include <string_view>

namespace watchrig::scenarios {

/// Who makes licences and upgrades for each vmsd of a scenario: an Ed25519 key for nothing else.
inline constexpr std::string_view maker_public_key = "2qXssAnNiQqULbL9UuCWM8oq+K+G2gl1gPOd4h+DK1g=";
inline constexpr std::string_view maker_private_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIOYpUlsP5eEr/Ae4vtJHoY93FaheL4L/Cqsj2OSutHsh\n"
    "-----END PRIVATE KEY-----\n";

/// In the evidence of a scenario: what the driver of its licence dongle shows.
inline constexpr std::string_view dongle_file = "dongle.txt";

}  // namespace watchrig::scenarios
