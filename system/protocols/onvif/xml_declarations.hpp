#pragma once

#include <map>
#include <string_view>

#include <pugixml.hpp>

namespace watchrig::protocols {

/// Prefixes as they are declared at an element and around it. Each element is walked once, however many names
/// look for theirs: hostile messages have thousands of both. Does not outlive the document.
class XmlDeclarations {
 public:
  /// At the element and all around it.
  explicit XmlDeclarations(pugi::xml_node node);
  /// At the element; what is around it is known, and outlives this.
  XmlDeclarations(pugi::xml_node node, const XmlDeclarations& around);

  /// The namespace; empty for a prefix that is declared nowhere. The empty prefix has the default one.
  std::string_view uri_of(std::string_view prefix) const;

 private:
  void take(pugi::xml_node node);

  const XmlDeclarations* around_ = nullptr;
  std::map<std::string_view, std::string_view> own_;
};

}  // namespace watchrig::protocols
