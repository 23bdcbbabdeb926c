#include "system/storage/volume_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/file_descriptor.hpp"

namespace watchrig::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t vectors_at_once = 1024;  // IOV_MAX of Linux
constexpr std::size_t direct_alignment = 4096;
constexpr std::size_t bounce_bytes = std::size_t{1} << 20;

bool aligned(std::uint64_t value) { return value % direct_alignment == 0; }

std::size_t total_size(std::span<const iovec> data) {
  std::size_t size = 0;
  for (const iovec& piece : data) size += piece.iov_len;
  return size;
}

class SystemFile final : public SegmentFile {
 public:
  SystemFile(base::FileDescriptor file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}

  base::Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto got =
          ::pread(file_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return base::os_error("read", path_.native(), errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  base::Result<> write(std::uint64_t offset, std::span<iovec> data) override {
    return aligned(offset) && aligned(total_size(data)) && open_direct() ? write_direct(offset, data)
                                                                         : write_cached(offset, data);
  }

  base::Result<> sync() override {
    if (::fdatasync(file_.get()) != 0) return base::os_error("sync", path_.native(), errno);
    return {};
  }

  base::Result<std::uint64_t> size() override {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return base::os_error("stat", path_.native(), errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

  base::Result<> give_back(std::uint64_t offset, std::uint64_t size) override {
    const auto mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (::fallocate(file_.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(size)) == 0) return {};
    if (errno == EOPNOTSUPP || errno == ENOSYS) {
      return base::Error{
          base::ErrorKind::unsupported,
          fmt::format("the file system of \"{}\" gives back whole files only", path_.native())};
    }
    return base::os_error("give back a part of", path_.native(), errno);
  }

  std::uint64_t skip_unwritten(std::uint64_t offset) override {
    const auto data = ::lseek(file_.get(), static_cast<off_t>(offset), SEEK_DATA);
    if (data >= 0) return static_cast<std::uint64_t>(data);
    const bool no_more_data = errno == ENXIO;
    const auto end = size();
    return no_more_data && end ? std::max(*end, offset) : offset;
  }

 private:
  /// Whether the file system takes writes past the page cache. Asked at the first write, because most files
  /// are only read.
  bool open_direct() {
    if (!bounce_) {
      bounce_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(direct_alignment, bounce_bytes)));
      // The path may have changed since; this link names the open file itself.
      const auto link = "/proc/self/fd/" + std::to_string(file_.get());
      direct_ = base::FileDescriptor(::open(link.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
    }
    return bounce_ && direct_;
  }

  /// What is recorded is seldom read soon: going past the page cache saves the copy into it, and pushes
  /// nothing out.
  base::Result<> write_direct(std::uint64_t offset, std::span<iovec> data) {
    while (!data.empty()) {
      std::size_t filled = 0;
      while (!data.empty() && filled < bounce_bytes) {
        const std::size_t size = std::min(data.front().iov_len, bounce_bytes - filled);
        std::memcpy(bounce_.get() + filled, data.front().iov_base, size);
        filled += size;
        data = skip(data, size);
      }
      iovec piece{bounce_.get(), filled};
      const auto wrote = ::pwrite(direct_.get(), bounce_.get(), filled, static_cast<off_t>(offset));
      const std::size_t done = wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
      // Whatever the file system did not take this way goes the usual way, which also tells its error.
      const auto rest = skip({&piece, 1}, done);
      if (auto written = write_cached(offset + done, rest); !written) return written;
      offset += filled;
    }
    return {};
  }

  base::Result<> write_cached(std::uint64_t offset, std::span<iovec> data) {
    while (!data.empty()) {
      const auto count = static_cast<int>(std::min(data.size(), vectors_at_once));
      const auto wrote = ::pwritev(file_.get(), data.data(), count, static_cast<off_t>(offset));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return base::os_error("write", path_.native(), errno);
      offset += static_cast<std::uint64_t>(wrote);
      data = skip(data, static_cast<std::size_t>(wrote));
    }
    return {};
  }

  static std::span<iovec> skip(std::span<iovec> data, std::size_t bytes) {
    while (!data.empty() && bytes >= data.front().iov_len) {
      bytes -= data.front().iov_len;
      data = data.subspan(1);
    }
    if (bytes > 0) {
      data.front().iov_base = static_cast<std::uint8_t*>(data.front().iov_base) + bytes;
      data.front().iov_len -= bytes;
    }
    return data;
  }

  struct Free {
    void operator()(std::uint8_t* memory) const { std::free(memory); }
  };

  base::FileDescriptor file_;
  fs::path path_;
  base::FileDescriptor direct_;
  std::unique_ptr<std::uint8_t, Free> bounce_;  ///< aligned, as direct writing wants it
};

base::Result<> sync_directory(const fs::path& directory) {
  const base::FileDescriptor handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle) return base::os_error("open directory", directory.native(), errno);
  if (::fsync(handle.get()) != 0) return base::os_error("sync directory", directory.native(), errno);
  return {};
}

class SystemFiles final : public VolumeFiles {
 public:
  base::Result<std::unique_ptr<SegmentFile>> create(const fs::path& path, std::uint64_t bytes) override {
    base::FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!file) return base::os_error("create", path.native(), errno);
    int failure = ::fallocate(file.get(), 0, 0, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
    // Some network file systems reserve nothing: then a full disk shows at a write, which is handled as well.
    if (failure == EOPNOTSUPP) failure = ::ftruncate(file.get(), static_cast<off_t>(bytes)) == 0 ? 0 : errno;
    if (failure != 0) {
      ::unlink(path.c_str());
      return base::os_error("reserve space for", path.native(), failure);
    }
    return std::make_unique<SystemFile>(std::move(file), path);
  }

  base::Result<std::unique_ptr<SegmentFile>> open(const fs::path& path) override {
    base::FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file) return base::os_error("open", path.native(), errno);
    return std::make_unique<SystemFile>(std::move(file), path);
  }

  base::Result<> rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return base::os_error("rename", from.native(), errno);
    return sync_directory(to.parent_path());
  }

  base::Result<> remove(const fs::path& path) override {
    if (::unlink(path.c_str()) != 0) return base::os_error("remove", path.native(), errno);
    return {};
  }

  base::Result<std::vector<fs::path>> list(const fs::path& directory) override {
    std::vector<fs::path> paths;
    std::error_code error;
    for (auto entry = fs::directory_iterator(directory, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      paths.push_back(entry->path());
    }
    if (error) return base::os_error("list", directory.native(), error.value());
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  base::Result<Space> space(const fs::path& directory) override {
    struct statvfs status {};
    if (::statvfs(directory.c_str(), &status) != 0) {
      return base::os_error("ask for free space of", directory.native(), errno);
    }
    return Space{std::uint64_t{status.f_blocks} * status.f_frsize,
                 std::uint64_t{status.f_bavail} * status.f_frsize};
  }
};

}  // namespace

std::shared_ptr<VolumeFiles> system_files() { return std::make_shared<SystemFiles>(); }

}  // namespace watchrig::storage
