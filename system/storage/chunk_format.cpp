#include "system/storage/chunk_format.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "system/storage/crc32c.hpp"

namespace watchrig::storage {
namespace {

using base::Error;
using base::ErrorKind;

constexpr char segment_magic[] = "WRSEGMNT";
constexpr char chunk_magic[] = "WRCHUNK\n";
constexpr std::uint32_t version = 1;
constexpr std::size_t magic_bytes = 8;
constexpr std::size_t segment_fields_bytes = 64;
constexpr std::size_t head_crc_from = 12;
constexpr std::size_t track_fixed_bytes = 14;
constexpr std::size_t unit_bytes = 36;
constexpr std::uint16_t chunk_continues = 1;
constexpr std::uint16_t unit_key = 1;
constexpr std::uint16_t unit_damaged = 2;
constexpr std::uint16_t unit_sender_time = 4;

std::int64_t since_epoch(base::UtcTime time) { return time.time_since_epoch().count(); }
base::UtcTime at(std::uint64_t ns) { return base::UtcTime(base::Duration(static_cast<std::int64_t>(ns))); }

/// Appends big-endian fields to a buffer that has its final size.
class FieldWriter {
 public:
  explicit FieldWriter(std::uint8_t* to) : to_(to) {}
  void u8(std::uint8_t value) { *to_++ = value; }
  void u16(std::uint16_t value) { base::store_be16(std::exchange(to_, to_ + 2), value); }
  void u32(std::uint32_t value) { base::store_be32(std::exchange(to_, to_ + 4), value); }
  void u64(std::uint64_t value) { base::store_be64(std::exchange(to_, to_ + 8), value); }
  void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  void bytes(const void* from, std::size_t size) {
    if (size > 0) std::memcpy(std::exchange(to_, to_ + size), from, size);
  }

 private:
  std::uint8_t* to_;
};

/// Takes big-endian fields from a buffer; has() must be asked first.
class FieldReader {
 public:
  explicit FieldReader(base::ByteView from) : from_(from) {}
  bool has(std::size_t size) const { return from_.size() >= size; }
  bool empty() const { return from_.empty(); }
  std::uint8_t u8() { return take(1)[0]; }
  std::uint16_t u16() { return base::load_be16(take(2)); }
  std::uint32_t u32() { return base::load_be32(take(4)); }
  std::uint64_t u64() { return base::load_be64(take(8)); }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  const std::uint8_t* take(std::size_t size) {
    const auto* at = from_.data();
    from_ = from_.subspan(size);
    return at;
  }

 private:
  base::ByteView from_;
};

std::size_t head_size(const ChunkHead& head) {
  std::size_t size =
      chunk_fixed_bytes + head.channel.size() + head.stream.size() + head.units.size() * unit_bytes;
  for (const media::Track& track : head.tracks) size += track_fixed_bytes + track.config.size();
  return size;
}

Error corrupt(std::string message) { return {ErrorKind::corrupt, std::move(message)}; }

base::Result<> parse_tracks(FieldReader& fields, std::size_t count, media::Presentation& tracks) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!fields.has(track_fixed_bytes)) return corrupt("the track table is cut off");
    media::Track& track = tracks.emplace_back();
    const std::uint8_t codec = fields.u8();
    if (codec < static_cast<std::uint8_t>(media::Codec::h264) ||
        codec > static_cast<std::uint8_t>(media::Codec::pcma)) {
      return Error{ErrorKind::unsupported, fmt::format("track {} has the unknown codec {}", i, codec)};
    }
    track.codec = static_cast<media::Codec>(codec);
    track.payload_type = fields.u8();
    track.channels = fields.u8();
    fields.u8();
    track.clock_rate = fields.u32();
    track.width = fields.u16();
    track.height = fields.u16();
    const std::size_t size = fields.u16();
    if (!fields.has(size)) return corrupt("a track's configuration is cut off");
    const auto* config = fields.take(size);
    track.config.assign(config, config + size);
  }
  return {};
}

