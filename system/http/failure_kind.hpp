#pragma once

#include <boost/system/error_code.hpp>

#include "system/base/result.hpp"

namespace watchrig::http {

/// What kind of failure a client has met: unavailable (the name is unknown, the peer refused or closed),
/// timeout, full (a body larger than allowed), io for all else.
base::ErrorKind failure_kind(const boost::system::error_code& failure);

}  // namespace watchrig::http
