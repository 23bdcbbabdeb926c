#pragma once

#include <string_view>

#include <fmt/format.h>

#include "system/base/clock.hpp"

namespace watchrig::base {

enum class LogLevel { debug, info, warning, error };

/// Writes one line to standard error: model time, level, text. Any thread. The text is for a person: what
/// happened, to which object, what to do; never a password, token or key.
void log_line(LogLevel level, std::string_view text);

/// Lines below the level are not written; info unless set.
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

/// The clock whose time stamps the lines; it must outlive every later line. Real time unless set.
void set_log_clock(const Clock& clock);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::debug))
    log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::info)) log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::warning))
    log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace watchrig::base
