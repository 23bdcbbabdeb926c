#pragma once

#include <functional>
#include <mutex>

#include "system/central/devices/device_list.hpp"
#include "system/central/recording/record_order.hpp"
#include "system/platform/recording_messages.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::central {

/// What central tells the storage role, by the bus, with all that storage needs to know of a device; each
/// waits for the answer, so not for a thread that must not block. Errors: those of the bus, and what storage
/// answers. Any thread.
class StorageOrders {
 public:
  /// How things are at the moment of asking. Errors: not_found.
  struct Knowledge {
    std::function<base::Result<DevicePtr>(const std::string& id)> device;
    std::function<base::Result<ChannelOfDevice>(const std::string& id)> channel;
    std::function<RecordOrder(const Channel&)> recorded;
  };

  StorageOrders(platform::MessageBus& bus, Knowledge knowledge)
      : bus_(bus), knowledge_(std::move(knowledge)) {}

  /// Starts those channels of the device that are not running, if it is connected. Errors: also not_found.
  base::Result<> bind(const std::string& device, bool continued);
  /// The device is there again: its channels that are offline are tried at once. Does not wait.
  base::Result<> reconnect(const std::string& device);
  /// Ends these channels of the device; those that are not running do not matter.
  base::Result<> unbind(const std::string& device, const std::vector<std::string>& channels);
  /// Records of the channel what is to be recorded now. Errors: also not_found.
  base::Result<> record(const std::string& channel);
  /// The same, without waiting for storage.
  base::Result<> record_soon(const std::string& channel);
  /// These limits hold, and no others. Does not wait.
  base::Result<> retain(std::vector<platform::KeptChannel> channels);
  /// These volumes are of these disk groups, the others of the first. Does not wait.
  base::Result<> group(std::vector<platform::GroupedVolume> volumes);
  /// The volumes that it records on.
  base::Result<platform::NvrVolumes> volumes();

 private:
  using Coming = std::future<platform::MessageBus::Answer>;
  base::Result<platform::Message> link(const std::string& device, bool continued) const;
  base::Result<platform::Message> strategy(const std::string& channel) const;
  Coming send(const platform::Message& message);

  platform::MessageBus& bus_;
  const Knowledge knowledge_;
  /// Held from the look at the device until what was seen is sent: else an older plan could follow a newer.
  std::mutex sending_;
};

}  // namespace watchrig::central
