#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/platform/recording_types.hpp"

/// What stands on the disk, as FORMAT.md describes it. All functions are free of input and output and take
/// any bytes.
namespace watchrig::storage {

inline constexpr std::size_t segment_header_bytes = 4096;  ///< also where the first chunk is
inline constexpr std::size_t chunk_alignment = 512;        ///< every chunk begins at a multiple of it
inline constexpr std::size_t group_alignment =
    4096;  ///< what was written after a wait for the disk begins at one
inline constexpr std::size_t chunk_fixed_bytes = 80;  ///< the part of a chunk head that has no variable parts
inline constexpr std::size_t max_chunk_head_bytes = 2u << 20;
inline constexpr std::size_t max_unit_bytes = 64u << 20;
inline constexpr std::size_t max_chunk_payload_bytes = max_unit_bytes;
inline constexpr std::size_t max_chunk_units = 4096;
inline constexpr std::size_t max_tracks = 16;
inline constexpr std::size_t max_track_config_bytes = 0xffff;
inline constexpr std::size_t max_name_bytes = 255;
/// No unit lies further from the begin of its chunk, so an index can be searched by time with this margin.
inline constexpr base::Duration max_chunk_extent = std::chrono::seconds(20);

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
/// The blocks that hold nothing but payload of one chunk: what of it can be given back to the volume, so that
/// its head still says what had been there. Nothing of a small one. `Head` is a ChunkHead or a row of the
/// index.
template <class Head>
Extent removable_part(std::uint64_t offset, const Head& head) {
  const auto first = round_up(offset + head.head_bytes, group_alignment);
  const auto end = (offset + head.bytes()) / group_alignment * group_alignment;
  return {first, end > first ? end - first : 0};
}

struct SegmentHeader {
  std::uint64_t uid = 0;     ///< random; every chunk of the segment repeats it
  std::uint64_t number = 0;  ///< as in the file name
  base::UtcTime created;
};

base::Bytes write_segment_header(const SegmentHeader& header);
/// corrupt when magic or CRC are wrong, unsupported for another version. Needs the first 64 bytes.
base::Result<SegmentHeader> parse_segment_header(base::ByteView bytes);

/// One access unit in the table of a chunk; its payload follows those of the units before it.
struct UnitEntry {
  std::uint16_t track = 0;
  bool key = false;
  bool damaged = false;
  bool has_sender_time = false;
  std::uint32_t size = 0;
  std::uint32_t rtp_timestamp = 0;
  std::int64_t time_ns = 0;      ///< time, from the begin of the chunk; may be negative
  std::int64_t received_ns = 0;  ///< received, from time
  std::int64_t sender_ns = 0;    ///< sender time, from time
};

/// Everything in a chunk but the payload.
struct ChunkHead {
  std::uint64_t segment_uid = 0;
  std::uint64_t run = 0;    ///< recording without interruption; later runs of a stream have larger numbers
  std::uint32_t index = 0;  ///< of the chunk in its run, from 0, without gaps
  bool continues = false;   ///< does not begin with a key frame: needs the chunk before it
  base::UtcTime begin;      ///< never decreases in a run
  base::UtcTime last;       ///< time of the newest unit
  std::uint32_t interval_ns =
      0;  ///< between two pictures as the writer has seen them; 0 when it has seen one only
  platform::RecordingTypes types = 0;  ///< of its writer's time; 0 where that was before there were types
  std::string channel;
  std::string stream;
  media::Presentation tracks;
  std::vector<UnitEntry> units;
  std::uint32_t payload_bytes = 0;  ///< sum of the units' sizes
  std::uint32_t payload_crc = 0;
  std::uint32_t head_bytes = 0;  ///< set by write and parse

  std::uint64_t bytes() const { return std::uint64_t{head_bytes} + payload_bytes; }
  base::UtcTime time(const UnitEntry& unit) const;
};

/// The head as it is written; the limits above are the caller's to keep.
base::Bytes write_chunk_head(const ChunkHead& head);

struct ChunkSizes {
  std::uint32_t head_bytes = 0;
  std::uint32_t payload_bytes = 0;
  std::uint64_t bytes() const { return std::uint64_t{head_bytes} + payload_bytes; }
};

/// How far the chunk that begins here claims to reach, within the limits above, or nothing if none begins
/// here. Not covered by a check yet. Needs chunk_fixed_bytes.
std::optional<ChunkSizes> peek_chunk(base::ByteView bytes);

/// Reads and checks a head; `bytes` begins with it and may be longer. Errors: corrupt (which check),
/// unsupported.
base::Result<ChunkHead> parse_chunk_head(base::ByteView bytes);

/// The number of units that a viewer counts: pictures, or all units where there is no video track.
std::uint32_t count_frames(const ChunkHead& head);

/// Time of the first unit at which decoding can begin, in the way ChunkHead::continues means it.
std::optional<base::UtcTime> first_key(const ChunkHead& head);

/// Sum and difference of times that come from outside: they wrap around where they would overflow.
base::UtcTime time_plus(base::UtcTime time, std::int64_t ns);
std::int64_t time_minus(base::UtcTime a, base::UtcTime b);

/// Index of the first video track, or 0 where there is none: the one whose units are counted and give the
/// interval.
std::uint16_t leading_track(const media::Presentation& tracks);
/// Units of the one can follow units of the other.
bool same_tracks(const media::Presentation& a, const media::Presentation& b);
bool has_video(const media::Presentation& tracks);

}  // namespace watchrig::storage
