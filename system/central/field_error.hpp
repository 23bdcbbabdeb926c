#pragma once

#include <string>

#include "system/base/result.hpp"

namespace watchrig::central {

/// Why a field was refused; `field` is its JSON name, for machine-readable errors.
struct FieldError {
  std::string field;
  base::Error error;
};
template <class T>
using FieldResult = boost::system::result<T, FieldError>;
[[noreturn]] void throw_exception_from_error(const FieldError& error, const boost::source_location& where);

}  // namespace watchrig::central
