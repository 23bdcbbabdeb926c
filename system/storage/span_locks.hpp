#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/platform/sqlite_database.hpp"
#include "system/storage/chunk_index.hpp"
#include "system/storage/storage_event.hpp"

namespace watchrig::storage {

/// Evidence: what is recorded of a channel within [from, to), all streams, is neither overwritten nor
/// expires.
struct SpanLock {
  std::int64_t id = 0;  ///< from 1; none comes twice
  std::string channel;  ///< empty: every channel
  base::UtcTime from;
  base::UtcTime to;
  base::UtcTime kept_from;  ///< `from`, or before it the key frame that its first picture needs
  std::uint64_t bytes = 0;  ///< on the volume when it was locked
  std::string reason;
  std::string by;  ///< who has locked it
  base::UtcTime made;
};

/// What there is to be locked of a channel.
struct Lockable {
  base::UtcTime kept_from;
  std::uint64_t bytes = 0;
  std::string stream;  ///< of the chunk that would go first
  ChunkRow first;
};
/// Errors: not_found (nothing is recorded there), of the index.
base::Result<Lockable> find_lockable(const ChunkIndex& index, std::string_view channel, base::UtcTime from,
                                     base::UtcTime to);
/// Whether its first chunk is, and so all of it.
bool is_there(const ChunkIndex& index, std::string_view channel, const Lockable& found);

/// The locks of a volume, in a database of their own beside the recordings: the index may be made again,
/// locks may not be lost. Any thread.
class SpanLocks {
 public:
  static constexpr std::size_t most = 10'000;

  /// One that is damaged is put aside, and all that was recorded until now is locked in its place. Errors:
  /// unsupported (of a newer program), denied, full, io.
  static base::Result<std::shared_ptr<SpanLocks>> open(const std::filesystem::path& directory,
                                                       const ChunkIndex& index, base::UtcTime now,
                                                       const EventSink& sink);

  /// With its id, which is the next one where it has none. Errors: conflict (there are `most`), of the
  /// database. Nothing where `is_there` says so, which is asked when nothing can be taken away any more.
  base::Result<std::optional<SpanLock>> add(SpanLock lock, const std::function<bool()>& is_there);
  /// Errors: not_found, of the database.
  base::Result<SpanLock> remove(std::int64_t id);
  /// Larger than any that there was.
  base::Result<std::int64_t> next_id();
  /// Errors: conflict (there is another of that id), of the database.
  base::Result<> renumber(std::int64_t id, std::int64_t other);
  std::vector<SpanLock> all() const;

  /// While it lives nothing is locked.
  class Held {
   public:
    explicit Held(const SpanLocks& locks) : lock_(locks.mutex_), locks_(locks) {}
    bool any() const { return !locks_.locks_.empty(); }
    /// The end of a lock on something between these two times.
    std::optional<base::UtcTime> covers(const std::string& channel, base::UtcTime begin,
                                        base::UtcTime last) const;
    /// What locks had of a channel when they were made, as far as their periods are apart; without limit
    /// where one is on every channel.
    std::uint64_t bytes(const std::string& channel) const;

   private:
    const std::unique_lock<std::mutex> lock_;
    const SpanLocks& locks_;
  };
  Held hold() const { return Held(*this); }

  /// Tells the index of those that were removed: segments that were passed over for them are not any more.
  /// Whether there were any. Done again after a crash.
  base::Result<bool> release(ChunkIndex& index);

 private:
  explicit SpanLocks(platform::SqliteDatabase database) : database_(std::move(database)) {}
  base::Result<> read();
  base::Result<bool> is_new();

  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::map<std::int64_t, SpanLock> locks_;
  std::map<std::int64_t, SpanLock> released_;
  /// [kept_from, to) by channel.
  std::map<std::string, std::vector<std::pair<base::UtcTime, base::UtcTime>>, std::less<>> periods_;
  std::atomic<bool> any_released_ = false;
  void find_periods();
};

}  // namespace watchrig::storage
