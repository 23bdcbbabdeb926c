#include "simulators/kernel/xml_file.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "system/base/text.hpp"

namespace watchrig::kernel {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::uintmax_t max_bytes = 16U << 20;

}  // namespace

Result<XmlFile> XmlFile::load(const std::string& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) {
    return Error{ErrorKind::invalid, fmt::format("{} is a folder, not an XML file", path)};
  }
  const auto size = std::filesystem::file_size(path, failed);
  if (failed) return base::os_error("open", path, failed.value());
  if (size > max_bytes) return Error{ErrorKind::invalid, fmt::format("{}: larger than 16 MiB", path)};
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return base::os_error("open", path, errno);
  std::string text(size, '\0');
  if (!stream.read(text.data(), static_cast<std::streamsize>(size))) return base::os_error("read", path, EIO);
  return parse(std::move(text), path);
}

Result<XmlFile> XmlFile::parse(std::string text, std::string name) {
  XmlFile file;
  file.name_ = std::move(name);
  file.line_starts_.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') file.line_starts_.push_back(i + 1);
  }
  const auto parsed = file.document_.load_buffer(text.data(), text.size());
  if (!parsed) {
    return Error{ErrorKind::invalid,
                 fmt::format("{}:{}: {}", file.name_, file.line_at(parsed.offset), parsed.description())};
  }
  return file;
}

std::size_t XmlFile::line_at(std::ptrdiff_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(),
                                      static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, offset)));
  return static_cast<std::size_t>(after - line_starts_.begin());
}

Error XmlFile::error_at(pugi::xml_node node, std::string_view text) const {
  return {ErrorKind::invalid,
          fmt::format("{}:{}: <{}>: {}", name_, line_at(node.offset_debug()), node.name(), text)};
}

std::string XmlAttributes::text(const char* name, std::string_view fallback) {
  known_.insert(name);
  const auto attribute = node_.attribute(name);
  return attribute ? std::string(base::trim(attribute.value())) : std::string(fallback);
}

Result<std::uint64_t> XmlAttributes::integer(const char* name, std::uint64_t fallback, std::uint64_t low,
                                             std::uint64_t high) {
  const auto value = text(name);
  if (!has(name)) return fallback;
  const auto number = base::parse_number<std::uint64_t>(value);
  if (!number || *number < low || *number > high) {
    return error(fmt::format("{}=\"{}\" is not a whole number within {} to {}", name, value, low, high));
  }
  return *number;
}

Result<std::string> XmlAttributes::required(const char* name) {
  auto value = text(name);
  if (value.empty()) return error(fmt::format("the attribute {} is missing or empty", name));
  return value;
}

Result<void> XmlAttributes::finish() const {
  for (const auto& attribute : node_.attributes()) {
    if (known_.find(attribute.name()) != known_.end()) continue;
    return error(
        fmt::format("unknown attribute {}; known are {}", attribute.name(), fmt::join(known_, ", ")));
  }
  return {};
}

}  // namespace watchrig::kernel
