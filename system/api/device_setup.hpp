#pragma once

#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// POST: makes the first administrator of devices that were found, with a password of their own or with the
/// caller's, and adds them if the body says so (IVSS 5.4.1). A result for each device.
http::Handler device_setup(ServerParts& parts);
/// POST: a picture of a device that was found, if its administrator's password is "admin" or the caller's
/// (IVSS 5.4.2.1).
http::Handler device_preview(ServerParts& parts);

}  // namespace watchrig::api
