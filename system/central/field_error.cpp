#include "system/central/field_error.hpp"

namespace watchrig::central {

void throw_exception_from_error(const FieldError& error, const boost::source_location& where) {
  base::throw_exception_from_error(error.error, where);
}

}  // namespace watchrig::central
