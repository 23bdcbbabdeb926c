#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "system/base/result.hpp"

namespace watchrig::central {

/// A message of a relay to this server; see RELAY_PROTOCOL.md.
struct RelayMessage {
  static constexpr std::size_t longest = 1024;  ///< bytes of a line, with its end

  enum class Kind { registered, refused, alive, open, other };
  Kind kind = Kind::other;
  std::chrono::seconds keep_alive{30};
  std::string reason;      ///< of a refusal, as far as it can be shown
  std::string tunnel;      ///< its name
  bool encrypted = false;  ///< the tunnel is for HTTPS

  /// Errors: corrupt, for what is no such message.
  static base::Result<RelayMessage> parse(std::string_view line);
};

/// A message to a relay, as a line.
std::string relay_line(const boost::json::object& message);

}  // namespace watchrig::central
