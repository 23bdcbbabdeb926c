#include "system/storage/volume_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>

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
  return VolumeLock(path, std::move(file));
}

base::Result<> VolumeLock::check() const {
  const auto gone = [this](base::Error error) {
    return std::move(error).within(fmt::format("volume \"{}\"", path_.parent_path().native()));
  };
  const base::FileDescriptor found(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!found) return gone(base::os_error("open", path_.native(), errno));
  struct stat own = {}, there = {};
  char byte = 0;
  if (::fstat(file_.get(), &own) != 0 || ::fstat(found.get(), &there) != 0 ||
      ::pread(found.get(), &byte, 1, 0) < 0)
    return gone(base::os_error("read", path_.native(), errno));
  if (own.st_dev == there.st_dev && own.st_ino == there.st_ino) return {};
  return gone({base::ErrorKind::not_found, "another folder is in its place"});
}

}  // namespace watchrig::storage
