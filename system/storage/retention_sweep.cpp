#include "system/storage/retention_sweep.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "system/base/log.hpp"

namespace watchrig::storage {

using base::Result;
using base::UtcTime;

namespace {

constexpr std::size_t most_of_a_stream = 256;
constexpr std::size_t most_at_once = 1024;
/// What the search may take of a turn, and one more channel.
constexpr auto longest_search = std::chrono::milliseconds(20);
constexpr base::Duration jump = std::chrono::hours(1);

}  // namespace

RetentionSweep::RetentionSweep(std::shared_ptr<ChunkIndex> index, std::shared_ptr<SpanLocks> locks,
                               std::shared_ptr<ChunkRemoval> removal, base::Counter& removed,
                               Elsewhere elsewhere)
    : index_(std::move(index)),
      locks_(std::move(locks)),
      removal_(std::move(removal)),
      removed_(removed),
      elsewhere_(std::move(elsewhere)) {}

void RetentionSweep::set(std::shared_ptr<const Retentions> limits) {
  const std::lock_guard lock(mutex_);
  limits_ = std::move(limits);
}

Result<bool> RetentionSweep::go_on(UtcTime now, std::uint64_t written_segment) {
  written_segment_ = written_segment;
  std::shared_ptr<const Retentions> limits;
  {
    const std::lock_guard lock(mutex_);
    limits = limits_;
  }
  const bool ages = follows(now);
  const auto started = std::chrono::steady_clock::now();
  std::vector<IndexedChunk> chunks;
  bool more = false;
  // Until what was chosen is gone.
  const auto held = locks_->hold();
  auto at = limits->upper_bound(last_);
  for (std::size_t looked_at = 0; looked_at < limits->size(); ++looked_at) {
    more =
        more || chunks.size() >= most_at_once || std::chrono::steady_clock::now() - started > longest_search;
    if (more) break;
    if (at == limits->end()) at = limits->begin();
    const auto& [channel, limit] = *at++;
    last_ = channel;
    auto found = beyond(channel, {ages ? limit.keep : base::Duration::zero(), limit.bytes}, now, held);
    if (!found) return found.error();
    more = found->size() >= most_of_a_stream;
    std::move(found->begin(), found->end(), std::back_inserter(chunks));
  }
  if (auto removed = removal_->remove(chunks); !removed) return removed.error();
  removed_.Increment(static_cast<double>(chunks.size()));
  const std::lock_guard lock(mutex_);
  for (const auto& chunk : chunks) {
    auto& until = removed_until_[chunk.channel];
    until = std::max(until, chunk.row.last);
  }
  return more;
}

UtcTime RetentionSweep::removed_until(const std::string& channel) const {
  const std::lock_guard lock(mutex_);
  const auto found = removed_until_.find(channel);
  return found == removed_until_.end() ? UtcTime() : found->second;
}

/// Whether ages can be told by the clock.
bool RetentionSweep::follows(UtcTime now) {
  if (last_look_ && now - *last_look_ > jump) {
    ages_from_ = now + jump;
    base::log_warning("the clock has jumped to {}: for an hour nothing is removed for its age",
                      base::format_utc(now));
  }
  last_look_ = now;
  // It may have been set back.
  return now >= ages_from_ || ages_from_ - now > jump;
}

RetentionSweep::Share RetentionSweep::share(const std::string& channel, UtcTime now) const {
  const std::lock_guard lock(mutex_);
  const auto found = shares_.find(channel);
  if (found == shares_.end()) return {};
  const auto& seen = found->second;
  const bool is_fresh = now - seen.at <= std::chrono::minutes(1) && now >= seen.at;
  // One that is not looked at any more holds up nobody.
  if (!is_fresh) return {seen.bytes, std::nullopt, false};
  return {seen.bytes, seen.oldest, seen.unknown};
}

Result<std::vector<IndexedChunk>> RetentionSweep::beyond(const std::string& channel, const Retention& limit,
                                                         UtcTime now, const SpanLocks::Held& held) {
  std::vector<IndexedChunk> chunks;
  if (limit.keep > base::Duration::zero()) {
    if (auto added = add_first(channel, now - limit.keep, held, chunks); !added) return added.error();
  }
  if (limit.bytes == 0 || !chunks.empty()) return chunks;
  const auto bytes = index_->bytes(channel);
  if (!bytes) return bytes.error();
  // What is locked does not count: else nothing new would be kept beside it.
  Seen own;
  own.bytes = *bytes - std::min(*bytes, held.bytes(channel));
  own.at = now;
  const auto others = elsewhere_ ? elsewhere_(channel, now) : Share{};
  const auto all = own.bytes + others.bytes;
  own.unknown = own.bytes > 0 && all <= limit.bytes;
  if (all > limit.bytes) {
    if (auto added = add_first(channel, UtcTime::max(), held, chunks); !added) return added.error();
    std::stable_sort(chunks.begin(), chunks.end(),
                     [](const auto& a, const auto& b) { return a.row.begin < b.row.begin; });
    if (!chunks.empty()) own.oldest = chunks.front().row.begin;
  }
  {
    const std::lock_guard lock(mutex_);
    shares_[channel] = own;
  }
  auto excess = all - std::min(all, limit.bytes);
  if (others.unknown) excess = 0;
  std::size_t enough = 0;
  while (enough < chunks.size() && excess > 0) {
    // What is older goes first, also when it is on another volume.
    if (others.oldest && chunks[enough].row.begin > *others.oldest) break;
    excess -= std::min(excess, chunks[enough++].row.bytes());
  }
  chunks.resize(enough);
  return chunks;
}

/// Those of each stream in the order of their arrival.
Result<> RetentionSweep::add_first(const std::string& channel, UtcTime before, const SpanLocks::Held& held,
                                   std::vector<IndexedChunk>& chunks) const {
  const auto streams = index_->streams(channel);
  if (!streams) return streams.error();
  for (const auto& stream : *streams) {
    const auto runs = index_->runs(channel, stream, UtcTime::min(), before);
    if (!runs) return runs.error();
    const auto most = chunks.size() + most_of_a_stream;
    for (const auto& run : *runs) {
      for (auto from = run.begin; chunks.size() < most;) {
        const auto rows = index_->chunks(channel, stream, run.run, from, before, most - chunks.size());
        if (!rows) return rows.error();
        std::optional<UtcTime> behind_lock;
        for (const auto& row : *rows) {
          if (row.last >= before || row.segment >= written_segment_) break;
          behind_lock = held.covers(channel, row.begin, row.last);
          if (behind_lock) {
            from = std::max(*behind_lock, row.begin + base::Duration(1));
            break;
          }
          chunks.push_back({channel, stream, row});
        }
        if (!behind_lock) break;
      }
      if (chunks.size() >= most) break;
    }
  }
  return {};
}

}  // namespace watchrig::storage
