#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "system/base/result.hpp"

namespace watchrig::kernel {

/// An XML file in memory whose errors name file and line.
class XmlFile {
 public:
  /// At most 16 MiB. Errors: not_found, denied, io, invalid (with the line).
  static base::Result<XmlFile> load(const std::string& path);
  /// `name` stands for the file in messages.
  static base::Result<XmlFile> parse(std::string text, std::string name);

  pugi::xml_node root() const { return document_.document_element(); }
  const std::string& name() const { return name_; }
  /// `rig.xml:12: <camera>: text`
  base::Error error_at(pugi::xml_node node, std::string_view text) const;

 private:
  std::size_t line_at(std::ptrdiff_t offset) const;

  std::string name_;
  std::vector<std::size_t> line_starts_;
  pugi::xml_document document_;
};

/// The attributes of one element, each asked for once; finish() refuses those that nobody asked for, so that
/// a misspelt attribute is an error and not a default. The file outlives it.
class XmlAttributes {
 public:
  XmlAttributes(const XmlFile& file, pugi::xml_node node) : file_(file), node_(node) {}

  bool has(const char* name) const { return static_cast<bool>(node_.attribute(name)); }
  /// The value, or `fallback` when the attribute is absent.
  std::string text(const char* name, std::string_view fallback = {});
  /// An integer within the limits.
  base::Result<std::uint64_t> integer(const char* name, std::uint64_t fallback, std::uint64_t low,
                                      std::uint64_t high);
  base::Result<std::string> required(const char* name);
  base::Result<void> finish() const;
  base::Error error(std::string_view text) const { return file_.error_at(node_, text); }

 private:
  const XmlFile& file_;
  pugi::xml_node node_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace watchrig::kernel
