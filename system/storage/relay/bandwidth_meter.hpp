#pragma once

#include <map>
#include <mutex>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "system/base/clock.hpp"
#include "system/platform/role_messages.hpp"
#include "system/storage/relay/channel_set.hpp"

namespace watchrig::storage {

/// What devices send to this server, measured from one question to the next, over a second at
/// least. Any thread.
class BandwidthMeter {
 public:
  /// Channels outlive it and its questions. Takes a second when nobody has asked within the last minute.
  boost::asio::awaitable<platform::NvrBandwidth> read(const ChannelSet& channels);

 private:
  struct Sample {
    base::UtcTime time;
    std::map<std::string, std::uint64_t> bytes;  ///< by channel and stream
    platform::NvrBandwidth reading;
  };
  static Sample take(const base::Clock& clock, const ChannelSet& channels);
  static double rate(const Sample& before, const Sample& now);

  const base::Clock real_;
  std::mutex mutex_;
  Sample last_;
};

}  // namespace watchrig::storage
