#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "system/base/byte_order.hpp"

namespace watchrig::base {

/// RFC 4648, 4.
std::string to_base64(ByteView bytes);
std::string to_base64(std::string_view bytes);
/// The padding may be missing, as in the SDP of some cameras; nothing for other characters than those of the
/// alphabet.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace watchrig::base
