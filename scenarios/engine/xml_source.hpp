#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "system/base/result.hpp"

namespace watchrig::scenarios {

/// Reads a file; tests and fuzzing put their own in place.
using FileReader = std::function<base::Result<std::string>(const std::filesystem::path&)>;

/// Reads a regular file of at most 4 MiB.
base::Result<std::string> read_text_file(const std::filesystem::path& path);

/// An XML document that knows at which line each of its nodes stands. External entities and document types
/// are never followed.
class XmlSource {
 public:
  /// `name` is the file as messages show it. Invalid when the text is not well-formed or nested deeper
  /// than 64.
  static base::Result<XmlSource> parse(std::string_view text, std::string name);

  pugi::xml_node root() const { return document_->document_element(); }
  const std::string& name() const { return name_; }
  int line(pugi::xml_node node) const;
  /// `suites/smoke/cut.xml:12: <message>`.
  base::Error error(pugi::xml_node at, std::string_view message) const;

 private:
  XmlSource(std::unique_ptr<pugi::xml_document> document, std::string name,
            std::vector<std::size_t> line_ends);
  int line_at(std::ptrdiff_t offset) const;

  std::unique_ptr<pugi::xml_document> document_;
  std::string name_;
  std::vector<std::size_t> line_ends_;
};

}  // namespace watchrig::scenarios
