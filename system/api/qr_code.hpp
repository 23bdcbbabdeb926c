#pragma once

#include <string>

#include "system/base/result.hpp"

namespace watchrig::api {

/// A QR code (ISO/IEC 18004, error correction M) of a text of at most 512 bytes as a picture, with the quiet
/// zone of four modules around it. Errors: invalid (empty, too long or with a NUL).
base::Result<std::string> qr_code_svg(const std::string& text);

}  // namespace watchrig::api
