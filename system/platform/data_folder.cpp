#include "system/platform/data_folder.hpp"

#include <fstream>
#include <unistd.h>

#include <fmt/format.h>

namespace watchrig::platform {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

Result<> make_folder(const fs::path& folder, fs::perms permissions) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (!failure) fs::permissions(folder, permissions, failure);
  if (!failure && ::access(folder.c_str(), W_OK | X_OK) != 0)
    failure = std::error_code(errno, std::generic_category());
  if (!failure) return {};
  return Error{
      ErrorKind::denied,
      fmt::format("data folder {}: {} (choose another with --data, or give this user the right to write)",
                  folder.string(), failure.message())};
}

RunMark::RunMark(fs::path file) : file_(std::move(file)), found_(fs::exists(file_)) {
  std::ofstream(file_) << ::getpid() << "\n";
}

void RunMark::remove() const {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

}  // namespace watchrig::platform
