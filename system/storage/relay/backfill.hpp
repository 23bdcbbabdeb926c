#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <tuple>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "system/base/timer.hpp"
#include "system/storage/relay/relay_channel.hpp"

namespace watchrig::storage {

/// Fetches what was not recorded from the devices' own recordings, once a channel is recorded again: after a
/// loss of the network, or of this server. On a thread of its own; four channels at a time, each at most at
/// `rate`, so that live streams are not disturbed. Raises recording.backfilled for each hole that was filled,
/// in whole or in part, and recording.backfill-failed for each that was not. A hole that the device cannot
/// fill is not asked for again.
class Backfill {
 public:
  static constexpr double rate = 32e6;  ///< bits a second
  static constexpr std::size_t workers = 4;

  /// All outlive it.
  Backfill(const base::Clock& clock, Storage& storage, ChannelEventSink sink);
  ~Backfill();

  /// Looks for holes of this channel in a moment. Any thread.
  void look(std::shared_ptr<RelayChannel> channel);

 private:
  struct Order {
    std::shared_ptr<RelayChannel> channel;
    base::UtcTime due;
    unsigned attempt = 0;
  };
  struct Filled {
    std::uint64_t units = 0, bytes = 0;
    base::UtcTime until;  ///< of the newest unit
    bool whole = false, exact = false;
  };
  /// Channel, stream, begin and end.
  using HoleName = std::tuple<std::string, std::string, base::UtcTime, base::UtcTime>;

  void enqueue(Order order);
  static boost::asio::awaitable<void> work(Backfill* self);
  boost::asio::awaitable<void> serve(Order order);
  boost::asio::awaitable<base::Result<Filled>> fill(const RelayChannel& channel, std::string stream,
                                                    Hole hole);
  boost::asio::awaitable<base::Result<Filled>> play(media::RtspClient& client, class HoleJoin& join,
                                                    ChannelRecorder& recorder);
  void tell(const RelayChannel& channel, const Hole& hole, const base::Result<Filled>& filled);

  const base::Clock& clock_;
  Storage& storage_;
  const ChannelEventSink sink_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::deque<Order> orders_;
  std::set<HoleName> given_up_;
  std::thread thread_;
};

}  // namespace watchrig::storage
