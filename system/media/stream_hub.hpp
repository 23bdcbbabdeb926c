#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "system/base/bounded_queue.hpp"
#include "system/base/clock.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtp_train.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::media {

class StreamHub;

/// One reader's place at a hub: a bounded queue that starts at a key picture. Destroying it ends the reading.
template <class Entry>
class HubReader {
 public:
  HubReader(std::shared_ptr<StreamHub> hub, asio::any_io_executor consumer, std::size_t bytes,
            base::Overflow overflow, base::Start start)
      : queue(std::move(consumer), {4096, bytes}, overflow, start), hub_(std::move(hub)) {}
  ~HubReader();
  HubReader(const HubReader&) = delete;
  HubReader& operator=(const HubReader&) = delete;

  base::BoundedQueue<Entry> queue;

 private:
  std::shared_ptr<StreamHub> hub_;
};

using UnitReader = HubReader<AccessUnitPtr>;
using TrainReader = HubReader<RtpTrainPtr>;

/// One stream of one channel on its way from one source to any number of readers. The source publishes each
/// access unit once; unit readers (recorder, browser) share it, train readers (RTSP players) share its
/// packets, which are made only while there is such a reader. When the tracks change (other codec, size or
/// parameter sets after a reconnect), all readers end and may come again. Any thread may call everything, but
/// publish() and set_tracks() not two at a time.
class StreamHub : public std::enable_shared_from_this<StreamHub> {
 public:
  struct Totals {
    std::uint64_t units = 0;            ///< published
    std::uint64_t bytes = 0;            ///< their payload
    std::uint64_t dropped = 0;          ///< units and trains that slow readers lost, past readers included
    std::size_t readers = 0;            ///< now
    std::optional<base::UtcTime> last;  ///< time of the last unit
    double frames_per_second = 0;       ///< of the video track, over the last second or more
  };

  /// `name` is for messages: `camera "gate" main`. `ssrc` is that of the first relayed track; others count
  /// up.
  StreamHub(std::string name, std::uint32_t ssrc);
  ~StreamHub();

  const std::string& name() const { return name_; }

  /// The tracks that the units published from now on belong to.
  void set_tracks(Presentation tracks);
  /// Empty until the source has connected for the first time.
  Presentation tracks() const;
  void publish(const AccessUnitPtr& unit);
  /// Ends all readers; those that come later end at once.
  void close();

  /// A reader of units that holds at most `bytes` of payload; `overflow` is what happens when it is too slow.
  std::shared_ptr<UnitReader> read_units(asio::any_io_executor consumer, std::size_t bytes,
                                         base::Overflow overflow);
  /// A reader of packets for the RTSP server, of at most `bytes`; drops to the next key picture when too
  /// slow.
  std::unique_ptr<RtspFeed> read_trains(asio::any_io_executor consumer, std::size_t bytes);

  Totals totals();
  /// Called, on any thread, when the first reader comes (true) and when the last one has gone (false).
  void on_demand(std::function<void(bool wanted)> listener);

 private:
  template <class Entry>
  friend class HubReader;
  struct Relay;

  template <class Entry>
  std::shared_ptr<HubReader<Entry>> add_reader(std::vector<std::weak_ptr<HubReader<Entry>>>& readers,
                                               asio::any_io_executor consumer, std::size_t bytes,
                                               base::Overflow overflow);
  void leave(const base::QueueStats& stats);
  using Kept = std::vector<std::shared_ptr<void>>;
  void end_readers(Kept& keep);
  RtpTrainPtr make_train(const AccessUnit& unit);
  void count(const AccessUnit& unit);

  const std::string name_;
  const std::uint32_t ssrc_;
  mutable std::mutex mutex_;
  Presentation tracks_;
  std::vector<Relay> relays_;  ///< one a track
  std::vector<std::weak_ptr<UnitReader>> unit_readers_;
  std::vector<std::weak_ptr<TrainReader>> train_readers_;
  Totals totals_;
  std::uint64_t rate_pictures_ = 0;  ///< since rate_since_
  std::optional<base::UtcTime> rate_since_;
  std::function<void(bool)> demand_;
  bool closed_ = false;
};

}  // namespace watchrig::media
