#pragma once

#include "system/platform/message_bus.hpp"

namespace watchrig::central {

/// What central tells the storage role, by the bus; each waits for the answer, so not for a thread that must
/// not block. Errors: those of the bus, and what storage answers. Any thread.
class StorageOrders {
 public:
  explicit StorageOrders(platform::MessageBus& bus) : bus_(bus) {}

  /// Starts those channels of the device that are not running, if it is connected.
  base::Result<> bind(const std::string& device, bool continued);
  /// The device is there again: its channels that are offline are tried at once. Does not wait.
  base::Result<> reconnect(const std::string& device);
  /// Ends these channels of the device; those that are not running do not matter.
  base::Result<> unbind(const std::string& device, const std::vector<std::string>& channels);
  /// Records that stream of the channel from now on, none when it is empty.
  base::Result<> record(const std::string& channel, const std::string& stream);

 private:
  base::Result<> ask(platform::Message message);

  platform::MessageBus& bus_;
};

}  // namespace watchrig::central
