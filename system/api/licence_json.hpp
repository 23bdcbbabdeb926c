#pragma once

#include <boost/json/object.hpp>

#include "system/central/maintenance/licence_store.hpp"

namespace watchrig::api {

/// As everybody who is signed in may see it: state, message, and what the licence allows.
boost::json::object licence_json(const central::LicenceStore::Shown& shown);

}  // namespace watchrig::api
