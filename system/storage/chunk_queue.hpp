#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "system/base/metrics.hpp"
#include "system/storage/channel_recorder.hpp"
#include "system/storage/pending_chunk.hpp"
#include "system/storage/storage_event.hpp"

namespace watchrig::storage {

struct Hole;
struct VolumeState;

/// What the queue keeps of one recorder; belongs to the queue's mutex.
struct RecorderFeed {
  RecorderFeed(std::string channel_id, std::string stream_name, media::Presentation tracks,
               base::Duration duration)
      : channel(channel_id),
        stream(stream_name),
        builder(channel_id, stream_name, std::move(tracks), duration) {}

  const std::string channel;
  const std::string stream;
  ChunkBuilder builder;
  RecorderStats stats;
  struct Waiting {
    base::UtcTime since;  ///< when it was opened, or given to that volume later
    std::size_t volume = 0;
  };
  std::deque<Waiting> waiting;  ///< chunks that no writer has written yet
  std::size_t volume = 0;       ///< for which its chunks are
  std::uint64_t choice = 0;     ///< the state of the volumes by which that was chosen
  bool moved = false;           ///< within a run, which another volume has the begin of
  bool needs_key = false;       ///< units are passed over until a key frame comes
  bool lost_some = false;       ///< the reason is a drop, not the begin
  bool closed = false;
  bool fills_hole = false;
};

/// Between the recorders and the volumes' writers: bounded in bytes for each volume, and where a recorder's
/// units become chunks. A recorder never waits here. When the limit is reached, the new unit is dropped and
/// with it all up to the next key frame that fits, so that what is stored can be shown; the drop is counted
/// and raises recording.failed. Each channel has its volume among those of its disk group that work. What
/// waits for one that fails or hangs goes to others at once, what follows too; with a key frame all is as it
/// should be. Any thread; next(), committed(), failed(), works() and served() are for the writers'.
class ChunkQueue {
 public:
  struct Settings {
    std::vector<std::string> volumes;  ///< their names; none is used before attach()
    base::Duration chunk_duration{};
    base::Duration group_interval{};
    base::Duration stall_alarm{};
    std::uint64_t bytes = 0;  ///< for each volume
  };
  ChunkQueue(Settings settings, const base::Clock& clock, base::Metrics& metrics, EventSink sink);

  /// From now on this volume is recorded on, `weight` times as much as on one of 1. `last_run` is the largest
  /// that it has.
  void attach(std::size_t volume, std::uint64_t last_run, double weight);
  /// As in Storage; all are of the first disk group before.
  /// The volume is not used until it is attached again: its writer's next batch is its last one, and what
  /// others can take goes to them.
  void detach(std::size_t volume);
  /// Whether its writer cannot write.
  bool fails(std::size_t volume) const;
  void group(std::size_t volume, std::int64_t disk_group);
  void assign(const std::string& channel, std::int64_t disk_group);

  base::Result<std::shared_ptr<RecorderFeed>> open(const std::string& channel, const std::string& stream,
                                                   media::Presentation tracks);
  /// For units of a hole, whose run they continue. Beside the feed of the stream itself.
  base::Result<std::shared_ptr<RecorderFeed>> open_hole(const std::string& channel, const std::string& stream,
                                                        media::Presentation tracks, const Hole& hole);
  bool push(const std::shared_ptr<RecorderFeed>& feed, media::AccessUnitPtr unit);
  void present(const std::shared_ptr<RecorderFeed>& feed, media::Presentation tracks);
  void mark(const std::shared_ptr<RecorderFeed>& feed, platform::RecordingTypes types);
  void close(const std::shared_ptr<RecorderFeed>& feed);
  RecorderStats stats(const RecorderFeed& feed) const;

  /// Ends the open chunks and waits until the writers have tried to write everything up to here.
  base::Result<> flush(base::Duration real_deadline);
  /// From now on everything is refused. Each writer's next batch is its last one.
  void stop();

  struct Batch {
    std::vector<std::unique_ptr<PendingChunk>> chunks;  ///< in order of their ends
    std::uint64_t flush = 0;                            ///< hand back to served()
    bool last = false;
  };
  /// Waits for chunks whose time to be written has come, and no longer than until `wake_at`; with `retry_at`
  /// for that time, whatever else is there.
  Batch next(std::size_t volume, std::optional<base::UtcTime> retry_at,
             base::UtcTime wake_at = base::UtcTime::max());
  void writing(std::size_t volume,
               bool now);  ///< tells a slow disk from a slow server when units are dropped
  void committed(std::size_t volume, const std::vector<std::unique_ptr<PendingChunk>>& chunks);
  /// Chunks that could not be written: those that stay in the list will be tried again, the others are
  /// written elsewhere.
  void failed(std::size_t volume, std::vector<std::unique_ptr<PendingChunk>>& chunks,
              const std::string& cause, const std::string& message);
  /// The volume can be written again.
  void works(std::size_t volume);
  /// Chunks that the writer has not written at its end: lost when the queue is stopped, else for the next
  /// writer of the volume.
  void give_back(std::size_t volume, std::vector<std::unique_ptr<PendingChunk>> chunks);
  void served(std::size_t volume, std::uint64_t flush, std::optional<base::Error> error);

