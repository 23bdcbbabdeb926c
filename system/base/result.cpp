#include "system/base/result.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>

namespace watchrig::base {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::full:
      return "full";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::io:
      return "io";
    case ErrorKind::conflict:
      return "conflict";
  }
  return "io";
}

Error os_error(std::string_view action, std::string_view object, int errno_value) {
  ErrorKind kind = ErrorKind::io;
  if (errno_value == ENOENT) kind = ErrorKind::not_found;
  if (errno_value == EACCES || errno_value == EPERM || errno_value == EROFS) kind = ErrorKind::denied;
  if (errno_value == ENOSPC || errno_value == EDQUOT) kind = ErrorKind::full;
  return {kind, fmt::format("{} {}: {}", action, object, std::strerror(errno_value))};
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error(
      fmt::format("unchecked error at {}:{}: {}", where.file_name(), where.line(), error.message));
}

}  // namespace watchrig::base
