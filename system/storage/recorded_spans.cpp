#include "system/storage/recorded_spans.hpp"

#include <algorithm>

#include "system/storage/chunk_cursor.hpp"

namespace watchrig::storage {
namespace {

using base::UtcTime;

constexpr base::Duration least_gap = std::chrono::milliseconds(200);
constexpr base::Duration assumed_interval = std::chrono::milliseconds(40);  // of a picture that is alone

/// A stretch without a hole, and what is needed to see whether the next one joins it.
struct Stretch {
  UtcTime first;
  UtcTime last;
  base::Duration interval{};  ///< zero while one picture only is known
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  platform::RecordingTypes types = 0;
};

base::Duration shown_for(base::Duration interval) {
  return interval > base::Duration::zero() ? interval : assumed_interval;
}

bool joins(const Stretch& before, const Stretch& after) {
  const auto interval = before.interval > base::Duration::zero() ? before.interval : after.interval;
  return after.first - before.last < std::max(interval * 3 / 2, least_gap);
}

/// Adds a stretch that does not begin before the last one.
void append(std::vector<Stretch>& stretches, const Stretch& next) {
  if (stretches.empty() || !joins(stretches.back(), next)) {
    stretches.push_back(next);
    return;
  }
  Stretch& last = stretches.back();
  last.frames += next.frames;
  last.bytes += next.bytes;
  last.types |= next.types;
  if (next.last > last.last) {
    last.last = next.last;
    last.interval = next.interval;
  }
}

base::Result<> add_run(std::string_view channel, std::string_view stream, const RecordedRun& run,
                       UtcTime from, UtcTime to, platform::RecordingTypes types,
                       std::vector<Stretch>& stretches) {
  const UtcTime search_from = run.begin >= from ? run.begin : time_plus(from, -max_chunk_extent.count());
  ChunkCursor cursor(*run.on->index, channel, stream, run.run, search_from, to);
  for (;;) {
    const auto row = cursor.next();
    if (!row) return row.error();
    if (!*row) return {};
    const ChunkRow& chunk = **row;
    const base::Duration interval(chunk.interval_ns);
    if (!(chunk.types & types) || chunk.last + shown_for(interval) <= from) continue;
    append(stretches, {chunk.begin, chunk.last, interval, chunk.frames, chunk.payload_bytes, chunk.types});
  }
}

/// Whether a chunk of one of the types reaches into [from, to).
base::Result<bool> any_chunk(std::string_view channel, std::string_view stream, const RecordedRun& run,
                             UtcTime from, UtcTime to, platform::RecordingTypes types) {
  ChunkCursor cursor(*run.on->index, channel, stream, run.run, time_plus(from, -max_chunk_extent.count()),
                     to);
  for (;;) {
    const auto row = cursor.next();
    if (!row) return row.error();
    if (!*row) return false;
    if ((*row)->last >= from && ((*row)->types & types)) return true;
  }
}

}  // namespace

base::Result<std::vector<Span>> find_spans(const RecordedVolumes& volumes, std::string_view channel,
                                           std::string_view stream, UtcTime from, UtcTime to,
                                           platform::RecordingTypes types) {
  const auto runs = find_runs(volumes, channel, stream, time_plus(from, -max_chunk_extent.count()), to);
  if (!runs) return runs.error();
  std::vector<Stretch> found;
  for (const RecordedRun& run : *runs) {
    std::vector<Stretch> of_run;
    if (auto added = add_run(channel, stream, run, from, to, types, of_run); !added) {
      if (auto passed = pass_over(volumes, *run.on, added.error()); !passed) return passed.error();
    }
    found.insert(found.end(), of_run.begin(), of_run.end());
  }
  // Runs overlap when the server's clock was set back between them.
  std::sort(found.begin(), found.end(), [](const Stretch& a, const Stretch& b) { return a.first < b.first; });
  std::vector<Stretch> joined;
  for (const Stretch& stretch : found) append(joined, stretch);

  std::vector<Span> spans;
  for (const Stretch& stretch : joined) {
    spans.push_back({std::max(stretch.first, from), std::min(stretch.last + shown_for(stretch.interval), to),
                     stretch.frames, stretch.bytes, stretch.types});
  }
  return spans;
}

base::Result<std::vector<UtcTime>> find_days(const RecordedVolumes& volumes, std::string_view channel,
                                             std::string_view stream, std::span<const UtcTime> bounds,
                                             platform::RecordingTypes types) {
  std::vector<UtcTime> days;
  if (bounds.empty()) return days;
  const auto runs = find_runs(volumes, channel, stream, bounds.front(), bounds.back());
  if (!runs) return runs.error();
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    const UtcTime from = bounds[i - 1], to = bounds[i];
    bool found = false;
    for (std::size_t of = 0; !found && of < runs->size(); ++of) {
      const RecordedRun& run = (*runs)[of];
      if (run.begin >= to || run.last < from) continue;
      const auto reaches = any_chunk(channel, stream, run, from, to, types);
      if (reaches) {
        found = *reaches;
      } else if (auto passed = pass_over(volumes, *run.on, reaches.error()); !passed) {
        return passed.error();
      }
    }
    if (found) days.push_back(from);
  }
  return days;
}

base::Result<std::vector<Hole>> find_holes(const RecordedVolumes& volumes, std::string_view channel,
                                           std::string_view stream, UtcTime from, UtcTime to) {
  const auto runs = find_runs(volumes, channel, stream, from, to, true);
  if (!runs) return runs.error();
  std::vector<Hole> holes;
  for (std::size_t i = 1; i < runs->size(); ++i) {
    const RecordedRun& before = (*runs)[i - 1];
    const RecordedRun& after = (*runs)[i];
    // Between the parts of one run something is still on its way.
    if (after.begin - before.last <= least_hole || before.run == after.run) continue;
    // After the clock was set, another run may have recorded that time.
    const bool covered = std::ranges::find_if(*runs, [&](const RecordedRun& run) {
                           return run.begin < after.begin && run.last > before.last;
                         }) != runs->end();
    if (covered) continue;
    const auto last = before.on->index->last_chunk(channel, stream, before.run);
    if (!last) return last.error();
    if (!*last) continue;
    const auto& chunk = **last;
    holes.push_back({before.last, after.begin, before.run, chunk.index + 1, chunk.begin, chunk.types});
  }
  return holes;
}

}  // namespace watchrig::storage
