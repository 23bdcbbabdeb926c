#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "simulators/camera/camera_stream.hpp"
#include "simulators/camera/onvif/snapshot_keeper.hpp"
#include "simulators/camera/packet_harm.hpp"

namespace watchrig::camera {

/// The place of a stream of a camera or recorder, and what goes out there: one stage after the other, since
/// the settings of the encoder may be changed while it runs. Any thread.
class CameraChannel {
 public:
  /// What goes out by one state of the settings. Readers stay with the stage that they have begun.
  struct Stage {
    scene::SourceSpec source;
    std::shared_ptr<CameraStream> stream;
    std::unique_ptr<SnapshotKeeper> snapshots;  ///< of a camera that gives them away
  };
  using StagePtr = std::shared_ptr<const Stage>;

  struct Place {
    std::string camera;  ///< for messages
    std::string name;    ///< "main", or "ch3-main" of a recorder
    std::shared_ptr<kernel::FaultBoard> board;
    const base::Clock& clock;  ///< outlives the channel
    std::uint64_t seed = 1;
    bool snapshots = false;
    std::shared_ptr<CardStore> card = {};            ///< on which it is recorded
    double phase = 0;                                ///< see CameraSpec::phase
    std::shared_ptr<VideoAnalytics> analytics = {};  ///< of its video input; null: nothing is told of it
  };

  /// `audio` may be null.
  CameraChannel(Place place, const scene::SourceSpec& source, std::shared_ptr<Broadcast> video,
                std::shared_ptr<Broadcast> audio);
  ~CameraChannel();

  const std::string& name() const { return place_.name; }
  const std::shared_ptr<HarmContext>& harm() const { return harm_; }
  /// On which it is recorded; null: on none.
  const std::shared_ptr<CardStore>& card() const { return place_.card; }
  StagePtr stage() const;

  /// From now on this goes out, and the readers of before are sent away: they have to ask for the new
  /// parameter sets. Error: a burst is in force that the new source cannot do; then nothing has changed.
  /// With `audio` its sound is another one too.
  base::Result<> change(const scene::SourceSpec& source, std::shared_ptr<Broadcast> video,
                        std::shared_ptr<Broadcast> audio = nullptr);
  void stop();

  /// Over all stages, as far as they are remembered.
  CameraStream::Totals totals() const;
  /// The units captured from `from` up to before `to`, over the same stages, oldest first.
  std::vector<Ledger::Entry> entries(std::size_t track, base::UtcTime from, base::UtcTime to) const;

 private:
  /// What is left of a stage that is over.
  struct Past {
    std::vector<std::shared_ptr<Ledger>> ledgers;
    CameraStream::Spans spans;
    CameraStream::Totals totals;
  };

  StagePtr make_stage(const scene::SourceSpec& source, std::shared_ptr<Broadcast> video,
                      std::shared_ptr<Broadcast> audio) const;

  const Place place_;
  const std::shared_ptr<HarmContext> harm_;
  std::mutex changing_;               ///< one change() at a time
  std::shared_ptr<Broadcast> audio_;  ///< under changing_
  mutable std::mutex mutex_;
  StagePtr stage_;
  std::deque<Past> past_;
};

}  // namespace watchrig::camera
