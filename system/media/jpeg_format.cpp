#include "system/media/jpeg_format.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace watchrig::media {

namespace {

constexpr std::uint8_t soi = 0xd8, eoi = 0xd9, sof0 = 0xc0, dht = 0xc4, dqt = 0xdb, dri = 0xdd, sos = 0xda;

base::Error corrupt(const char* what) { return {base::ErrorKind::corrupt, fmt::format("JPEG: {}", what)}; }
base::Error unsupported(const char* what) {
  return {base::ErrorKind::unsupported, fmt::format("JPEG: RTP cannot carry {}", what)};
}

struct JpegFile {
  struct Table {
    bool wide = false;
    base::ByteView entries;
  };
  std::array<Table, 4> tables;
  std::array<std::uint8_t, 3> table_of{};  ///< of the components
  JpegPicture picture;
};

base::Result<> read_tables(base::ByteView segment, JpegFile& file) {
  while (!segment.empty()) {
    const bool wide = segment[0] >> 4 == 1;
    const std::size_t id = segment[0] & 0x0f, size = wide ? 128 : 64;
    if (segment[0] >> 4 > 1 || id > 3 || segment.size() < 1 + size) return corrupt("bad quantisation table");
    file.tables[id] = {wide, segment.subspan(1, size)};
    segment = segment.subspan(1 + size);
  }
  return {};
}

// One table of a DHT segment is standard when it is the tail of the segment that jpeg_huffman_segments() has
// for it.
base::Result<> check_huffman(base::ByteView segment) {
  constexpr std::size_t fixed = 17;
  while (!segment.empty()) {
    if (segment.size() < fixed) return corrupt("bad Huffman table");
    std::size_t values = 0;
    for (std::size_t i = 1; i < fixed; ++i) values += segment[i];
    if (segment.size() < fixed + values) return corrupt("bad Huffman table");
    const base::ByteView standard = jpeg_huffman_segments();
    const base::ByteView table = segment.first(fixed + values);
    if (std::search(standard.begin(), standard.end(), table.begin(), table.end()) == standard.end())
      return unsupported("Huffman tables other than the standard ones");
    segment = segment.subspan(fixed + values);
  }
  return {};
}

base::Result<> read_frame(base::ByteView segment, JpegFile& file) {
  if (segment.size() < 6) return corrupt("frame header is truncated");
  if (segment[0] != 8) return unsupported("samples of other than 8 bits");
  if (segment[5] != 3) return unsupported("other than three components");
  if (segment.size() < 15) return corrupt("frame header is truncated");
  file.picture.height = base::load_be16(&segment[1]);
  file.picture.width = base::load_be16(&segment[3]);
  if (file.picture.width == 0 || file.picture.height == 0) return corrupt("picture size is 0");
  const std::uint8_t luma = segment[7];
  if ((luma != 0x21 && luma != 0x22) || segment[10] != 0x11 || segment[13] != 0x11) {
    return unsupported("sampling other than 4:2:0 and 4:2:2");
  }
  file.picture.subsampled_rows = luma == 0x22;
  for (std::size_t i = 0; i < 3; ++i) file.table_of[i] = segment[8 + 3 * i] & 3;
  if (file.table_of[1] != file.table_of[2]) return unsupported("three quantisation tables");
  return {};
}

base::Result<> read_scan(base::ByteView segment, base::ByteView rest, JpegFile& file) {
  if (segment.size() < 10 || file.picture.width == 0) return corrupt("scan without frame or header");
  if (segment[0] != 3) return unsupported("a scan of other than three components");
  if (segment[2] != 0x00 || segment[4] != 0x11 || segment[6] != 0x11)
    return unsupported("this choice of Huffman tables");
  for (std::size_t n = 0; n < 2; ++n) {
    const JpegFile::Table& table = file.tables[file.table_of[n]];
    if (table.entries.empty()) return corrupt("quantisation table is missing");
    file.picture.wide_tables |= static_cast<std::uint8_t>(table.wide ? 1 << n : 0);
    file.picture.tables.insert(file.picture.tables.end(), table.entries.begin(), table.entries.end());
  }
  constexpr std::string_view end_marker("\xff\xd9", 2);
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  file.picture.scan = rest.first(std::min(text.rfind(end_marker), rest.size()));
  if (file.picture.scan.empty()) return corrupt("no picture data");
  return {};
}

base::Result<> read_segment(std::uint8_t marker, base::ByteView segment, JpegFile& file) {
  if (marker == dqt) return read_tables(segment, file);
  if (marker == dht) return check_huffman(segment);
  if (marker == sof0) return read_frame(segment, file);
  if (marker == dri) {
    if (segment.size() < 2) return corrupt("restart interval is truncated");
    file.picture.restart_interval = base::load_be16(segment.data());
    return {};
  }
  if (marker >= 0xc1 && marker <= 0xcf && marker != 0xc8 && marker != 0xcc) {
    return unsupported("other coding than baseline");
  }
  return {};
}

void append_segment(base::Bytes& out, std::uint8_t marker, std::initializer_list<unsigned> head,
                    base::ByteView body = {}) {
  const std::size_t size = 2 + head.size() + body.size();
  out.insert(out.end(),
             {0xff, marker, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
  for (const unsigned byte : head) out.push_back(static_cast<std::uint8_t>(byte));
  out.insert(out.end(), body.begin(), body.end());
}

}  // namespace

base::Result<JpegPicture> parse_jpeg(base::ByteView bytes) {
  if (bytes.size() < 4 || bytes[0] != 0xff || bytes[1] != soi) return corrupt("does not begin with SOI");
  JpegFile file;
  std::size_t at = 2;
  while (at + 4 <= bytes.size()) {
    if (bytes[at] != 0xff) return corrupt("a marker is missing");
    const std::uint8_t marker = bytes[at + 1];
    if (marker == 0xff) {
      ++at;
      continue;
    }
    const std::size_t size = base::load_be16(&bytes[at + 2]);
    if (size < 2 || size > bytes.size() - at - 2) return corrupt("a segment is truncated");
    const base::ByteView segment = bytes.subspan(at + 4, size - 2);
    at += 2 + size;
    if (marker == sos) {
      if (const auto read = read_scan(segment, bytes.subspan(at), file); read.has_error())
        return read.error();
      return std::move(file.picture);
    }
    if (const auto read = read_segment(marker, segment, file); read.has_error()) return read.error();
  }
  return corrupt("no picture data");
}

void append_jpeg_header(const JpegPicture& picture, base::Bytes& out) {
  out.insert(out.end(), {0xff, soi});
  append_segment(out, 0xe0, {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0});
  base::ByteView tables = picture.tables;
  for (unsigned n = 0; n < 2; ++n) {
    const unsigned wide = picture.wide_tables >> n & 1u;
    const std::size_t size = std::min<std::size_t>(wide ? 128 : 64, tables.size());
    append_segment(out, dqt, {wide << 4 | n}, tables.first(size));
    tables = tables.subspan(size);
  }
  if (picture.restart_interval != 0) {
    const unsigned interval = picture.restart_interval;
    append_segment(out, dri, {interval >> 8, interval & 0xff});
  }
  const unsigned luma = picture.subsampled_rows ? 0x22 : 0x21;
  const unsigned width = picture.width, height = picture.height;
  append_segment(
      out, sof0,
      {8, height >> 8, height & 0xff, width >> 8, width & 0xff, 3, 1, luma, 0, 2, 0x11, 1, 3, 0x11, 1});
  const base::ByteView huffman = jpeg_huffman_segments();
  out.insert(out.end(), huffman.begin(), huffman.end());
  append_segment(out, sos, {3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0});
}

base::Result<base::Bytes> canonical_jpeg(base::ByteView file) {
  const auto picture = parse_jpeg(file);
  if (picture.has_error()) return picture.error();
  base::Bytes out;
  out.reserve(picture->scan.size() + 1024);
  append_jpeg_header(*picture, out);
  out.insert(out.end(), picture->scan.begin(), picture->scan.end());
  out.insert(out.end(), {0xff, eoi});
  return out;
}

}  // namespace watchrig::media
