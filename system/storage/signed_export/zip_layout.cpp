#include "system/storage/signed_export/zip_layout.hpp"

#include <algorithm>
#include <limits>
#include <zlib.h>

namespace watchrig::storage {
namespace {

constexpr std::uint64_t most_32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t most_16 = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint16_t with_zip64 = 45;        // 4.4.3.2
constexpr std::uint16_t made_on_unix = 3 << 8;  // 4.4.2.2
constexpr std::uint16_t utf8_name = 1 << 11;    // 4.4.4
constexpr std::uint16_t zip64_extra = 1;        // 4.5.3
constexpr std::uint32_t plain_file = 0100644u << 16;

/// Little-endian, as everything in a ZIP.
class Record {
 public:
  Record& put(std::uint64_t value, int bytes) {
    for (int byte = 0; byte < bytes; ++byte) text_ += static_cast<char>(value >> (8 * byte) & 0xff);
    return *this;
  }
  Record& u16(std::uint64_t value) { return put(value, 2); }
  Record& u32(std::uint64_t value) { return put(value, 4); }
  Record& u64(std::uint64_t value) { return put(value, 8); }
  Record& put(std::string_view text) {
    text_ += text;
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Date and time of MS-DOS (4.4.6), which begin in 1980 and end in 2107.
std::uint32_t dos_time(base::UtcTime time) {
  namespace chrono = std::chrono;
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
  const auto year = std::clamp(static_cast<int>(date.year()), 1980, 2107);
  return static_cast<std::uint32_t>(year - 1980) << 25 | static_cast<unsigned>(date.month()) << 21 |
         static_cast<unsigned>(date.day()) << 16 | static_cast<std::uint32_t>(clock.hours().count()) << 11 |
         static_cast<std::uint32_t>(clock.minutes().count()) << 5 |
         static_cast<std::uint32_t>(clock.seconds().count()) / 2;
}

/// 4.3.7
std::string local_header(const ZipEntry& entry, std::uint32_t time) {
  const bool large = entry.bytes >= most_32;
  const auto size = large ? most_32 : entry.bytes;
  Record header;
  header.u32(0x04034b50).u16(with_zip64).u16(utf8_name).u16(0).u32(time).u32(entry.crc32);
  header.u32(size).u32(size).u16(entry.name.size()).u16(large ? 20 : 0).put(entry.name);
  if (large) header.u16(zip64_extra).u16(16).u64(entry.bytes).u64(entry.bytes);
  return header.take();
}

/// 4.3.12
std::string directory_header(const ZipEntry& entry, std::uint64_t offset, std::uint32_t time) {
  const bool large = entry.bytes >= most_32;
  const bool far = offset >= most_32;
  Record extra;
  if (large) extra.u64(entry.bytes).u64(entry.bytes);
  if (far) extra.u64(offset);
  const auto more = extra.take();
  const auto size = large ? most_32 : entry.bytes;
  Record header;
  header.u32(0x02014b50).u16(made_on_unix | with_zip64).u16(with_zip64).u16(utf8_name).u16(0).u32(time);
  header.u32(entry.crc32).u32(size).u32(size).u16(entry.name.size()).u16(more.empty() ? 0 : more.size() + 4);
  header.u16(0).u16(0).u16(0).u32(plain_file).u32(far ? most_32 : offset).put(entry.name);
  if (!more.empty()) header.u16(zip64_extra).u16(more.size()).put(more);
  return header.take();
}

/// 4.3.14 to 4.3.16
std::string end_of_directory(std::uint64_t entries, std::uint64_t offset, std::uint64_t bytes) {
  Record end;
  if (entries >= most_16 || offset >= most_32 || bytes >= most_32) {
    end.u32(0x06064b50).u64(44).u16(made_on_unix | with_zip64).u16(with_zip64).u32(0).u32(0);
    end.u64(entries).u64(entries).u64(bytes).u64(offset);
    end.u32(0x07064b50).u32(0).u64(offset + bytes).u32(1);
  }
  end.u32(0x06054b50).u16(0).u16(0).u16(std::min(entries, most_16)).u16(std::min(entries, most_16));
  end.u32(std::min(bytes, most_32)).u32(std::min(offset, most_32)).u16(0);
  return end.take();
}

}  // namespace

std::vector<ZipPiece> lay_out_zip(std::vector<ZipEntry> entries, base::UtcTime made) {
  const auto time = dos_time(made);
  std::vector<ZipPiece> pieces;
  std::string directory;
  std::uint64_t offset = 0;
  const auto add = [&](ZipPiece piece) {
    offset += piece.bytes;
    pieces.push_back(std::move(piece));
  };
  for (auto& entry : entries) {
    directory += directory_header(entry, offset, time);
    auto header = local_header(entry, time);
    add({header.size(), std::move(header)});
    add({entry.bytes, std::move(entry.text), std::move(entry.file)});
  }
  directory += end_of_directory(entries.size(), offset, directory.size());
  add({directory.size(), std::move(directory)});
  return pieces;
}

std::uint32_t crc32_with(std::uint32_t before, const void* data, std::size_t size) {
  return static_cast<std::uint32_t>(::crc32_z(before, static_cast<const Bytef*>(data), size));
}

}  // namespace watchrig::storage
