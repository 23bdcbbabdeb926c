#include "system/protocols/onvif/soap_message.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::protocols {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view soap12 = "http://www.w3.org/2003/05/soap-envelope";
constexpr std::string_view soap11 = "http://schemas.xmlsoap.org/soap/envelope/";

constexpr XmlNamespace namespaces[] = {
    {"s", soap12},
    {"xs", "http://www.w3.org/2001/XMLSchema"},
    {"tt", "http://www.onvif.org/ver10/schema"},
    {"tds", "http://www.onvif.org/ver10/device/wsdl"},
    {"trt", "http://www.onvif.org/ver10/media/wsdl"},
    {"tr2", "http://www.onvif.org/ver20/media/wsdl"},
    {"timg", "http://www.onvif.org/ver20/imaging/wsdl"},
    {"tptz", "http://www.onvif.org/ver20/ptz/wsdl"},
    {"tev", "http://www.onvif.org/ver10/events/wsdl"},
    {"tmd", "http://www.onvif.org/ver10/deviceIO/wsdl"},
    {"tan", "http://www.onvif.org/ver20/analytics/wsdl"},
    {"trc", "http://www.onvif.org/ver10/recording/wsdl"},
    {"tse", "http://www.onvif.org/ver10/search/wsdl"},
    {"trp", "http://www.onvif.org/ver10/replay/wsdl"},
    {"dn", "http://www.onvif.org/ver10/network/wsdl"},
    {"tns1", "http://www.onvif.org/ver10/topics"},
    {"ter", "http://www.onvif.org/ver10/error"},
    {"wr", "urn:watchrig:private:1"},
    {"wsnt", "http://docs.oasis-open.org/wsn/b-2"},
    {"wsrf", "http://docs.oasis-open.org/wsrf/rw-2"},
    {"wstop", "http://docs.oasis-open.org/wsn/t-1"},
    {"wsa5", "http://www.w3.org/2005/08/addressing"},
    {"wsa", "http://schemas.xmlsoap.org/ws/2004/08/addressing"},
    {"d", "http://schemas.xmlsoap.org/ws/2005/04/discovery"},
    {"wsse", "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"},
    {"wsu", "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"},
};

/// Levels of nodes below this one; without recursion, which is what deep messages are sent against.
unsigned depth_below(pugi::xml_node root) {
  unsigned depth = 0, deepest = 0;
  for (auto node = root; node;) {
    if (const auto inner = node.first_child()) {
      node = inner;
      deepest = std::max(deepest, ++depth);
      continue;
    }
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node == root) break;
    node = node.next_sibling();
  }
  return deepest;
}

Error invalid(std::string message) { return {ErrorKind::invalid, std::move(message)}; }

}  // namespace

std::string one_line(std::string text, std::size_t most) {
  text.resize(std::min(text.size(), most));
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::string_view uri_of_prefix(std::string_view prefix) {
  for (const auto& one : namespaces) {
    if (one.prefix == prefix) return one.uri;
  }
  return {};
}

std::string_view prefix_of_uri(std::string_view uri) {
  for (const auto& one : namespaces) {
    if (one.uri == uri) return one.prefix;
  }
  return {};
}

std::string_view local_name(pugi::xml_node node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view namespace_of(pugi::xml_node node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  const std::string declaration =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  for (; node; node = node.parent()) {
    if (const auto attribute = node.attribute(declaration.c_str())) return attribute.value();
  }
  return {};
}

pugi::xml_node child(pugi::xml_node node, std::string_view local) {
  for (const auto& one : node.children()) {
    if (one.type() == pugi::node_element && local_name(one) == local) return one;
  }
  return {};
}

std::vector<pugi::xml_node> children(pugi::xml_node node, std::string_view local) {
  std::vector<pugi::xml_node> found;
  for (const auto& one : node.children()) {
    if (one.type() == pugi::node_element && local_name(one) == local) found.push_back(one);
  }
  return found;
}

pugi::xml_node node_at(pugi::xml_node node, std::string_view path) {
  for (const auto part : base::split(path, '/')) node = child(node, part);
  return node;
}

std::string text_at(pugi::xml_node node, std::string_view path) {
  return std::string(base::trim(node_at(node, path).text().get()));
}

pugi::xml_node add(pugi::xml_node parent, const std::string& name, std::string_view text) {
  auto node = parent.append_child(name.c_str());
  if (!text.empty()) node.text().set(std::string(text).c_str());
  return node;
}

pugi::xml_node add_copy(pugi::xml_node parent, const std::string& name, pugi::xml_node source) {
  auto copy = add(parent, name, source.text().get());
  for (const auto& attribute : source.attributes()) {
    const std::string_view label = attribute.name();
    if (label.find(':') == std::string_view::npos && label != "xmlns") copy.append_copy(attribute);
  }
  for (const auto& node : source.children()) {
    if (node.type() != pugi::node_element) continue;
    const auto own = std::ranges::find(namespaces, namespace_of(node), &XmlNamespace::uri);
    if (own == std::end(namespaces)) continue;
    add_copy(copy, fmt::format("{}:{}", own->prefix, local_name(node)), node);
  }
  return copy;
}

base::Result<SoapMessage> SoapMessage::parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) {
    return Error{ErrorKind::full,
                 fmt::format("a SOAP message of {} bytes; at most {} are read", text.size(), limits.bytes)};
  }
  if (text.find("<!DOCTYPE") != std::string_view::npos) {
    return invalid("a SOAP message has no document type declaration (SOAP 1.2 part 1, 5)");
  }
  SoapMessage message;
  message.document_ = std::make_unique<pugi::xml_document>();
  const auto parsed = message.document_->load_buffer(text.data(), text.size(), pugi::parse_default);
  if (!parsed) return invalid(fmt::format("no XML: {} at byte {}", parsed.description(), parsed.offset));
  if (depth_below(message.document_->root()) > limits.depth) {
    return Error{ErrorKind::full, fmt::format("elements nested deeper than {}", limits.depth)};
  }
  const auto envelope = message.document_->document_element();
  const auto uri = namespace_of(envelope);
  if (local_name(envelope) != "Envelope" || (uri != soap12 && uri != soap11)) {
    return invalid("no SOAP envelope");
  }
  message.header_ = child(envelope, "Header");
  message.body_ = child(envelope, "Body");
  if (!message.body_) return invalid("a SOAP envelope without a body");
  for (const auto& one : message.body_.children()) {
    if (one.type() == pugi::node_element && !message.content_) message.content_ = one;
  }
  return message;
}

