#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "system/base/tls_trust.hpp"
#include "system/central/certificates/trusted_authorities.hpp"
#include "system/central/devices/device_registry.hpp"
#include "system/central/event_log.hpp"

namespace watchrig::central {

/// Whose certificate is believed when the server connects to a device by TLS, by the device's policy:
/// - pin: the one that was seen first, which is kept with the device, until somebody accepts another;
/// - authority: one that a trusted authority has issued, that is valid now and names the address;
/// - any.
/// Dates and names do not matter to a pin: cameras make their certificates themselves, often with a wrong
/// clock. Events: device.certificate-pinned, device.certificate-refused. Any thread.
class DeviceTrust {
 public:
  struct Seen {
    CertificateFacts facts;
    base::UtcTime at;
    std::string why;
  };
  struct State {
    std::string pin;              ///< SHA-256, hexadecimal; empty: none was seen yet
    std::optional<Seen> refused;  ///< the last one that was, since one was believed
  };
  struct Parts {
    const base::Clock& clock;
    DeviceRegistry& registry;
    TrustedAuthorities& authorities;
    EventLog& events;
  };
  /// The parts outlive the executor's last handler, and all connections.
  DeviceTrust(Parts parts, boost::asio::any_io_executor executor);

  /// For connections to a device as it is now; one that is not added yet has a pin that is forgotten.
  base::TlsTrust of(const Device& device);
  /// Errors: not_found (the device).
  base::Result<State> state(const std::string& device);
  /// Takes this certificate for the device's own from now on. Errors: not_found, and those of the disk.
  base::Result<> accept(const std::string& device, const std::string& fingerprint);

 private:
  struct Known;
  struct Judge;
  std::shared_ptr<Known> known(const std::string& device);
  void keep_pin(const std::shared_ptr<Known>& known, const CertificateFacts& facts);

  void tell_refused(const std::string& device, const Seen& seen, const std::string& pin);

  const Parts parts_;
  const boost::asio::any_io_executor executor_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Known>> known_;
};

}  // namespace watchrig::central