  /// Fills in what it knows of a volume.
  void describe(std::size_t volume, VolumeState& state) const;
  std::uint64_t queued_bytes() const;
  std::uint64_t dropped_units() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Feed = std::shared_ptr<RecorderFeed>;
  using Chunks = std::vector<std::unique_ptr<PendingChunk>>;

  /// What waits for one volume's writer, and how it does.
  struct Lane {
    std::string volume;
    base::Counter& dropped_server;
    base::Counter& dropped_disk;
    base::Gauge& queued;
    double weight = 0;
    std::int64_t disk_group = 1;
    bool attached = false;
    bool failing = false;
    bool stalled = false;   ///< it hangs
    bool relieved = false;  ///< meanwhile others take what is for it, which has been told
    bool writing = false;
    bool busy = false;   ///< the writer is not in next()
    bool ended = false;  ///< the writer takes nothing more
    bool left = false;   ///< detached; the writer is to end
    Chunks ready = {};
    std::optional<base::UtcTime> ready_since = {};
    base::UtcTime waking_at = base::UtcTime::max();
    std::uint64_t queued_bytes = 0;
    std::uint64_t flushes_asked = 0;
    std::uint64_t flushes_served = 0;
    std::optional<base::Error> flush_error = {};
    std::condition_variable work = {};

    bool usable() const { return attached && !failing && !stalled && !ended; }
  };

  base::Result<Feed> make_feed(const std::string& channel, const std::string& stream,
                               media::Presentation tracks, bool fills_hole);
  bool drop(RecorderFeed& feed, std::vector<Event>& events);
  bool accept(const Feed& feed, media::AccessUnitPtr unit, std::size_t bytes);
  void alarm(RecorderFeed& feed, const std::string& cause, const std::string& reason,
             std::vector<Event>& events);
  void check_stall(RecorderFeed& feed, base::UtcTime now, std::vector<Event>& events);
  void enqueue(const Feed& feed, std::unique_ptr<PendingChunk> chunk);
  void queue(Lane& lane, std::unique_ptr<PendingChunk> chunk);
  void end_open_chunks(base::UtcTime opened_until, std::optional<std::size_t> volume = std::nullopt);
  void hangs_no_more(std::size_t volume);
  void wake_by(Lane& lane, base::UtcTime due);
  base::UtcTime next_due(std::size_t volume) const;
  std::uint64_t next_run();
  void add_bytes(Lane& lane, std::int64_t bytes);
  void release(std::size_t volume, const PendingChunk& chunk);
  void lose(std::size_t volume, const Chunks& chunks);
  Lane& lane_of(const RecorderFeed& feed) { return *lanes_[feed.volume]; }

  /// The volume of a channel: of its disk group if one of that works, else of those that do; one that does
  /// not where none does.
  std::size_t choose(const std::string& channel) const;
  void move(RecorderFeed& feed, std::size_t volume);
  /// At the begin of a group of pictures, all volumes may be chosen anew.
  void choose_anew(const Feed& feed);
  /// What others can take of a volume's chunks goes to them.
  void hand_over(std::size_t volume, Chunks& chunks);
  /// How a volume is has changed, or of which disk group it or a channel is.
  template <class Value>
  void set(Value& state, Value now) {
    if (state == now) return;
    state = now;
    ++choice_;
  }

  void emit(std::vector<Event> events) const;

  const Settings settings_;
  const base::Clock& clock_;
  const EventSink sink_;

  mutable std::mutex mutex_;
  std::condition_variable done_;
  std::vector<std::unique_ptr<Lane>> lanes_;  ///< by the numbers of the volumes
  std::map<std::tuple<std::string, std::string, bool>, Feed>
      feeds_;  ///< channel, stream, whether it fills a hole
  std::map<std::string, std::int64_t, std::less<>> disk_groups_;  ///< of channels that are not of the first
  std::uint64_t choice_ = 1;  ///< another number after each change of what choose() looks at
  std::uint64_t handed_over_ = 0;
  std::uint64_t last_run_ = 0;
  bool stopped_ = false;
};

}  // namespace watchrig::storage
