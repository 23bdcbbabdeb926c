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
  std::deque<base::UtcTime> waiting;  ///< when the chunks were opened that the writer has not written yet
  bool needs_key = false;             ///< units are passed over until a key frame comes
  bool lost_some = false;             ///< the reason is a drop, not the begin
  bool closed = false;
  bool fills_hole = false;
};

/// Between the recorders and the writer: bounded in bytes, and where a recorder's units become chunks. A
/// recorder never waits here. When the limit is reached, the new unit is dropped and with it all up to the
/// next key frame that fits, so that what is stored can be shown; the drop is counted and raises
/// recording.failed. Any thread; next(), committed(), failed() and served() are for the writer's.
class ChunkQueue {
 public:
  struct Settings {
    std::string volume;  ///< for messages
    base::Duration chunk_duration{};
    base::Duration group_interval{};
    base::Duration stall_alarm{};
    std::uint64_t bytes = 0;
    std::uint64_t last_run = 0;  ///< the largest that the volume has
  };
  ChunkQueue(Settings settings, const base::Clock& clock, base::Metrics& metrics, EventSink sink);

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

  /// Ends the open chunks and waits until the writer has tried to write everything up to here.
  base::Result<> flush(base::Duration real_deadline);
  /// From now on everything is refused. The writer's next batch is the last one.
  void stop();

  struct Batch {
    std::vector<std::unique_ptr<PendingChunk>> chunks;  ///< in order of their ends
    std::uint64_t flush = 0;                            ///< hand back to served()
    bool last = false;
  };
  /// Waits for chunks whose time to be written has come, and no longer than until `wake_at`; with `retry_at`
  /// for that time, whatever else is there.
  Batch next(std::optional<base::UtcTime> retry_at, base::UtcTime wake_at = base::UtcTime::max());
  void writing(bool now);  ///< tells a slow disk from a slow server when units are dropped
  void committed(const std::vector<std::unique_ptr<PendingChunk>>& chunks);
  /// Chunks that could not be written and will be tried again.
  void failed(const std::vector<std::unique_ptr<PendingChunk>>& chunks, const std::string& cause,
              const std::string& message);
  /// Chunks that the writer gives up at the end.
  void lost(const std::vector<std::unique_ptr<PendingChunk>>& chunks);
  void served(std::uint64_t flush, std::optional<base::Error> error);

  std::uint64_t queued_bytes() const;
  std::uint64_t dropped_units() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Feed = std::shared_ptr<RecorderFeed>;

  base::Result<Feed> make_feed(const std::string& channel, const std::string& stream,
                               media::Presentation tracks, bool fills_hole);
  bool drop(RecorderFeed& feed, std::vector<Event>& events);
  bool accept(const Feed& feed, media::AccessUnitPtr unit, std::size_t bytes);
  void alarm(RecorderFeed& feed, const std::string& cause, const std::string& reason,
             std::vector<Event>& events);
  void check_stall(RecorderFeed& feed, base::UtcTime now, std::vector<Event>& events);
  void enqueue(const Feed& feed, std::unique_ptr<PendingChunk> chunk);
  void end_open_chunks(base::UtcTime opened_until);
  void wake_by(base::UtcTime due);
  base::UtcTime next_due() const;
  std::uint64_t next_run();
  void release(const PendingChunk& chunk);
  void emit(std::vector<Event> events) const;

  const Settings settings_;
  const base::Clock& clock_;
  const EventSink sink_;
  base::Counter& dropped_server_;
  base::Counter& dropped_disk_;
  base::Gauge& queued_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::map<std::tuple<std::string, std::string, bool>, Feed>
      feeds_;  ///< channel, stream, whether it fills a hole
  std::vector<std::unique_ptr<PendingChunk>> ready_;
  std::optional<base::UtcTime> ready_since_;
  base::UtcTime waking_at_ = base::UtcTime::max();
  std::uint64_t queued_bytes_ = 0;
  std::uint64_t last_run_;
  std::uint64_t flushes_asked_ = 0;
  std::uint64_t flushes_served_ = 0;
  std::optional<base::Error> flush_error_;
  bool writing_ = false;
  bool failing_ = false;
  bool stopped_ = false;
};

}  // namespace watchrig::storage
