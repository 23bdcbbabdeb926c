#include "system/platform/text_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace watchrig::platform {

using base::Result;

namespace {

constexpr std::size_t most_text = 4u << 20;

struct OpenFile {
  int number = -1;
  explicit OpenFile(int n) : number(n) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (number >= 0) ::close(number);
  }
};

Result<> write_all(int file, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const auto count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::os_error("write", name, errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(file) != 0) return base::os_error("write", name, errno);
  return {};
}

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& file) {
  const OpenFile input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (input.number < 0) return base::os_error("read", file.string(), errno);
  std::string text;
  std::array<char, 16384> block;
  for (;;) {
    const auto count = ::read(input.number, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::os_error("read", file.string(), errno);
    if (count == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(count));
    if (text.size() > most_text)
      return base::Error{base::ErrorKind::full, fmt::format("{} has more than 4 MiB", file.string())};
  }
}

Result<> write_text_file(const std::filesystem::path& file, std::string_view text, unsigned mode) {
  const auto beside = file.string() + ".new";
  {
    const OpenFile output(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (output.number < 0) return base::os_error("write", beside, errno);
    if (auto written = write_all(output.number, text, beside); !written) return written;
  }
  if (::rename(beside.c_str(), file.c_str()) != 0) {
    const int failure = errno;
    ::unlink(beside.c_str());
    return base::os_error("replace", file.string(), failure);
  }
  const OpenFile folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number >= 0) ::fsync(folder.number);
  return {};
}

Result<> sync_to_disk(const std::filesystem::path& path) {
  const OpenFile opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.number < 0) return base::os_error("open", path.string(), errno);
  if (::fsync(opened.number) != 0) return base::os_error("write", path.string(), errno);
  return {};
}

}  // namespace watchrig::platform
