#pragma once

#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "system/devices/onvif/onvif_client.hpp"
#include "system/protocols/onvif/discovery_message.hpp"

namespace watchrig::devices {

/// A device that has answered a search, as far as it tells of itself without an account. Texts are its own
/// words, cut to 63 printable characters.
struct FoundDevice {
  std::string endpoint;  ///< "urn:uuid:…"
  OnvifAddress service;
  std::string name;
  std::string manufacturer;
  std::string model;
  std::string serial_number;
  std::string firmware;
  /// Whether it has an administrator. Nothing while that is not known.
  std::optional<bool> initialised;
  base::TlsTrust trust = {};  ///< whom to believe where it speaks HTTPS; none: it is not asked there
  bool is_private = false;    ///< of our own kind, by the type that it tells
};

/// What an answer from `host` tells. Errors: invalid (no video device, an endpoint that is not printable, no
/// address of a service), denied (its services are at another host, or by another protocol than http and
/// https).
base::Result<FoundDevice> read_found(const protocols::DiscoveryTarget& target, const std::string& host);

/// Asks the device without an account whether it has one, and, if it has none, who made it. What it does not
/// answer stays as it was. The clock outlives the question.
boost::asio::awaitable<FoundDevice> ask_found(const base::Clock& clock, FoundDevice device);

}  // namespace watchrig::devices
