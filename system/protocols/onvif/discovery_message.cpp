#include "system/protocols/onvif/discovery_message.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/protocols/onvif/soap_message.hpp"
#include "system/protocols/onvif/xml_declarations.hpp"

namespace watchrig::protocols {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::string_view everybody = "urn:schemas-xmlsoap-org:ws:2005:04:discovery";
constexpr std::string_view anonymous = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous";
constexpr std::string_view actions = "http://schemas.xmlsoap.org/ws/2005/04/discovery/";
constexpr std::size_t longest_text = 1024;  // of an id, a scope or an address

struct KindName {
  DiscoveryKind kind;
  const char* body;    ///< the element, and the end of the action
  const char* target;  ///< the elements in it that tell of a device; null: it does so itself
};
constexpr KindName kinds[] = {{DiscoveryKind::probe, "Probe", nullptr},
                              {DiscoveryKind::probe_matches, "ProbeMatches", "ProbeMatch"},
                              {DiscoveryKind::hello, "Hello", nullptr},
                              {DiscoveryKind::bye, "Bye", nullptr},
                              {DiscoveryKind::resolve, "Resolve", nullptr},
                              {DiscoveryKind::resolve_matches, "ResolveMatches", "ResolveMatch"}};

const KindName& name_of(DiscoveryKind kind) { return *std::ranges::find(kinds, kind, &KindName::kind); }

Error invalid(std::string message) { return {ErrorKind::invalid, std::move(message)}; }

/// The words of a list type of XML Schema. Error full beyond the limits.
Result<std::vector<std::string>> words(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  std::vector<std::string> found;
  for (auto begin = text.find_first_not_of(spaces); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(spaces, begin), text.size());
    if (found.size() == DiscoveryMessage::most_items || end - begin > longest_text) {
      return Error{ErrorKind::full, "a list with more or longer entries than are read"};
    }
    found.emplace_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(spaces, end);
  }
  return found;
}

Result<std::vector<QualifiedName>> read_types(pugi::xml_node node, const XmlDeclarations& around) {
  const auto names = words(node.text().get());
  if (!names) return names.error();
  const XmlDeclarations declared(node, around);
  std::vector<QualifiedName> types;
  for (const auto& name : *names) {
    const auto colon = name.find(':');
    const bool has_prefix = colon != std::string::npos;
    const auto uri = declared.uri_of(has_prefix ? std::string_view(name).substr(0, colon) : "");
    if (uri.size() > longest_text) return Error{ErrorKind::full, "the namespace of a type is too long"};
    types.push_back({std::string(uri), has_prefix ? name.substr(colon + 1) : name});
  }
  return types;
}

Result<std::string> read_endpoint(pugi::xml_node node) {
  auto address = text_at(node, "EndpointReference/Address");
  if (address.empty()) return invalid("an endpoint without an address");
  if (address.size() > longest_text) return Error{ErrorKind::full, "the address of an endpoint is too long"};
  return address;
}

Result<DiscoveryTarget> read_target(pugi::xml_node node, const XmlDeclarations& around) {
  DiscoveryTarget target;
  auto endpoint = read_endpoint(node);
  if (!endpoint) return endpoint.error();
  target.endpoint = *std::move(endpoint);
  auto types = read_types(child(node, "Types"), XmlDeclarations(node, around));
  if (!types) return types.error();
  target.types = *std::move(types);
  auto scopes = words(child(node, "Scopes").text().get());
  if (!scopes) return scopes.error();
  target.scopes = *std::move(scopes);
  auto addresses = words(child(node, "XAddrs").text().get());
  if (!addresses) return addresses.error();
  target.addresses = *std::move(addresses);
  target.metadata_version = base::parse_number<std::uint32_t>(text_at(node, "MetadataVersion")).value_or(0);
  return target;
}

Result<void> read_probe(pugi::xml_node node, DiscoveryQuestion& question) {
  auto types = read_types(child(node, "Types"), XmlDeclarations(node));
  if (!types) return types.error();
  question.types = *std::move(types);
  const auto scopes = child(node, "Scopes");
  auto list = words(scopes.text().get());
  if (!list) return list.error();
  question.scopes = *std::move(list);
  question.match_by = scopes.attribute("MatchBy").value();
  return {};
}

Result<void> read_targets(pugi::xml_node node, const char* name, DiscoveryMessage& message) {
  const auto all = name ? children(node, name) : std::vector{node};
  if (all.size() > DiscoveryMessage::most_targets) {
    return Error{ErrorKind::full, fmt::format("{} devices in one answer", all.size())};
  }
  const XmlDeclarations around(node);
  for (const auto& one : all) {
    auto target = read_target(one, around);
    if (!target) return target.error();
    message.targets.push_back(*std::move(target));
  }
  return {};
}

