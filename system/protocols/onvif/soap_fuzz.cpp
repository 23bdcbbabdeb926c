#include <cstddef>
#include <cstdint>

#include "system/protocols/onvif/soap_message.hpp"
#include "system/protocols/onvif/ws_security.hpp"

/// Whatever a device or client sends is read or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace watchrig;
  const auto message = protocols::SoapMessage::parse({reinterpret_cast<const char*>(data), size});
  if (!message) return 0;
  protocols::namespace_of(message->content());
  protocols::text_at(message->content(), "StreamSetup/Transport/Protocol");
  if (message->is_fault()) to_string(protocols::read_fault(message->content()));
  if (const auto token = protocols::find_username_token(message->header())) {
    proves(*token, "secret", {}, std::chrono::minutes(5));
  }
  return 0;
}
