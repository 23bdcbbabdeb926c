#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::protocols {

/// A name in a namespace, as the types of a device are.
struct QualifiedName {
  std::string uri;
  std::string local;
  bool operator==(const QualifiedName&) const = default;
};

/// What a device tells of itself (WS-Discovery of April 2005, 4.1 and 5.3).
struct DiscoveryTarget {
  std::string endpoint;  ///< "urn:uuid:…", the same for as long as the device lives
  std::vector<QualifiedName> types;
  std::vector<std::string> scopes;
  std::vector<std::string> addresses;  ///< XAddrs
  std::uint32_t metadata_version = 1;  ///< grows when types, scopes or addresses change
};

/// What a probe or a resolve looks for. Types and scopes have all to be met; none are met by every device.
struct DiscoveryQuestion {
  std::vector<QualifiedName> types;
  std::vector<std::string> scopes;
  std::string match_by;  ///< the rule of the scopes; empty: the default, by segments of their paths
  std::string endpoint;  ///< of a resolve
};

/// Places a message of a device among its others (WS-Discovery, appendix I).
struct AppSequence {
  std::uint64_t instance = 0;  ///< grows with each start of the device
  std::uint64_t number = 1;
};

enum class DiscoveryKind { probe, probe_matches, hello, bye, resolve, resolve_matches };

/// A message of WS-Discovery of April 2005, which ONVIF Core 7 takes as it is.
struct DiscoveryMessage {
  static constexpr std::string_view group = "239.255.255.250";
  static constexpr std::uint16_t port = 3702;
  static constexpr std::size_t most_bytes = 64 * 1024;  ///< of a datagram
  static constexpr std::size_t most_targets = 64;       ///< in one message that is read
  static constexpr std::size_t most_items = 64;         ///< types, scopes or addresses of a target

  DiscoveryKind kind = DiscoveryKind::probe;
  std::string id;          ///< wsa:MessageID
  std::string relates_to;  ///< of an answer: the id of the question
  std::optional<AppSequence> sequence = {};
  DiscoveryQuestion question = {};            ///< of probe and resolve
  std::vector<DiscoveryTarget> targets = {};  ///< of the others; one for hello and bye
};

/// Reads a datagram of a peer that may be hostile. Errors: invalid (no SOAP, no message of WS-Discovery, no
/// id, an endpoint without address), full (more or larger than the limits).
base::Result<DiscoveryMessage> read_discovery(std::string_view datagram);

/// The datagram. Hello, bye and questions go to everybody; answers to `relates_to`.
std::string write_discovery(const DiscoveryMessage& message);

/// "urn:uuid:…" from 128 bits.
std::string message_id(std::uint64_t high, std::uint64_t low);

/// Whether the rule by which scopes are compared is known (WS-Discovery 5.1): segments of paths, uuid, or
/// character by character.
bool is_scope_rule(std::string_view match_by);
/// Whether a device is what the probe looks for. An unknown rule is met by none.
bool matches(const DiscoveryTarget& target, const DiscoveryQuestion& probe);

}  // namespace watchrig::protocols
