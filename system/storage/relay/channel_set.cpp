#include "system/storage/relay/channel_set.hpp"

namespace watchrig::storage {

ChannelSet::ChannelSet(const base::Clock& clock, Storage& storage, Executors executors, ChannelEventSink sink,
                       ChannelConnectionSink connection)
    : clock_(clock),
      storage_(storage),
      executors_(std::move(executors)),
      sink_(std::move(sink)),
      connection_sink_(std::move(connection)) {}

void ChannelSet::add(ChannelSettings settings, bool continued) {
  const std::string id = settings.id;
  auto channel = std::make_shared<RelayChannel>(executors_(), clock_, storage_, std::move(settings), sink_,
                                                connection_sink_);
  channel->start(continued);
  const std::lock_guard lock(mutex_);
  channels_[id] = std::move(channel);
}

void ChannelSet::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto it = channels_.find(id);
  if (it == channels_.end()) return;
  it->second->stop(true);
  channels_.erase(it);
}

bool ChannelSet::contains(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  return channels_.contains(id);
}

std::shared_ptr<RelayChannel> ChannelSet::find(std::string_view id_or_name) const {
  const std::lock_guard lock(mutex_);
  const auto it = channels_.find(id_or_name);
  if (it != channels_.end()) return it->second;
  for (const auto& [id, channel] : channels_) {
    if (channel->name() == id_or_name) return channel;
  }
  return nullptr;
}

std::shared_ptr<media::StreamHub> ChannelSet::find_stream(std::string_view channel,
                                                          const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(channel);
  return found == channels_.end() ? nullptr : found->second->hub(stream);
}

std::string ChannelSet::find_relayed(std::string_view id_or_name) const {
  const auto channel = find(id_or_name);
  return channel ? channel->id() : std::string();
}

std::vector<std::shared_ptr<RelayChannel>> ChannelSet::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<RelayChannel>> channels;
  for (const auto& [id, channel] : channels_) channels.push_back(channel);
  return channels;
}

void ChannelSet::stop() {
  for (const auto& channel : all()) channel->stop();
}

}  // namespace watchrig::storage
