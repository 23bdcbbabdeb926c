#include "system/storage/volume_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>

#include <fmt/format.h>

namespace watchrig::storage {
namespace {

namespace fs = std::filesystem;

base::Error with_remedy(base::Error error, const fs::path& directory) {
  if (error.kind == base::ErrorKind::denied) {
    error.message +=
        " (give the user that runs the server the right to write there, or choose another data folder)";
  }
  return std::move(error).within(fmt::format("volume \"{}\"", directory.native()));
}

std::string holder(int file) {
  char text[32] = {};
  const auto size = ::pread(file, text, sizeof text - 1, 0);
  return size > 0 ? fmt::format("process {}", std::string(text, static_cast<std::size_t>(size)))
                  : "another process";
}

}  // namespace

base::Result<VolumeLock> VolumeLock::take(const fs::path& directory) {
  std::error_code error;
  if (fs::exists(directory, error) && !fs::is_directory(directory, error)) {
    return base::Error{base::ErrorKind::invalid,
                       fmt::format("volume \"{}\": it is a file, not a directory; choose another data folder",
                                   directory.native())};
  }
  fs::create_directories(directory, error);
  if (error)
    return with_remedy(base::os_error("make directory", directory.native(), error.value()), directory);

  const fs::path path = directory / "lock";
  base::FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!file) return with_remedy(base::os_error("create", path.native(), errno), directory);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return with_remedy(base::os_error("lock", path.native(), errno), directory);
    return base::Error{base::ErrorKind::conflict,
                       fmt::format("volume \"{}\": in use by {}; two servers cannot share a data folder",
                                   directory.native(), holder(file.get()))};
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0) {
    return with_remedy(base::os_error("write", path.native(), errno), directory);
  }
  return VolumeLock(std::move(file));
}

}  // namespace watchrig::storage
