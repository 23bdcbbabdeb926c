#include "scenarios/engine/xml_source.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace watchrig::scenarios {

namespace {

constexpr std::size_t max_file_bytes = 4 * 1024 * 1024;
constexpr int max_depth = 64;

bool deeper_than(pugi::xml_node node, int levels) {
  for (auto child : node.children()) {
    if (levels == 0 || deeper_than(child, levels - 1)) return true;
  }
  return false;
}

}  // namespace

base::Result<std::string> read_text_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return base::Error{base::ErrorKind::not_found, fmt::format("{}: no such file", path.string())};
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return base::os_error("open", path.string(), errno);
  std::string text(max_file_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_file_bytes) {
    return base::Error{base::ErrorKind::invalid, fmt::format("{}: larger than 4 MiB", path.string())};
  }
  return text;
}

XmlSource::XmlSource(std::unique_ptr<pugi::xml_document> document, std::string name,
                     std::vector<std::size_t> line_ends)
    : document_(std::move(document)), name_(std::move(name)), line_ends_(std::move(line_ends)) {}

base::Result<XmlSource> XmlSource::parse(std::string_view text, std::string name) {
  std::vector<std::size_t> line_ends;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_ends.push_back(i);
  }
  XmlSource source(std::make_unique<pugi::xml_document>(), std::move(name), std::move(line_ends));
  const auto parsed =
      source.document_->load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) {
    return base::Error{base::ErrorKind::invalid,
                       fmt::format("{}:{}: not well-formed XML: {}", source.name_,
                                   source.line_at(parsed.offset), parsed.description())};
  }
  if (deeper_than(source.document_->root(), max_depth)) {
    return base::Error{base::ErrorKind::invalid,
                       fmt::format("{}:1: elements nested deeper than {}", source.name_, max_depth)};
  }
  return source;
}

int XmlSource::line_at(std::ptrdiff_t offset) const {
  const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0));
  return 1 +
         static_cast<int>(std::lower_bound(line_ends_.begin(), line_ends_.end(), at) - line_ends_.begin());
}

int XmlSource::line(pugi::xml_node node) const { return line_at(node.offset_debug()); }

base::Error XmlSource::error(pugi::xml_node at, std::string_view message) const {
  return {base::ErrorKind::invalid, fmt::format("{}:{}: {}", name_, line(at), message)};
}

}  // namespace watchrig::scenarios
