#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "system/media/live_streams.hpp"
#include "system/storage/relay/relay_channel.hpp"

namespace watchrig::storage {

/// The channels that this server relays and records. Any thread.
class ChannelSet final : public media::LiveStreams {
 public:
  using Executors = std::function<boost::asio::any_io_executor()>;

  ChannelSet(const base::Clock& clock, Storage& storage, Executors executors, ChannelEventSink sink,
             ChannelConnectionSink connection = {});

  /// Starts the channel; see RelayChannel::start for `continued`.
  void add(ChannelSettings settings, bool continued);
  void remove(std::string_view id);
  bool contains(std::string_view id) const;
  /// By id or else by name; null when there is none.
  std::shared_ptr<RelayChannel> find(std::string_view id_or_name) const;
  std::shared_ptr<media::StreamHub> find_stream(std::string_view channel,
                                                const std::string& stream) const override;
  std::string find_relayed(std::string_view id_or_name) const override;
  std::vector<std::shared_ptr<RelayChannel>> all() const;
  void stop();

 private:
  const base::Clock& clock_;
  Storage& storage_;
  const Executors executors_;
  const ChannelEventSink sink_;
  const ChannelConnectionSink connection_sink_;
  mutable std::mutex mutex_;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::shared_ptr<RelayChannel>, Hash, std::equal_to<>> channels_;  ///< by id
};

}  // namespace watchrig::storage
