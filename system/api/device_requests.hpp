#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "system/api/server_parts.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// Whether a device delivers: "online" when one of its channels does, "connecting", "offline" with the reason
/// of the first that does not, or "disconnected" by hand.
struct DeviceState {
  std::string state;
  std::string cause;
};
DeviceState state_of(const ServerParts& parts, const central::Device& device);

/// A device as clients see it: without its password.
boost::json::object to_json(const ServerParts& parts, const central::Device& device);

/// Reads what a body says about a device; of an old one, what it leaves out stays as it is.
central::FieldResult<central::Device> device_from(const boost::json::object& body);
central::FieldResult<void> change_device(const boost::json::object& body, central::Device& device);

/// One channel of a device; `prefix` stands before the field of an error.
central::FieldResult<central::Channel> channel_from(const boost::json::object& body,
                                                    const std::string& prefix = {});
/// What was entered of it, without the password.
boost::json::object entered(const central::Device& device);
/// Its name, and addresses of its own; `"streams":{}` gives it those of its device again.
central::FieldResult<void> change_channel(const boost::json::object& body, central::Channel& channel);
/// What is wrong with a device, by the fields of a request about one of its channels: "name" instead of
/// "channels.name".
central::FieldError of_channel(central::FieldError error);
/// The same of a body that has a whole address: "address" instead of "streams.main".
central::FieldError of_address(central::FieldError error, const boost::json::object& body);

/// Connects anew what differs from `before`, ends what is gone, and begins what is new, as the device is now.
void restart_channels(ServerParts& parts, const central::DeviceRegistry::Changed& changed);
/// All channels at once, without waiting for their next attempt.
void reconnect_channels(ServerParts& parts, const central::Device& device);

/// What was wrong with one of several devices: {"code","message","field"}, without a field where it is none.
boost::json::object error_json(const central::FieldError& error);

}  // namespace watchrig::api
