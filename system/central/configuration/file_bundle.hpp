#pragma once

#include <map>
#include <string>
#include <string_view>

#include "system/base/result.hpp"

namespace watchrig::central {

/// Files by their names.
using FileBundle = std::map<std::string, std::string>;

/// Each file as a line `SIZE NAME` and its bytes.
std::string pack_bundle(const FileBundle& files);

/// Errors: corrupt (not what pack_bundle writes, a name twice, or with `..`, a leading `/` or bytes that no
/// name has).
base::Result<FileBundle> unpack_bundle(std::string_view text);

}  // namespace watchrig::central
