#include <cstddef>
#include <cstdint>

#include "system/protocols/onvif/discovery_message.hpp"

/// Whatever comes as a datagram is read or refused, and what was read can be written and matched.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace watchrig;
  const auto message = protocols::read_discovery({reinterpret_cast<const char*>(data), size});
  if (!message) return 0;
  protocols::write_discovery(*message);
  for (const auto& target : message->targets)
    protocols::matches(target, {target.types, target.scopes, {}, {}});
  return 0;
}
