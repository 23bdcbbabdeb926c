#pragma once

#include "system/api/audit.hpp"

namespace watchrig::api {

/// An event about a device: with all that it is, when it was added or removed.
void tell_device(ServerParts& parts, std::string type, const http::Request& request,
                 const central::Device& device, std::string message);
/// The same about a change of it, with what differs.
void tell_device_change(ServerParts& parts, const http::Request& request,
                        const central::DeviceRegistry::Changed& changed, std::string message,
                        std::string type = "device.changed");
/// The same of what is set on the device itself: as it said before and says now.
void tell_device_setting(ServerParts& parts, std::string type, const http::Request& request,
                         const central::Device& device, std::string message,
                         const boost::json::object& before, const boost::json::object& after);

/// What somebody does with the channel that a request is about: `camera "Gate" …`.
void tell_channel(ServerParts& parts, const http::Request& request, std::string type,
                  std::string_view message, boost::json::object data = {});

}  // namespace watchrig::api
