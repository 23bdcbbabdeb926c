#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "system/base/metrics.hpp"
#include "system/storage/chunk_removal.hpp"
#include "system/storage/span_locks.hpp"

namespace watchrig::storage {

/// How long and how much of a channel, all its streams, is kept at most; zero: no limit.
struct Retention {
  base::Duration keep{};
  std::uint64_t bytes = 0;
};
using Retentions = std::map<std::string, Retention>;

/// Removes what channels have beyond their limits, oldest first, chunk by chunk; never what is locked, nor
/// anything of the segment that is being written. A little at a time, since recording waits meanwhile; and
/// nothing for its age for an hour after the clock has jumped ahead by more than that, since it may be wrong.
class RetentionSweep {
 public:
  /// What a volume has of a channel.
  struct Share {
    std::uint64_t bytes = 0;              ///< that are not locked
    std::optional<base::UtcTime> oldest;  ///< begin of what would be removed first
    bool unknown = false;                 ///< it has not been looked for that yet, and may be
  };
  /// What other volumes have of a channel, as their sweeps saw it last; none where there are no others.
  using Elsewhere = std::function<Share(const std::string& channel, base::UtcTime now)>;
  RetentionSweep(std::shared_ptr<ChunkIndex> index, std::shared_ptr<SpanLocks> locks,
                 std::shared_ptr<ChunkRemoval> removal, base::Counter& removed, Elsewhere elsewhere);

  /// In place of those before. Any thread.
  void set(std::shared_ptr<const Retentions> limits);
  /// What was recorded of a channel before has been removed by its limits since the start. Any thread.
  base::UtcTime removed_until(const std::string& channel) const;
  /// Nothing that is older than a minute but the bytes. Any thread.
  Share share(const std::string& channel, base::UtcTime now) const;
  /// The writer's thread. True when there is more to do at once. Errors: of the index; it goes on with the
  /// next channel the next time.
  base::Result<bool> go_on(base::UtcTime now, std::uint64_t written_segment);

 private:
  base::Result<std::vector<IndexedChunk>> beyond(const std::string& channel, const Retention& limit,
                                                 base::UtcTime now, const SpanLocks::Held& held);
  bool follows(base::UtcTime now);
  base::Result<> add_first(const std::string& channel, base::UtcTime before, const SpanLocks::Held& held,
                           std::vector<IndexedChunk>& chunks) const;

  const std::shared_ptr<ChunkIndex> index_;
  const std::shared_ptr<SpanLocks> locks_;
  const std::shared_ptr<ChunkRemoval> removal_;
  base::Counter& removed_;
  const Elsewhere elsewhere_;
  std::uint64_t written_segment_ = 0;
  std::string last_;  ///< channel that was looked at
  std::optional<base::UtcTime> last_look_;
  base::UtcTime ages_from_;  ///< when the clock is believed
  mutable std::mutex mutex_;
  std::shared_ptr<const Retentions> limits_ = std::make_shared<Retentions>();
  std::map<std::string, base::UtcTime> removed_until_;
  struct Seen : Share {
    base::UtcTime at;
  };
  std::map<std::string, Seen> shares_;
};

}  // namespace watchrig::storage
