#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "system/base/result.hpp"

namespace watchrig::protocols {

/// The prefix that our own messages use for a namespace of ONVIF, WS-* or SOAP 1.2.
struct XmlNamespace {
  std::string_view prefix;
  std::string_view uri;
};
/// Nothing when the prefix is none of ours.
std::string_view uri_of_prefix(std::string_view prefix);
std::string_view prefix_of_uri(std::string_view uri);

/// Name of an element without its prefix.
std::string_view local_name(pugi::xml_node node);
/// Namespace of an element by the declarations around it; empty when it has none.
std::string_view namespace_of(pugi::xml_node node);
/// The first child element with that local name, whatever its namespace: devices are free with prefixes, and
/// some with namespaces too.
pugi::xml_node child(pugi::xml_node node, std::string_view local);
/// All of them, in order.
std::vector<pugi::xml_node> children(pugi::xml_node node, std::string_view local);
/// The trimmed text at the end of a path of children ("StreamSetup/Transport/Protocol"); empty when there is
/// none.
std::string text_at(pugi::xml_node node, std::string_view path);
/// What a device says, fit for logs and lists: printable ASCII, the rest as question marks, and not endless.
std::string one_line(std::string text, std::size_t most = 200);
/// Whether the path leads to an element.
pugi::xml_node node_at(pugi::xml_node node, std::string_view path);

/// Appends an element, with a text unless it is empty.
pugi::xml_node add(pugi::xml_node parent, const std::string& name, std::string_view text = {});

/// Appends an element as it came from a peer, with our prefixes and under another name; what belongs to a
/// namespace that is none of ours, such as a maker's extensions, is left out.
pugi::xml_node add_copy(pugi::xml_node parent, const std::string& name, pugi::xml_node source);

/// A SOAP 1.2 message from a peer that may be hostile (also 1.1, which some cameras answer with).
class SoapMessage {
 public:
  struct Limits {
    std::size_t bytes = std::size_t{1} << 20;
    unsigned depth = 64;
  };

  /// Errors: invalid (no XML, no envelope, a document type declaration, which is how entity bombs begin),
  /// full (larger or deeper than allowed).
  static base::Result<SoapMessage> parse(std::string_view text, const Limits& limits);
  static base::Result<SoapMessage> parse(std::string_view text) { return parse(text, Limits{}); }

  pugi::xml_node header() const { return header_; }  ///< empty when there is none
  pugi::xml_node body() const { return body_; }
  /// The one element in the body: request, answer or fault; empty when the body is.
  pugi::xml_node content() const { return content_; }
  bool is_fault() const { return local_name(content_) == "Fault"; }

 private:
  std::unique_ptr<pugi::xml_document> document_;
  pugi::xml_node header_, body_, content_;
};

/// A SOAP 1.2 message being written. Prefixes are those of uri_of_prefix(); the ones that occur are declared
/// at the envelope.
class SoapWriter {
 public:
  SoapWriter();
  pugi::xml_node header();
  pugi::xml_node body() const { return body_; }
  /// Without line breaks, with an XML declaration.
  std::string text() const;

 private:
  std::unique_ptr<pugi::xml_document> document_;
  pugi::xml_node envelope_, header_, body_;
};

/// Why a request was refused (SOAP 1.2 part 1, 5.4; subcodes of ONVIF Core, 5.11.2.1).
struct SoapFault {
  enum class Blame { sender, receiver };
  Blame blame = Blame::sender;
  std::vector<std::string> subcodes;  ///< the outer one first: "ter:InvalidArgVal", "ter:NoProfile"
  std::string reason;                 ///< for a person
};
/// The whole message.
std::string fault_text(const SoapFault& fault);
/// What the content of a message says; meaningful for faults only.
SoapFault read_fault(pugi::xml_node fault);
/// One line for a person: reason and subcodes, cut where a device says more than anybody reads.
std::string to_string(const SoapFault& fault);

}  // namespace watchrig::protocols