base::Result<> parse_units(FieldReader& fields, std::size_t count, ChunkHead& head) {
  if (count == 0 || count > max_chunk_units || !fields.has(count * unit_bytes)) {
    return corrupt("the unit table does not fit the head");
  }
  head.units.reserve(count);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    UnitEntry& unit = head.units.emplace_back();
    unit.track = fields.u16();
    const std::uint16_t flags = fields.u16();
    unit.key = flags & unit_key;
    unit.damaged = flags & unit_damaged;
    unit.has_sender_time = flags & unit_sender_time;
    unit.size = fields.u32();
    unit.rtp_timestamp = fields.u32();
    unit.time_ns = fields.i64();
    unit.received_ns = fields.i64();
    unit.sender_ns = fields.i64();
    sum += unit.size;
    if (unit.track >= head.tracks.size())
      return corrupt(fmt::format("unit {} is of a track that is not there", i));
    if (unit.time_ns > max_chunk_extent.count() || unit.time_ns < -max_chunk_extent.count()) {
      return corrupt(fmt::format("unit {} is too far from the begin of its chunk", i));
    }
  }
  if (sum != head.payload_bytes) return corrupt("the units' sizes are not the size of the payload");
  if (!fields.empty()) return corrupt("bytes are left behind the unit table");
  return {};
}

}  // namespace

base::UtcTime time_plus(base::UtcTime time, std::int64_t ns) {
  return at(static_cast<std::uint64_t>(since_epoch(time)) + static_cast<std::uint64_t>(ns));
}

std::int64_t time_minus(base::UtcTime a, base::UtcTime b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(since_epoch(a)) -
                                   static_cast<std::uint64_t>(since_epoch(b)));
}

base::UtcTime ChunkHead::time(const UnitEntry& unit) const { return time_plus(begin, unit.time_ns); }

base::Bytes write_segment_header(const SegmentHeader& header) {
  base::Bytes bytes(segment_header_bytes);
  FieldWriter fields(bytes.data());
  fields.bytes(segment_magic, magic_bytes);
  fields.u32(version);
  fields.u32(0);
  fields.u64(header.uid);
  fields.u64(header.number);
  fields.i64(since_epoch(header.created));
  base::store_be32(bytes.data() + 12,
                   Crc32c::of(base::ByteView(bytes).subspan(16, segment_fields_bytes - 16)));
  return bytes;
}

base::Result<SegmentHeader> parse_segment_header(base::ByteView bytes) {
  if (bytes.size() < segment_fields_bytes) return corrupt("the file is too short for a segment");
  if (std::memcmp(bytes.data(), segment_magic, magic_bytes) != 0) return corrupt("the file is not a segment");
  FieldReader fields(bytes.subspan(magic_bytes));
  const std::uint32_t found = fields.u32();
  const std::uint32_t crc = fields.u32();
  if (crc != Crc32c::of(bytes.subspan(16, segment_fields_bytes - 16))) {
    return corrupt("the segment header fails its CRC");
  }
  if (found != version) {
    return Error{ErrorKind::unsupported,
                 fmt::format("the segment is of version {}, this program reads {}", found, version)};
  }
  SegmentHeader header;
  header.uid = fields.u64();
  header.number = fields.u64();
  header.created = at(fields.u64());
  return header;
}

base::Bytes write_chunk_head(const ChunkHead& head) {
  base::Bytes bytes(head_size(head));
  FieldWriter fields(bytes.data());
  fields.bytes(chunk_magic, magic_bytes);
  fields.u32(0);
  fields.u32(head.payload_crc);
  fields.u32(static_cast<std::uint32_t>(bytes.size()));
  fields.u32(head.payload_bytes);
  fields.u64(head.segment_uid);
  fields.u64(head.run);
  fields.u32(head.index);
  fields.u16(version);
  fields.u16(head.continues ? chunk_continues : 0);
  fields.i64(since_epoch(head.begin));
  fields.i64(since_epoch(head.last));
  fields.u32(head.interval_ns);
  fields.u32(static_cast<std::uint32_t>(head.units.size()));
  fields.u16(static_cast<std::uint16_t>(head.tracks.size()));
  fields.u8(static_cast<std::uint8_t>(head.channel.size()));
  fields.u8(static_cast<std::uint8_t>(head.stream.size()));
  fields.u32(head.types);
  fields.bytes(head.channel.data(), head.channel.size());
  fields.bytes(head.stream.data(), head.stream.size());
  for (const media::Track& track : head.tracks) {
    fields.u8(static_cast<std::uint8_t>(track.codec));
    fields.u8(track.payload_type);
    fields.u8(track.channels);
    fields.u8(0);
    fields.u32(track.clock_rate);
    fields.u16(track.width);
    fields.u16(track.height);
    fields.u16(static_cast<std::uint16_t>(track.config.size()));
    fields.bytes(track.config.data(), track.config.size());
  }
  for (const UnitEntry& unit : head.units) {
    fields.u16(unit.track);
    fields.u16(static_cast<std::uint16_t>((unit.key ? unit_key : 0) | (unit.damaged ? unit_damaged : 0) |
                                          (unit.has_sender_time ? unit_sender_time : 0)));
    fields.u32(unit.size);
    fields.u32(unit.rtp_timestamp);
    fields.i64(unit.time_ns);
    fields.i64(unit.received_ns);
    fields.i64(unit.sender_ns);
  }
  base::store_be32(bytes.data() + 8, Crc32c::of(base::ByteView(bytes).subspan(head_crc_from)));
  return bytes;
}

