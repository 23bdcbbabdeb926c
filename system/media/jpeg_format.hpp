#pragma once

#include <array>
#include <cstdint>

#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"

namespace watchrig::media {

/// A baseline JPEG picture reduced to what RTP carries of it (RFC 2435): everything else in the file is the
/// same for all of them.
struct JpegPicture {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  bool subsampled_rows = true;         ///< 4:2:0 (RFC 2435 type 1), otherwise 4:2:2 (type 0)
  std::uint16_t restart_interval = 0;  ///< MCUs; 0: none
  std::uint8_t wide_tables = 0;        ///< bit n: table n has 16-bit entries
  base::Bytes tables;   ///< luma, then chroma quantisation table, each 64 entries in zigzag order
  base::ByteView scan;  ///< entropy-coded data without EOI
};

/// Reads a JPEG file (ITU-T T.81, B). Error `corrupt` when it breaks the format, `unsupported` when RFC 2435
/// cannot carry it: progressive, more or less than three components, other sampling than 4:2:0 and 4:2:2,
/// Huffman tables that are not those of T.81, K.3. A file without Huffman tables is taken to mean those.
base::Result<JpegPicture> parse_jpeg(base::ByteView file);

/// Appends SOI, JFIF header, tables, frame and scan header: the scan data and EOI come behind.
void append_jpeg_header(const JpegPicture& picture, base::Bytes& out);

/// The file that a receiver makes of the picture's RTP packets. Whoever compares digests of what was sent
/// with what came out at the other end takes them of this form. Errors as parse_jpeg().
base::Result<base::Bytes> canonical_jpeg(base::ByteView file);

/// The two tables of a quality factor from 1 to 99 (RFC 2435, 4.2 and appendix A), in the form of
/// JpegPicture::tables.
std::array<std::uint8_t, 128> jpeg_quality_tables(unsigned quality);

/// The Huffman table segments of T.81, K.3 (DC, AC luma, DC, AC chroma), each with its marker and length.
base::ByteView jpeg_huffman_segments();

}  // namespace watchrig::media
