#pragma once

#include <string>
#include <vector>

#include "system/platform/mail_sender.hpp"

namespace watchrig::platform {

/// The header of a mail but for its MIME lines, which whoever encodes the text adds (RFC 5322; subjects that
/// are not ASCII as RFC 2047 says).
std::vector<std::string> mail_header(const Mail& mail);

/// The text with each line end as CRLF, whatever it was.
std::string with_line_ends(std::string_view text);

/// Whether an address can stand in a command of SMTP: nothing of `<`, `>`, blanks and control characters.
bool is_sendable_address(std::string_view address);

}  // namespace watchrig::platform
