#pragma once

#include <functional>
#include <memory>
#include <string>

#include "system/base/dialer.hpp"
#include "system/base/tls_trust.hpp"
#include "system/devices/rtsp/rtsp_source.hpp"
#include "system/platform/role_messages.hpp"
#include "system/storage/relay/relay_channel.hpp"

namespace watchrig::storage {

/// What is known only where devices register and certificates are judged; by the device's id. Any thread.
struct DeviceWays {
  /// Null for a device that is connected to.
  std::function<std::shared_ptr<base::Dialer>(const std::string& device)> dialer;
  std::function<base::TlsTrust(const std::string& device)> trust;
};

/// How a channel of a device is relayed and recorded that storage is linked with. Clock and ways outlive what
/// is made of it. Errors: invalid (words that are not known).
base::Result<ChannelSettings> channel_settings(const base::Clock& clock, const platform::LinkNvrPu& device,
                                               const platform::LinkedChannel& channel, const DeviceWays& ways,
                                               const std::shared_ptr<devices::AttemptPace>& pace);

}  // namespace watchrig::storage
