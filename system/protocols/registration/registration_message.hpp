#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "system/base/result.hpp"

namespace watchrig::protocols {

/// A message between a peer that nobody can connect to and the one with which it registers; see
/// REGISTRATION_PROTOCOL.md.
struct RegistrationMessage {
  static constexpr std::size_t longest = 1024;  ///< bytes of a line, with its end

  enum class Kind { enrol, challenge, proof, registered, refused, alive, open, tunnel, closed, other };
  Kind kind = Kind::other;
  std::string device_id;  ///< of enrol ("register"); empty when it names itself otherwise
  std::string nonce;      ///< of challenge
  std::string digest;     ///< of proof: lower-case hexadecimal
  std::chrono::seconds keep_alive{30};
  std::string reason;            ///< of refused and closed, as far as it can be shown
  std::string tunnel;            ///< of open, tunnel and closed: its name
  std::string service = "http";  ///< of open: http, https or rtsp

  /// Errors: corrupt, for what is no such message.
  static base::Result<RegistrationMessage> parse(std::string_view line);
};

/// A message as a line.
std::string registration_line(const boost::json::object& message);

/// 1 to 64 letters, digits, dots, hyphens and underscores.
bool is_device_id(std::string_view id);

/// What proves that a peer knows the password, without telling it.
std::string registration_proof(std::string_view password, std::string_view device_id, std::string_view nonce);

}  // namespace watchrig::protocols
