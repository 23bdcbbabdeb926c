#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "system/central/devices/device.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::central {

/// What storage has told of its connections to channels, so that nobody has to ask it. Any thread.
class ChannelStates {
 public:
  struct State {
    std::string state;  ///< "online", "offline", or "connecting" where nothing has been told yet
    std::string cause;  ///< why it is offline, for a person
  };

  /// What comes after a later one is left out.
  void take(platform::ChannelState told);

  State of(std::string_view channel) const;
  /// Its best channel's: "online" when one delivers; else of the first that is told of.
  State of(const Device& device) const;
  /// Whether of() says "online", cheaper, for lists of thousands.
  bool is_online(const Device& device) const;

 private:
  struct Known {
    std::int64_t order = 0;
    bool removed = false;  ///< kept for the order
    bool online = false;
    std::string cause;
  };
  const Known* find(std::string_view channel) const;

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::int64_t, Known> known_;  ///< by the number of the channel
};

}  // namespace watchrig::central
