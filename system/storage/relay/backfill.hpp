#pragma once

#include <deque>
#include <map>
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

class HoleJoin;

/// Fetches what was not recorded from the devices' own recordings, once a channel is recorded again: after a
/// loss of the network, or of this server. On a thread of its own; four channels at a time, each at most at
/// `rate`, so that live streams are not disturbed. What a device did not send to its end is asked for again,
/// a few times. Raises recording.backfilled for what was filled of a hole, and recording.backfill-failed for
/// what could not be in the end; nothing where a device keeps no recordings.
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
  };
  struct Filled {
    std::uint64_t units = 0;
    base::UtcTime until;  ///< of the newest unit
    bool whole = false, exact = false;
  };
  /// Channel, stream and end: the begin moves as it is filled.
  using HoleName = std::tuple<std::string, std::string, base::UtcTime>;

  void enqueue(Order order);
  /// Whether what was ordered is still to be done.
  static bool is_wanted(const RelayChannel& channel, const BackfillSource& source);
  static boost::asio::awaitable<void> work(Backfill* self);
  boost::asio::awaitable<void> serve(std::shared_ptr<RelayChannel> channel);
  boost::asio::awaitable<base::Result<Filled>> fill(const RelayChannel& channel, BackfillSource source,
                                                    Hole hole);
  boost::asio::awaitable<base::Result<Filled>> play(const RelayChannel& channel, BackfillSource source,
                                                    media::RtspClient& client, HoleJoin& join,
                                                    ChannelRecorder& recorder);
  /// Until the store takes the unit; false when it does not.
  boost::asio::awaitable<bool> keep(ChannelRecorder& recorder, media::AccessUnitPtr unit);
  void tell(const RelayChannel& channel, const Hole& hole, const base::Result<Filled>& filled);

  const base::Clock& clock_;
  Storage& storage_;
  const ChannelEventSink sink_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::deque<Order> orders_;
  std::set<std::string> in_work_;          ///< ids of channels
  std::map<HoleName, unsigned> attempts_;  ///< that did not fill the hole
  std::thread thread_;
};

}  // namespace watchrig::storage
