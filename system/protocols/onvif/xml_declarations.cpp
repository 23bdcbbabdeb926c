#include "system/protocols/onvif/xml_declarations.hpp"

namespace watchrig::protocols {

XmlDeclarations::XmlDeclarations(pugi::xml_node node) {
  for (; node; node = node.parent()) take(node);
}

XmlDeclarations::XmlDeclarations(pugi::xml_node node, const XmlDeclarations& around) : around_(&around) {
  take(node);
}

std::string_view XmlDeclarations::uri_of(std::string_view prefix) const {
  const auto found = own_.find(prefix);
  if (found != own_.end()) return found->second;
  return around_ ? around_->uri_of(prefix) : std::string_view();
}

/// The first declaration counts: those that are nearer are taken before.
void XmlDeclarations::take(pugi::xml_node node) {
  constexpr std::string_view declaration = "xmlns";
  for (const auto& attribute : node.attributes()) {
    std::string_view name = attribute.name();
    if (!name.starts_with(declaration)) continue;
    name.remove_prefix(declaration.size());
    if (!name.empty() && name.front() != ':') continue;
    if (!name.empty()) name.remove_prefix(1);
    own_.emplace(name, attribute.value());
  }
}

}  // namespace watchrig::protocols