Result<void> read_header(pugi::xml_node header, DiscoveryMessage& message) {
  message.id = text_at(header, "MessageID");
  message.relates_to = text_at(header, "RelatesTo");
  if (message.id.size() > longest_text || message.relates_to.size() > longest_text) {
    return Error{ErrorKind::full, "the id of the message is too long"};
  }
  if (message.id.empty()) return invalid("a message without an id");
  if (const auto sequence = child(header, "AppSequence")) {
    const auto number = [&](const char* name) {
      return base::parse_number<std::uint64_t>(sequence.attribute(name).value()).value_or(0);
    };
    message.sequence = AppSequence{number("InstanceId"), number("MessageNumber")};
  }
  return {};
}

void add_words(pugi::xml_node parent, const char* name, const std::vector<std::string>& list) {
  if (!list.empty()) add(parent, name, base::joined(list, " "));
}

/// With the prefixes of our own messages; a type of a namespace that has none declares it where it stands.
void add_types(pugi::xml_node parent, const std::vector<QualifiedName>& types) {
  if (types.empty()) return;
  auto node = add(parent, "d:Types");
  std::vector<std::string> names;
  for (const auto& type : types) {
    auto prefix = std::string(prefix_of_uri(type.uri));
    if (prefix.empty()) {
      prefix = fmt::format("n{}", names.size());
      node.append_attribute(("xmlns:" + prefix).c_str()) = type.uri.c_str();
    }
    names.push_back(fmt::format("{}:{}", prefix, type.local));
  }
  node.text().set(base::joined(names, " ").c_str());
}

void add_endpoint(pugi::xml_node node, const std::string& endpoint) {
  add(add(node, "wsa:EndpointReference"), "wsa:Address", endpoint);
}

void write_target(pugi::xml_node node, const DiscoveryTarget& target, bool leaving) {
  add_endpoint(node, target.endpoint);
  if (leaving) return;
  add_types(node, target.types);
  add_words(node, "d:Scopes", target.scopes);
  add_words(node, "d:XAddrs", target.addresses);
  add(node, "d:MetadataVersion", std::to_string(target.metadata_version));
}

void write_question(pugi::xml_node node, const DiscoveryMessage& message) {
  const auto& question = message.question;
  if (message.kind == DiscoveryKind::resolve) return add_endpoint(node, question.endpoint);
  add_types(node, question.types);
  if (question.scopes.empty()) return;
  auto scopes = add(node, "d:Scopes", base::joined(question.scopes, " "));
  if (!question.match_by.empty()) scopes.append_attribute("MatchBy") = question.match_by.c_str();
}

void write_header(pugi::xml_node header, const DiscoveryMessage& message) {
  add(header, "wsa:MessageID", message.id);
  if (!message.relates_to.empty()) add(header, "wsa:RelatesTo", message.relates_to);
  add(header, "wsa:To", message.relates_to.empty() ? everybody : anonymous);
  add(header, "wsa:Action", fmt::format("{}{}", actions, name_of(message.kind).body));
  if (!message.sequence) return;
  auto sequence = add(header, "d:AppSequence");
  sequence.append_attribute("InstanceId") = std::to_string(message.sequence->instance).c_str();
  sequence.append_attribute("MessageNumber") = std::to_string(message.sequence->number).c_str();
}

bool is_question(DiscoveryKind kind) {
  return kind == DiscoveryKind::probe || kind == DiscoveryKind::resolve;
}

}  // namespace

Result<DiscoveryMessage> read_discovery(std::string_view datagram) {
  SoapMessage::Limits limits;
  limits.bytes = DiscoveryMessage::most_bytes;
  const auto soap = SoapMessage::parse(datagram, limits);
  if (!soap) return soap.error();
  const auto content = soap->content();
  const auto kind = std::ranges::find(kinds, local_name(content), &KindName::body);
  if (kind == std::end(kinds) || namespace_of(content) != uri_of_prefix("d")) {
    return invalid("no message of WS-Discovery of April 2005");
  }
  DiscoveryMessage message;
  message.kind = kind->kind;
  if (auto read = read_header(soap->header(), message); !read) return read.error();
  if (message.kind == DiscoveryKind::probe) {
    if (auto read = read_probe(content, message.question); !read) return read.error();
  } else if (message.kind == DiscoveryKind::resolve) {
    auto endpoint = read_endpoint(content);
    if (!endpoint) return endpoint.error();
    message.question.endpoint = *std::move(endpoint);
  } else if (auto read = read_targets(content, kind->target, message); !read) {
    return read.error();
  }
  return message;
}

std::string write_discovery(const DiscoveryMessage& message) {
  SoapWriter writer;
  write_header(writer.header(), message);
  const auto& name = name_of(message.kind);
  auto content = add(writer.body(), fmt::format("d:{}", name.body));
  if (is_question(message.kind)) write_question(content, message);
  for (const auto& target : message.targets) {
    auto node = name.target ? add(content, fmt::format("d:{}", name.target)) : content;
    write_target(node, target, message.kind == DiscoveryKind::bye);
  }
  return writer.text();
}

std::string message_id(std::uint64_t high, std::uint64_t low) {
  return fmt::format("urn:uuid:{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", high >> 32, high >> 16 & 0xffff,
                     high & 0xfff, low >> 48 & 0xfff, low & 0xffffffffffff);
}

}  // namespace watchrig::protocols
