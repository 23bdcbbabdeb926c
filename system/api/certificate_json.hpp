#pragma once

#include <boost/json/object.hpp>

#include "system/central/certificates/certificate_store.hpp"
#include "system/central/certificates/trusted_authorities.hpp"

namespace watchrig::api {

/// As clients see them, without keys.
boost::json::object to_json(const central::StoredCertificate& certificate);
boost::json::object to_json(const central::TrustedAuthorities::Trusted& authority);

}  // namespace watchrig::api
