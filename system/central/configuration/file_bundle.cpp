#include "system/central/configuration/file_bundle.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t longest_line = 200;

bool is_name(std::string_view name) {
  return !name.empty() && !name.starts_with('/') && name.find("..") == std::string_view::npos &&
         std::ranges::all_of(name, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-' || c == '/';
         });
}

}  // namespace

std::string pack_bundle(const FileBundle& files) {
  std::string text;
  for (const auto& [name, bytes] : files) {
    text += fmt::format("{} {}\n", bytes.size(), name);
    text += bytes;
  }
  return text;
}

base::Result<FileBundle> unpack_bundle(std::string_view text) {
  FileBundle files;
  while (!text.empty()) {
    const auto end = text.substr(0, longest_line).find('\n');
    if (end == std::string_view::npos) return Error{ErrorKind::corrupt, "a file in it has no name"};
    const auto [digits, name] = base::split_once(text.substr(0, end), ' ');
    text.remove_prefix(end + 1);
    const auto size = base::parse_number<std::size_t>(digits);
    if (!size || *size > text.size() || !is_name(name))
      return Error{ErrorKind::corrupt, "the size or the name of a file in it cannot be read"};
    if (!files.emplace(name, text.substr(0, *size)).second)
      return Error{ErrorKind::corrupt, fmt::format("it holds {} twice", name)};
    text.remove_prefix(*size);
  }
  return files;
}

}  // namespace watchrig::central
