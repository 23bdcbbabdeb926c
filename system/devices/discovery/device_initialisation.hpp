#pragma once

#include "system/devices/discovery/found_device.hpp"

namespace watchrig::devices {

/// The first administrator of a device, and the e-mail address by which the password can be reset.
struct FirstAccount {
  media::Credentials credentials;
  std::string email;
};

struct Initialised {
  FoundDevice device;       ///< with what it has told since
  bool email_kept = false;  ///< only devices of the private protocol have a place for it
};

/// Makes the administrator of a device that has none (ONVIF Core 5.9.4: until then everybody is one), and
/// makes sure that it is asked for from then on. Errors: conflict (it has one), denied (it took the account
/// and does not know it), and those of OnvifClient::ask. The clock outlives it.
boost::asio::awaitable<base::Result<Initialised>> initialise_device(const base::Clock& clock,
                                                                    FoundDevice device, FirstAccount account);

}  // namespace watchrig::devices
