#pragma once

#include <string>
#include <vector>

namespace watchrig::devices {

/// This machine's own IPv4 addresses, one a card that is up and reaches others at once, or the loopback
/// interface; at most 16.
std::vector<std::string> own_addresses();

}  // namespace watchrig::devices
