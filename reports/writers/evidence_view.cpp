#include "reports/writers/evidence_view.hpp"

#include <algorithm>
#include <fstream>
#include <optional>

#include <openssl/evp.h>

#include "system/base/text.hpp"

namespace watchrig::reports {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t inline_image_limit = 256 * 1024;
constexpr std::streamoff tail_bytes = 16 * 1024;
constexpr int tail_lines = 40;

std::string encode_path(const std::string& path) {
  std::string encoded;
  for (const char c : path) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view("/-_.~").find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else {
      encoded += "%" + base::to_hex(&c, 1);
    }
  }
  return encoded;
}

/// The file below the folder, or why it is not shown.
std::optional<std::string> problem_with(const fs::path& folder, const std::string& path, fs::path& file) {
  std::error_code failure;
  const fs::path root = fs::weakly_canonical(folder, failure);
  file = fs::weakly_canonical(folder / path, failure);
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  if (failure || end != root.end()) return "outside of the report folder";
  if (!fs::is_regular_file(file, failure)) return "not in the report folder";
  return std::nullopt;
}

std::string read_from(const fs::path& file, std::streamoff offset) {
  std::ifstream input(file, std::ios::binary);
  input.seekg(offset);
  return {std::istreambuf_iterator<char>(input), {}};
}

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string image_of(const fs::path& file, std::uintmax_t size, const std::string& href) {
  if (size > inline_image_limit) return href;
  const std::string bytes = read_from(file, 0);
  if (bytes.starts_with("\x89PNG")) return "data:image/png;base64," + base64(bytes);
  if (bytes.starts_with("\xff\xd8")) return "data:image/jpeg;base64," + base64(bytes);
  return {};
}

std::string tail_of(const fs::path& file, std::uintmax_t size) {
  const auto length = static_cast<std::streamoff>(size);
  std::string text = read_from(file, std::max<std::streamoff>(0, length - tail_bytes));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t begin = text.size();
  for (int lines = 0; lines < tail_lines && begin != std::string::npos && begin > 0; ++lines) {
    begin = text.rfind('\n', begin - 1);
  }
  return begin == std::string::npos || begin == 0 ? text : text.substr(begin + 1);
}

}  // namespace

boost::json::object evidence_view(const Evidence& evidence, const fs::path& folder) {
  fs::path file;
  if (const auto problem = problem_with(folder, evidence.path, file)) return {{"missing", *problem}};
  std::error_code failure;
  const auto size = fs::file_size(file, failure);
  if (failure) return {{"missing", failure.message()}};
  const std::string href = encode_path(evidence.path);
  boost::json::object view{{"href", href}, {"size", size}};
  if (evidence.kind == EvidenceKind::still) {
    if (std::string image = image_of(file, size, href); !image.empty()) view["image"] = std::move(image);
  }
  if (evidence.kind == EvidenceKind::log) view["tail"] = tail_of(file, size);
  return view;
}

}  // namespace watchrig::reports