std::optional<ChunkSizes> peek_chunk(base::ByteView bytes) {
  if (bytes.size() < chunk_fixed_bytes || std::memcmp(bytes.data(), chunk_magic, magic_bytes) != 0)
    return std::nullopt;
  const ChunkSizes sizes{base::load_be32(bytes.data() + 16), base::load_be32(bytes.data() + 20)};
  if (sizes.head_bytes < chunk_fixed_bytes || sizes.head_bytes > max_chunk_head_bytes) return std::nullopt;
  if (sizes.payload_bytes > max_chunk_payload_bytes) return std::nullopt;
  return sizes;
}

base::Result<ChunkHead> parse_chunk_head(base::ByteView bytes) {
  const auto sizes = peek_chunk(bytes);
  if (!sizes) return corrupt("no chunk begins here");
  if (bytes.size() < sizes->head_bytes) return corrupt("the chunk head is cut off");
  bytes = bytes.first(sizes->head_bytes);
  FieldReader fields(bytes.subspan(magic_bytes));
  const std::uint32_t crc = fields.u32();
  if (crc != Crc32c::of(bytes.subspan(head_crc_from))) return corrupt("the chunk head fails its CRC");

  ChunkHead head;
  head.payload_crc = fields.u32();
  head.head_bytes = fields.u32();
  head.payload_bytes = fields.u32();
  head.segment_uid = fields.u64();
  head.run = fields.u64();
  head.index = fields.u32();
  const std::uint16_t found = fields.u16();
  if (found != version) {
    return Error{ErrorKind::unsupported,
                 fmt::format("the chunk is of version {}, this program reads {}", found, version)};
  }
  head.continues = fields.u16() & chunk_continues;
  head.begin = at(fields.u64());
  head.last = at(fields.u64());
  head.interval_ns = fields.u32();
  const std::size_t units = fields.u32();
  const std::size_t tracks = fields.u16();
  const std::size_t channel_bytes = fields.u8();
  const std::size_t stream_bytes = fields.u8();
  head.types = fields.u32();
  const std::int64_t extent = time_minus(head.last, head.begin);
  if (extent < 0 || extent > max_chunk_extent.count()) return corrupt("the chunk's time range is impossible");
  if (channel_bytes == 0 || stream_bytes == 0 || !fields.has(channel_bytes + stream_bytes)) {
    return corrupt("the chunk's names are missing");
  }
  if (tracks == 0 || tracks > max_tracks) return corrupt("the number of tracks is impossible");
  head.channel.assign(reinterpret_cast<const char*>(fields.take(channel_bytes)), channel_bytes);
  head.stream.assign(reinterpret_cast<const char*>(fields.take(stream_bytes)), stream_bytes);
  if (auto parsed = parse_tracks(fields, tracks, head.tracks); !parsed) return parsed.error();
  if (auto parsed = parse_units(fields, units, head); !parsed) return parsed.error();
  return head;
}

std::uint32_t count_frames(const ChunkHead& head) {
  if (!has_video(head.tracks)) return static_cast<std::uint32_t>(head.units.size());
  const auto picture = [&](const UnitEntry& unit) { return media::is_video(head.tracks[unit.track].codec); };
  return static_cast<std::uint32_t>(std::count_if(head.units.begin(), head.units.end(), picture));
}

std::optional<base::UtcTime> first_key(const ChunkHead& head) {
  const std::uint16_t track = leading_track(head.tracks);
  for (const UnitEntry& unit : head.units) {
    if (unit.track == track && unit.key) return head.time(unit);
  }
  return std::nullopt;
}

bool has_video(const media::Presentation& tracks) {
  return std::any_of(tracks.begin(), tracks.end(),
                     [](const media::Track& t) { return media::is_video(t.codec); });
}

bool same_tracks(const media::Presentation& a, const media::Presentation& b) {
  const auto same = [](const media::Track& x, const media::Track& y) {
    return x.codec == y.codec && x.clock_rate == y.clock_rate && x.payload_type == y.payload_type &&
           x.width == y.width && x.height == y.height && x.channels == y.channels && x.config == y.config;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

std::uint16_t leading_track(const media::Presentation& tracks) {
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (media::is_video(tracks[i].codec)) return static_cast<std::uint16_t>(i);
  }
  return 0;
}

}  // namespace watchrig::storage
