#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "simulators/camera/analytics/metadata_track.hpp"
#include "simulators/camera/broadcast.hpp"
#include "simulators/camera/card/card_store.hpp"
#include "simulators/camera/lateness.hpp"
#include "simulators/camera/ledger.hpp"
#include "simulators/kernel/fault_board.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::camera {

class CameraFeed;

/// One stream of one camera (main or sub): a video track, perhaps an audio track, its readers and its
/// ledgers. Readers get the trains of the broadcasts as they are, unless a burst has given the camera trains
/// of its own. Any thread.
class CameraStream : public std::enable_shared_from_this<CameraStream> {
 public:
  struct Totals {
    std::array<std::uint64_t, 3> units{};  ///< a track; produced since start()
    std::array<std::uint64_t, 3> bytes{};  ///< a track; their payload
    std::uint64_t dropped = 0;             ///< trains that slow readers lost, present and past ones
  };

  /// Capture times of the first and the last unit of a track that went out here; nothing before the first.
  struct Span {
    base::UtcTime first, last;
  };
  using Spans = std::array<std::optional<Span>, 3>;

  /// `camera` and `name` ("main") are for messages. The clock outlives the stream. For `phase` see
  /// CameraSpec.
  CameraStream(std::string camera, std::string name, std::shared_ptr<Broadcast> video,
               std::shared_ptr<Broadcast> audio, std::shared_ptr<kernel::FaultBoard> board,
               const base::Clock& clock, double phase = 0);
  ~CameraStream();

  /// Has a track of metadata behind the others, as this input's analytics say, whose rules are perhaps judged
  /// by this stream; before start().
  void add_metadata(std::shared_ptr<VideoAnalytics> analytics, bool judges, std::uint32_t ssrc);
  /// Connects to the broadcasts; once, after construction.
  void start();
  /// From now on the card gets what goes out here, or would without the faults of the network.
  void record_to(std::shared_ptr<CardStore> card);
  /// Leaves the broadcasts and ends all readers, those to come included.
  void stop();

  const std::string& name() const { return name_; }
  /// Video and sound.
  media::Presentation tracks() const;
  /// Null: it has none.
  const MetadataTrack* metadata() const { return metadata_.get(); }
  const Broadcast& video() const { return *video_; }
  const std::shared_ptr<Broadcast>& shared_video() const { return video_; }
  std::string error() const;
  /// One a track, that of metadata last.
  const std::vector<std::shared_ptr<Ledger>>& ledgers() const { return ledgers_; }

  /// A reader that begins at the next key picture, or at once when the camera claims to have none.
  std::unique_ptr<media::RtspFeed> open(boost::asio::any_io_executor executor);

  /// Brings the encoder to the burst in force on the board; nothing after stop(). Error unsupported:
  /// the source cannot burst.
  base::Result<void> apply_burst();

  Totals totals() const;
  Spans spans() const;
  /// From the moment at which a unit is to go out, its capture or later by the phase, to the one at which a
  /// session had all packets; model time.
  const LatenessMeter& sending() const { return sending_; }
  const base::Clock& clock() const { return clock_; }
  base::Duration period() const { return period_; }
  base::Duration lag() const { return lag_; }

 private:
  friend class CameraFeed;
  /// A burst's way round the broadcast: the camera's own subscription and packetizer. Once begun it stays,
  /// because the sequence numbers of this camera are not those of the others any more.
  struct Detour {
    media::RtpPacketizer packetizer;
    scene::Subscription subscription;
    bool taken = false;  ///< its units are the ones that count
  };

  void on_shared(TrackRole role, const scene::EncodedUnitPtr& unit, const media::RtpTrainPtr& train);
  void on_detour(const scene::EncodedUnitPtr& unit);
  void publish(TrackRole role, const scene::EncodedUnit& unit, const media::RtpTrainPtr& train);
  void publish_metadata(const scene::EncodedUnit& picture);
  void count(std::size_t track, std::size_t bytes, base::UtcTime captured);
  const std::vector<kernel::Fault>& faults();
  void sent(const media::RtpTrain& train);
  /// Under mutex_: has the state of things told in the documents to come.
  void reader_begins() const;
  void leave(CameraFeed& feed);
  double wanted_factor() const;

  const std::string camera_;
  const std::string name_;
  const std::shared_ptr<Broadcast> video_;
  const std::shared_ptr<Broadcast> audio_;
  const std::shared_ptr<kernel::FaultBoard> board_;
  const base::Clock& clock_;
  const base::Duration period_;  ///< from one picture to the next
  const base::Duration lag_;     ///< behind their capture; whole milliseconds, so that timers expire together
  std::vector<std::shared_ptr<Ledger>> ledgers_;
  std::unique_ptr<MetadataTrack> metadata_;  ///< what changes in it, under mutex_
  LatenessMeter sending_;

  std::mutex burst_mutex_;  ///< one apply_burst() at a time; never taken by what a source calls
  double factor_ = 1;       ///< under burst_mutex_
  bool left_ = false;       ///< under burst_mutex_; the broadcasts

  mutable std::mutex mutex_;
  std::vector<CameraFeed*> feeds_;  ///< each leaves before it goes
  std::unique_ptr<Detour> detour_;
  std::optional<std::uint64_t> last_video_;  ///< index of the last video unit that counted
  std::uint16_t next_sequence_ = 0;          ///< behind the last video train
  std::vector<kernel::Fault> faults_;        ///< of the board, as of faults_version_
  std::uint64_t faults_version_ = 0;
  bool stopped_ = false;
  std::shared_ptr<CardStore> card_;
  Totals totals_;
  Spans spans_;

  std::vector<std::unique_ptr<Broadcast::Tap>> taps_;
};

}  // namespace watchrig::camera
