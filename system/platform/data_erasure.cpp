#include "system/platform/data_erasure.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "system/platform/text_file.hpp"

namespace watchrig::platform {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view order_name = "factory-default";

Error not_erased(const fs::path& file, const std::error_code& failure) {
  const bool denied = failure == std::errc::permission_denied || failure == std::errc::read_only_file_system;
  return {denied ? ErrorKind::denied : ErrorKind::io,
          fmt::format("the configuration is not erased yet: {}: {}; start again when that is mended",
                      file.string(), failure.message())};
}

}  // namespace

Result<> order_erasure(const fs::path& folder, std::string_view note) {
  return write_text_file(folder / order_name, note);
}

Result<std::optional<std::string>> erase_if_ordered(const fs::path& folder,
                                                    const std::vector<std::string>& kept) {
  const auto order = folder / order_name;
  std::error_code failure;
  if (!fs::exists(order, failure)) return std::optional<std::string>();
  const auto note = read_text_file(order);
  if (!note) return note.error();
  std::vector<fs::path> found;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure))
    found.push_back(it->path());
  if (failure) return not_erased(folder, failure);
  for (const auto& file : found) {
    const auto name = file.filename().string();
    if (name == order_name || std::ranges::find(kept, name) != kept.end()) continue;
    fs::remove_all(file, failure);
    if (failure) return not_erased(file, failure);
  }
  // The order goes last: until all else is gone for good, it stands.
  if (auto synced = sync_to_disk(folder); !synced) return synced.error();
  fs::remove(order, failure);
  if (failure) return not_erased(order, failure);
  if (auto synced = sync_to_disk(folder); !synced) return synced.error();
  return std::optional(*note);
}

}  // namespace watchrig::platform
