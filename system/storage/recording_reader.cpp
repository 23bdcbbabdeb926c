#include "system/storage/recording_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/storage/crc32c.hpp"
#include "system/storage/reader_state.hpp"
#include "system/storage/segment_log.hpp"

namespace watchrig::storage {
namespace {

using base::Error;
using base::ErrorKind;

media::AccessUnitPtr make_unit(const ChunkHead& head, const UnitEntry& entry, base::ByteView payload) {
  auto unit = std::make_shared<media::AccessUnit>();
  unit->track = entry.track;
  unit->codec = head.tracks[entry.track].codec;
  unit->key = entry.key;
  unit->damaged = entry.damaged;
  unit->rtp_timestamp = entry.rtp_timestamp;
  unit->time = head.time(entry);
  unit->received = time_plus(unit->time, entry.received_ns);
  if (entry.has_sender_time) unit->sender_time = time_plus(unit->time, entry.sender_ns);
  unit->payload.assign(payload.begin(), payload.end());
  return unit;
}

}  // namespace

std::optional<RecordedUnit> RecordingReader::State::next() {
  for (;;) {
    while (!units.empty()) {
      auto unit = std::move(units.front());
      units.pop_front();
      const bool restart = unit->key && unit->track == leading_track(*presentation);
      if (needs_key && !restart) continue;
      needs_key = false;
      if (unit->time >= to) continue;
      return RecordedUnit{std::move(unit), presentation, std::exchange(discontinuity, false)};
    }
    if (!load_chunk()) return std::nullopt;
  }
}

bool RecordingReader::State::load_chunk() {
  for (;;) {
    if (!cursor && !begin_run()) return false;
    const auto row = cursor->next();
    if (!row) {
      base::log_error("reading \"{}\" {}: {}", channel, stream, row.error().message);
      interrupt();
      cursor.reset();
      continue;
    }
    if (!*row) {
      cursor.reset();
      continue;
    }
    const ChunkRow& chunk = **row;
    // Both have it where a volume has failed after it was written.
    if (goes_on && next_index && chunk.index < *next_index) continue;
    base::Bytes bytes;
    auto head = read_chunk(chunk, bytes);
    if (!head) {
      interrupt();
      if (is_overwritten(chunk, head.error())) {
        overwritten_until = chunk.last;
        continue;
      }
      sink({"storage.damaged", channel, stream, "damaged",
            fmt::format("the chunk of {} in {} at byte {} is left out: {}", base::format_utc(chunk.begin),
                        segment_name(chunk.segment), chunk.offset, head.error().message)});
      continue;
    }
    if (next_index && *next_index != chunk.index) interrupt();
    next_index = chunk.index + 1;
    take_chunk(*head, base::ByteView(bytes).subspan(head->head_bytes));
    return true;
  }
}

bool RecordingReader::State::is_overwritten(const ChunkRow& chunk, const Error& error) const {
  if (error.kind != ErrorKind::not_found && error.kind != ErrorKind::corrupt) return false;
  const auto rows =
      run.on->index->chunks(channel, stream, chunk.run, chunk.begin, chunk.begin + base::Duration(1), 2);
  return rows && std::find(rows->begin(), rows->end(), chunk) == rows->end();
}

bool RecordingReader::State::begin_run() {
  if (runs.empty()) return false;
  goes_on = presentation && runs.front().run == run.run;
  run = std::move(runs.front());
  runs.pop_front();
  file.reset();
  if (presentation && !goes_on) interrupt();
  if (!goes_on) next_index.reset();
  base::UtcTime start = run.begin;
  if (run.begin < from && !goes_on) {
    if (const auto decodable = run.on->index->decodable_from(channel, stream, run, from)) start = *decodable;
  }
  cursor.emplace(*run.on->index, channel, stream, run.run, start, to);
  return true;
}

void RecordingReader::State::interrupt() {
  needs_key = true;
  discontinuity = presentation != nullptr;
  next_index.reset();
}

void RecordingReader::State::take_chunk(const ChunkHead& head, base::ByteView payload) {
  if (!presentation || !same_tracks(*presentation, head.tracks)) {
    if (presentation) interrupt();
    next_index = head.index + 1;
    presentation = std::make_shared<media::Presentation>(head.tracks);
  }
  for (const UnitEntry& entry : head.units) {
    units.push_back(make_unit(head, entry, payload.first(entry.size)));
    payload = payload.subspan(entry.size);
  }
  if (needs_key) skip_to_first_wanted(head);
}

void RecordingReader::State::skip_to_first_wanted(const ChunkHead& head) {
  const std::uint16_t leading = leading_track(head.tracks);
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i]->key && units[i]->track == leading && units[i]->time <= from) wanted = i;
  }
  units.erase(units.begin(), units.begin() + static_cast<std::ptrdiff_t>(wanted));
}

base::Result<ChunkHead> RecordingReader::State::read_chunk(const ChunkRow& row, base::Bytes& bytes) {
  if (!file || open_segment != row.segment) {
    auto opened = run.on->files->open(run.on->directory / segment_name(row.segment));
    if (!opened) return opened.error();
    file = std::move(*opened);
    open_segment = row.segment;
  }
  bytes.resize(std::size_t{row.head_bytes} + row.payload_bytes);
  const auto got = file->read(row.offset, bytes);
  if (!got) return got.error();
  if (*got != bytes.size()) return Error{ErrorKind::corrupt, "the segment ends before the chunk does"};
  auto head = parse_chunk_head(bytes);
  if (!head) return head;
  if (head->head_bytes != row.head_bytes || head->payload_bytes != row.payload_bytes ||
      head->channel != channel || head->stream != stream || head->run != row.run ||
      head->index != row.index) {
    return Error{ErrorKind::corrupt, "it is not the chunk that the index names"};
  }
  if (Crc32c::of(base::ByteView(bytes).subspan(head->head_bytes)) != head->payload_crc) {
    return Error{ErrorKind::corrupt, "its payload fails the CRC"};
  }
  return head;
}

RecordingReader::RecordingReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordingReader::~RecordingReader() = default;
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept = default;

std::optional<RecordedUnit> RecordingReader::next() { return state_->next(); }

std::optional<base::UtcTime> RecordingReader::overwritten_until() const { return state_->overwritten_until; }

}  // namespace watchrig::storage
