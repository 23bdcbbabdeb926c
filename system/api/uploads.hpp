#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "system/api/server_parts.hpp"

namespace watchrig::api {

/// Where the pieces of an upload come together, over `PUT /api/v1/system/uploads/{upload}`; there is no file
/// before the first. Gone with the next start.
std::filesystem::path upload_file(const ServerParts& parts, std::string_view name);

/// What has come together. Errors: conflict (nothing has).
base::Result<std::string> uploaded(const ServerParts& parts, std::string_view name);

/// Removes one that must not lie about: a table of devices has passwords that anybody can read.
void forget_upload(const ServerParts& parts, std::string_view name);

}  // namespace watchrig::api
