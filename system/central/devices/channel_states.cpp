#include "system/central/devices/channel_states.hpp"

#include <algorithm>
#include <mutex>

namespace watchrig::central {

void ChannelStates::take(platform::ChannelState told) {
  const auto number = number_of_id(told.channel, 'c');
  const std::unique_lock lock(mutex_);
  auto& known = known_[number];
  if (told.order < known.order) return;
  known = {told.order, told.state.empty(), told.state == "online", std::move(told.cause)};
}

ChannelStates::State ChannelStates::of(std::string_view channel) const {
  const std::shared_lock lock(mutex_);
  const Known* known = find(channel);
  if (!known) return {"connecting", {}};
  return {known->online ? "online" : "offline", known->cause};
}

ChannelStates::State ChannelStates::of(const Device& device) const {
  if (device.channels.empty()) return {"offline", "it has no channels"};
  const std::shared_lock lock(mutex_);
  const Known* first = nullptr;
  for (const Channel& channel : device.channels) {
    const Known* known = find(channel.id);
    if (known && known->online) return {"online", {}};
    if (!first) first = known;
  }
  if (!first) return {"connecting", {}};
  return {"offline", first->cause};
}

bool ChannelStates::is_online(const Device& device) const {
  const std::shared_lock lock(mutex_);
  return std::ranges::any_of(device.channels, [this](const Channel& channel) {
    const Known* known = find(channel.id);
    return known && known->online;
  });
}

const ChannelStates::Known* ChannelStates::find(std::string_view channel) const {
  const auto found = known_.find(number_of_id(channel, 'c'));
  return found == known_.end() || found->second.removed ? nullptr : &found->second;
}

}  // namespace watchrig::central
