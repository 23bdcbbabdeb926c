#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::platform {

/// From now on the next start erases what is in the folder; `note` is for that start. On the disk when this
/// returns. Any thread.
base::Result<> order_erasure(const std::filesystem::path& folder, std::string_view note);

/// Removes everything from the folder but the `kept` names, if that was ordered, and gives back the note. A
/// power cut on the way leaves the order in place, so that the next start goes on. Before anything in the
/// folder is open, and with no other server on it. Errors: denied, io: start again when the cause is gone.
base::Result<std::optional<std::string>> erase_if_ordered(const std::filesystem::path& folder,
                                                          const std::vector<std::string>& kept);

}  // namespace watchrig::platform
