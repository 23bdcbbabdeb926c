#include <algorithm>

#include "system/media/jpeg_format.hpp"
#include "system/media/payload_formats.hpp"

namespace watchrig::media {

namespace {

constexpr std::size_t largest_scan = 0xffffff;  // fragment offset has 24 bits
constexpr std::size_t largest_side = 2040;      // in 8 bits, units of 8 pixels
constexpr std::uint8_t quality_with_tables = 255;

// Main header and, where there is one, restart header (RFC 2435, 3.1 and 3.1.7).
std::size_t write_headers(const JpegPicture& picture, std::size_t offset, std::uint8_t* at) {
  base::store_be32(at, static_cast<std::uint32_t>(offset));
  at[4] =
      static_cast<std::uint8_t>((picture.subsampled_rows ? 1 : 0) + (picture.restart_interval != 0 ? 64 : 0));
  at[5] = quality_with_tables;
  const bool fits = picture.width <= largest_side && picture.height <= largest_side;
  at[6] = static_cast<std::uint8_t>(fits ? (picture.width + 7) / 8 : 0);
  at[7] = static_cast<std::uint8_t>(fits ? (picture.height + 7) / 8 : 0);
  if (picture.restart_interval == 0) return 8;
  base::store_be16(at + 8, picture.restart_interval);
  base::store_be16(at + 10, 0xffff);  // the packets do not hold whole restart intervals
  return 12;
}

}  // namespace

base::Result<> packetize_jpeg(base::ByteView payload, RtpTrainWriter& writer) {
  const auto picture = parse_jpeg(payload);
  if (picture.has_error()) return picture.error();
  base::ByteView rest = picture->scan;
  if (rest.size() > largest_scan) {
    return base::Error{base::ErrorKind::unsupported,
                       "JPEG: RTP cannot carry more than 16 MiB of picture data"};
  }
  writer.reserve(payload.size(), 2);
  std::size_t offset = 0;
  while (!rest.empty()) {
    std::uint8_t head[12 + 4 + 256];
    std::size_t head_size = write_headers(*picture, offset, head);
    if (offset == 0) {
      std::uint8_t* at = head + head_size;
      at[0] = 0;
      at[1] = picture->wide_tables;
      base::store_be16(at + 2, static_cast<std::uint16_t>(picture->tables.size()));
      std::ranges::copy(picture->tables, at + 4);
      head_size += 4 + picture->tables.size();
    }
    const std::size_t size = std::min(writer.room() - head_size, rest.size());
    writer.add(size == rest.size(), {head, head_size}, rest.first(size));
    rest = rest.subspan(size);
    offset += size;
  }
  return {};
}

}  // namespace watchrig::media
