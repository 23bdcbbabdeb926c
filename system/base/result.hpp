#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <boost/system/result.hpp>

namespace watchrig::base {

/// What kind of thing went wrong outside the program. Callers branch on the kind, people read the message.
enum class ErrorKind {
  invalid,      ///< malformed or out of range; the message names the field
  not_found,    ///< the named object does not exist
  denied,       ///< authentication or permission
  unavailable,  ///< peer refused, closed or cannot be reached
  timeout,      ///< a deadline passed
  cancelled,    ///< stopped by the caller
  corrupt,      ///< stored or received data fails its checks
  full,         ///< no space or a bounded resource is used up
  unsupported,  ///< legal, but not handled here
  io,           ///< the operating system reported an error
  conflict,     ///< contradicts the present state
};

std::string_view to_string(ErrorKind kind);

/// An error with a message for a person: what happened, to which object, and what to do.
struct Error {
  ErrorKind kind = ErrorKind::io;
  std::string message;

  /// Adds the layer's own object in front: `Error{...}.within("camera \"gate\"")`.
  Error within(std::string_view object) && { return {kind, std::string(object) + ": " + std::move(message)}; }
};

/// What can fail because of peer, file, media, configuration or disk returns this; see boost::system::result.
template <class T = void>
using Result = boost::system::result<T, Error>;

/// An error from errno, for example `os_error("open", path)`.
Error os_error(std::string_view action, std::string_view object, int errno_value);

/// Called by Result::value() on a failed result: a programming error, because callers check first.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace watchrig::base
