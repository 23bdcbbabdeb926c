#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "system/api/server_parts.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// What the last search has found, beside what the server knows of it.
struct FoundRow {
  devices::FoundDevice device;
  std::string added;                     ///< the id of the device that it was added as; empty: it was not
  std::vector<std::string> same_serial;  ///< endpoints of others that claim its serial number
};

/// In the order in which they were found. Devices in areas that the caller does not look after are none that
/// were added.
std::vector<FoundRow> found_rows(ServerParts& parts, const http::Request& request,
                                 const devices::SearchState& state);

/// That device of the last search. A password goes to no host that may only pretend to be it. Errors:
/// not_found, conflict (several hosts say to be it).
base::Result<devices::FoundDevice> found_device(ServerParts& parts, const std::string& endpoint);

boost::json::object to_json(const FoundRow& row);
/// How far the search is, with what was odd, without the devices.
boost::json::object to_json(const devices::SearchState& state);

}  // namespace watchrig::api
