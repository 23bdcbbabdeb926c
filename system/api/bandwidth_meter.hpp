#pragma once

#include <map>
#include <mutex>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "system/base/clock.hpp"
#include "system/storage/relay/channel_set.hpp"

namespace watchrig::api {

/// What registered devices send to this server, measured from one question to the next, over a second at
/// least. Any thread.
class BandwidthMeter {
 public:
  struct Reading {
    double bits_per_second = 0;  ///< of all streams that are connected
    std::size_t channels = 0;    ///< that there are
    std::size_t delivering = 0;  ///< whose main stream is online
  };

  /// Channels outlive it and its questions. Takes a second when nobody has asked within the last minute.
  boost::asio::awaitable<Reading> read(const storage::ChannelSet& channels);

 private:
  struct Sample {
    base::UtcTime time;
    std::map<std::string, std::uint64_t> bytes;  ///< by channel and stream
    Reading reading;
  };
  static Sample take(const base::Clock& clock, const storage::ChannelSet& channels);
  static double rate(const Sample& before, const Sample& now);

  const base::Clock real_;
  std::mutex mutex_;
  Sample last_;
};

}  // namespace watchrig::api