SoapWriter::SoapWriter() : document_(std::make_unique<pugi::xml_document>()) {
  auto declaration = document_->append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  envelope_ = document_->append_child("s:Envelope");
  body_ = envelope_.append_child("s:Body");
}

pugi::xml_node SoapWriter::header() {
  if (!header_) header_ = envelope_.insert_child_before("s:Header", body_);
  return header_;
}

std::string SoapWriter::text() const {
  std::ostringstream content;
  for (const auto& one : envelope_.children()) one.print(content, "", pugi::format_raw);
  const std::string inside = content.str();
  std::string declared;
  for (const auto& [prefix, uri] : namespaces) {
    // In element names, attribute names and values such as xsi:type and topics.
    const bool used = prefix == "s" || inside.find(fmt::format("{}:", prefix)) != std::string::npos;
    if (used) declared += fmt::format(" xmlns:{}=\"{}\"", prefix, uri);
  }
  return fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?><s:Envelope{}>{}</s:Envelope>)", declared,
                     inside);
}

std::string fault_text(const SoapFault& fault) {
  SoapWriter writer;
  auto node = add(writer.body(), "s:Fault");
  auto code = add(node, "s:Code");
  add(code, "s:Value", fault.blame == SoapFault::Blame::sender ? "s:Sender" : "s:Receiver");
  for (const auto& subcode : fault.subcodes) {
    code = add(code, "s:Subcode");
    add(code, "s:Value", subcode);
  }
  auto text = add(add(node, "s:Reason"), "s:Text", fault.reason);
  text.append_attribute("xml:lang") = "en";
  return writer.text();
}

SoapFault read_fault(pugi::xml_node fault) {
  SoapFault read;
  const auto without_prefix = [](const std::string& name) {
    const auto colon = name.find(':');
    return "ter:" + (colon == std::string::npos ? name : name.substr(colon + 1));
  };
  auto code = child(fault, "Code");
  if (text_at(code, "Value").ends_with("Receiver")) read.blame = SoapFault::Blame::receiver;
  // Four levels are more than ONVIF has.
  for (int level = 0; level < 4 && (code = child(code, "Subcode")); ++level) {
    read.subcodes.push_back(without_prefix(text_at(code, "Value")));
  }
  read.reason = text_at(fault, "Reason/Text");
  if (read.reason.empty()) read.reason = text_at(fault, "faultstring");
  return read;
}

std::string to_string(const SoapFault& fault) {
  const std::string codes = one_line(base::joined(fault.subcodes, ", "));
  if (fault.reason.empty()) return codes.empty() ? "a fault without a reason" : codes;
  const std::string reason = one_line(fault.reason);
  return codes.empty() ? reason : fmt::format("{} ({})", reason, codes);
}

}  // namespace watchrig::protocols
