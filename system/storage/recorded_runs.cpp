#include "system/storage/recorded_runs.hpp"

#include <algorithm>
#include <tuple>

#include "system/base/log.hpp"

namespace watchrig::storage {

using base::Result;
using base::UtcTime;

namespace {

bool comes_before(const RecordedRun& one, const RecordedRun& other) {
  return std::tuple(one.run, one.begin) < std::tuple(other.run, other.begin);
}

}  // namespace

Result<> pass_over(const RecordedVolumes& volumes, const RecordedVolume& unread, base::Error error) {
  if (volumes.size() == 1) return error;
  base::log_warning("volume \"{}\" cannot be read, what is on others is found: {}", unread.directory.native(),
                    error.message);
  return {};
}

Result<std::vector<RecordedRun>> find_runs(const RecordedVolumes& volumes, std::string_view channel,
                                           std::string_view stream, UtcTime from, UtcTime to, bool all) {
  std::vector<RecordedRun> found;
  for (const auto& volume : volumes) {
    const auto runs = volume->index->runs(channel, stream, from, to);
    if (!runs) {
      if (all) return runs.error();
      if (auto passed = pass_over(volumes, *volume, runs.error()); !passed) return passed.error();
      continue;
    }
    for (const auto& run : *runs) found.push_back({run, volume});
  }
  std::sort(found.begin(), found.end(), comes_before);
  return found;
}

Result<std::vector<RecordedRun>> find_shown_runs(const RecordedVolumes& volumes, std::string_view channel,
                                                 std::string_view stream, UtcTime from, UtcTime to) {
  auto runs = find_runs(volumes, channel, stream, from, to);
  if (!runs || volumes.size() < 2) return runs;
  std::vector<RecordedRun> before;
  for (const auto& run : *runs) {
    const bool is_first = std::ranges::find(*runs, run.run, &RecordedRun::run)->on == run.on;
    if (!is_first || run.begin >= from) continue;
    const auto own = run.on->index->key_chunk(channel, stream, run.run, from);
    if (!own || *own) continue;
    for (const auto& volume : volumes) {
      if (volume == run.on) continue;
      const auto key = volume->index->key_chunk(channel, stream, run.run, from);
      if (key && *key) before.push_back({{run.run, (*key)->begin, (*key)->last}, volume});
    }
  }
  runs->insert(runs->end(), before.begin(), before.end());
  std::sort(runs->begin(), runs->end(), comes_before);
  return runs;
}

}  // namespace watchrig::storage
