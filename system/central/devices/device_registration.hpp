#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "system/central/devices/device_registry.hpp"
#include "system/central/event_log.hpp"
#include "system/central/settings/settings.hpp"
#include "system/devices/registered/registration_desk.hpp"

namespace watchrig::central {

class DeviceNotes;

/// The settings `device_registration`: where devices register that nobody can connect to (platform manual
/// III), on a port of 1025 to 65535 (IVSS 8.3.1.3, micro server 3.1.3.2: the TCP port of devices).
SettingSection device_registration_section(std::uint16_t usual_port);

/// The desk at which the devices of the registry register, as the settings say. Events: device.registered,
/// device.registration-lost, device.registration-refused, device.registration-failed (the port cannot be
/// opened). Any thread.
class DeviceRegistration {
 public:
  struct Parts {
    const base::Clock& clock;
    Settings& settings;
    EventLog& events;
    DeviceRegistry& registry;
    DeviceNotes& notes;  ///< of who registers, as `register` of H.626.4
    std::function<bool(const boost::asio::ip::address&)> admit;
    std::function<void(const Device&)> registered;  ///< one that has just come; must not wait
  };
  /// The parts outlive the executor's last handler.
  DeviceRegistration(Parts parts, boost::asio::any_io_executor executor);
  ~DeviceRegistration();
  DeviceRegistration(const DeviceRegistration&) = delete;
  DeviceRegistration& operator=(const DeviceRegistration&) = delete;

  const devices::RegistrationDesk& desk() const { return *desk_; }
  /// "0.0.0.0:7000"; empty while it is closed.
  std::string listens_on() const;
  /// What reaches a device: nothing for one that is reached by its address.
  std::shared_ptr<base::Dialer> dialer(const Device& device) const;

 private:
  devices::RegistrationDesk::Place place_in(const boost::json::object& values) const;
  void follow(const boost::json::object& values);
  FieldResult<void> check(const boost::json::object& values) const;
  void tell(const devices::RegistrationDesk::News& news);

  const Parts parts_;
  std::shared_ptr<devices::RegistrationDesk> desk_;
  std::atomic<std::uint16_t> usual_port_ = 0;  ///< in place of any free one, once there was one
};

}  // namespace watchrig::central
