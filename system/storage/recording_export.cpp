#include "system/storage/recording_export.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "system/media/mp4_writer.hpp"

namespace watchrig::storage {
namespace {

using base::Error;
using base::ErrorKind;

constexpr auto one_file = std::numeric_limits<std::uint64_t>::max();

/// Counts the pictures that the cut shows.
void note(ExportSummary& summary, const media::AccessUnit& unit, base::UtcTime from) {
  summary.bytes += unit.payload.size();
  if (unit.time < from || !media::is_video(unit.codec)) return;
  if (summary.frames++ == 0) summary.from = unit.time;
  summary.to = unit.time;
}

template <class Destination>
base::Result<ExportPart> write_mp4(const Storage& storage, std::string_view channel, std::string_view stream,
                                   base::UtcTime from, base::UtcTime to, Destination& destination,
                                   std::uint64_t most_bytes, const ExportWatcher& watcher = {}) {
  ExportPart part;
  auto reader = storage.read(channel, stream, from, to);
  if (!reader && reader.error().kind != ErrorKind::not_found) return reader.error();
  auto recorded = reader ? reader->next() : std::nullopt;
  if (!recorded) {
    part.empty = reader ? Error{ErrorKind::not_found,
                                fmt::format("nothing of channel \"{}\" can be read from {} to {}", channel,
                                            base::format_utc(from), base::format_utc(to))}
                        : reader.error();
    return part;
  }
  const auto presentation = recorded->presentation;
  // Before the first unit there is nothing to show: a player would wait for it, perhaps for months.
  const auto begin = std::max(from, recorded->unit->time);
  auto writer = media::Mp4Writer::create(destination, {*presentation, begin, to});
  if (!writer) return writer.error();
  for (; recorded && recorded->presentation == presentation; recorded = reader->next()) {
    const auto& unit = *recorded->unit;
    if (part.summary.bytes >= most_bytes && unit.key && media::is_video(unit.codec)) break;
    if (auto written = writer->write(unit); !written) return written.error();
    note(part.summary, unit, from);
    if (watcher && !watcher(unit)) return Error{ErrorKind::cancelled, "the export was broken off"};
  }
  if (recorded) part.rest = recorded->unit->time;
  if (const auto until = reader->overwritten_until()) {
    return Error{ErrorKind::not_found,
                 fmt::format("recordings of channel \"{}\" up to {} made room for newer ones while they were "
                             "exported; export again from then on",
                             channel, base::format_utc(*until))};
  }
  const auto totals = writer->finish();
  if (totals) {
    part.summary.frames = totals->shown;
  } else if (totals.error().kind == ErrorKind::not_found) {
    part.empty = totals.error();
  } else {
    return totals.error();
  }
  return part;
}

/// Of a period that must fit into one file.
base::Result<ExportSummary> whole(const base::Result<ExportPart>& part, std::string_view channel) {
  if (!part) return part.error();
  if (part->rest) {
    return Error{
        ErrorKind::unsupported,
        fmt::format("the stream of channel \"{}\" changes at {}; export the time before and after it apart",
                    channel, base::format_utc(*part->rest))};
  }
  if (part->empty) return *part->empty;
  return part->summary;
}

void remove_file(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace

base::Result<ExportPart> export_mp4_part(const Storage& storage, std::string_view channel,
                                         std::string_view stream, base::UtcTime from, base::UtcTime to,
                                         const std::filesystem::path& path, std::uint64_t most_bytes,
                                         const ExportWatcher& watcher) {
  auto part = write_mp4(storage, channel, stream, from, to, path, most_bytes, watcher);
  if (!part || part->empty) remove_file(path);
  return part;
}

base::Result<ExportSummary> export_mp4(const Storage& storage, std::string_view channel,
                                       std::string_view stream, base::UtcTime from, base::UtcTime to,
                                       const std::filesystem::path& path, const ExportWatcher& watcher) {
  auto summary = whole(write_mp4(storage, channel, stream, from, to, path, one_file, watcher), channel);
  if (!summary) remove_file(path);
  return summary;
}

base::Result<ExportSummary> export_mp4(const Storage& storage, std::string_view channel,
                                       std::string_view stream, base::UtcTime from, base::UtcTime to,
                                       media::Mp4Sink& sink) {
  return whole(write_mp4(storage, channel, stream, from, to, sink, one_file), channel);
}

}  // namespace watchrig::storage
