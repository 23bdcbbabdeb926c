#include "simulators/scene/stamp_strip.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace watchrig::scene {
namespace {

constexpr int payload_bytes = 14;
constexpr int bits = payload_bytes * 8;
constexpr std::uint8_t black = 16;
constexpr std::uint8_t white = 235;
constexpr int threshold = (black + white) / 2;

/// A wide picture has room for half as many rows. Cells of at least 4 pixels survive the coarsest quantiser.
struct Layout {
  int columns;
  int rows;
  int row_height;
  int left(int column, int width) const { return column * width / columns; }
};

std::optional<Layout> layout_of(int width, int height) {
  if (width < stamp_min_width || height < stamp_min_height) return std::nullopt;
  const int columns = width >= 448 ? 56 : 28;
  const int cell = width / columns;
  // Even, because chroma has half the rows.
  return Layout{columns, bits / columns, std::clamp(cell * 3 / 4, 4, std::max(4, height / 32)) & ~1};
}

std::uint16_t crc16(base::ByteView bytes) {
  unsigned crc = 0xffff;
  for (const std::uint8_t byte : bytes) {
    crc ^= unsigned{byte} << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? crc << 1 ^ 0x1021U : crc << 1;
  }
  return static_cast<std::uint16_t>(crc);
}

using Payload = std::array<std::uint8_t, payload_bytes>;

Payload pack(const Stamp& stamp) {
  Payload payload{};
  const auto micros = std::chrono::floor<std::chrono::microseconds>(stamp.time).time_since_epoch().count();
  base::store_be32(payload.data(), stamp.frame);
  base::store_be64(payload.data() + 4, static_cast<std::uint64_t>(micros));
  base::store_be16(payload.data() + 12, crc16({payload.data(), 12}));
  return payload;
}

/// The middle half of a cell: its edges may be smeared by the codec.
int mean_of_middle(const std::uint8_t* luma, int stride, int left, int right, int top, int bottom) {
  const int dx = (right - left) / 4;
  const int dy = (bottom - top) / 4;
  int sum = 0;
  int count = 0;
  for (int y = top + dy; y < bottom - dy; ++y)
    for (int x = left + dx; x < right - dx; ++x, ++count) sum += luma[std::ptrdiff_t(y) * stride + x];
  return count == 0 ? 0 : sum / count;
}

}  // namespace

int stamp_strip_height(int width, int height) {
  const auto layout = layout_of(width, height);
  return layout ? layout->rows * layout->row_height : 0;
}

void draw_stamp(media::Picture& picture, const Stamp& stamp) {
  const auto layout = layout_of(picture.width, picture.height);
  if (!layout) return;
  const Payload payload = pack(stamp);
  const int strip_height = layout->rows * layout->row_height;
  for (int row = 0; row < layout->rows; ++row) {
    std::uint8_t* const first = picture.luma() + std::ptrdiff_t(row) * layout->row_height * picture.width;
    for (int column = 0; column < layout->columns; ++column) {
      const int bit = row * layout->columns + column;
      const bool one = (payload[std::size_t(bit) / 8] >> (7 - bit % 8) & 1) != 0;
      const int left = layout->left(column, picture.width);
      std::memset(first + left, one ? white : black,
                  std::size_t(layout->left(column + 1, picture.width) - left));
    }
    for (int y = 1; y < layout->row_height; ++y)
      std::memcpy(first + std::ptrdiff_t(y) * picture.width, first, std::size_t(picture.width));
  }
  const std::size_t grey = std::size_t(strip_height / 2) * std::size_t(picture.width / 2);
  std::memset(picture.cb(), 128, grey);
  std::memset(picture.cr(), 128, grey);
}

std::optional<Stamp> read_stamp(const std::uint8_t* luma, int stride, int width, int height) {
  const auto layout = layout_of(width, height);
  if (!layout) return std::nullopt;
  Payload payload{};
  for (int bit = 0; bit < bits; ++bit) {
    const int column = bit % layout->columns;
    const int top = bit / layout->columns * layout->row_height;
    const int mean = mean_of_middle(luma, stride, layout->left(column, width),
                                    layout->left(column + 1, width), top, top + layout->row_height);
    if (mean > threshold) payload[std::size_t(bit) / 8] |= static_cast<std::uint8_t>(1U << (7 - bit % 8));
  }
  if (base::load_be16(payload.data() + 12) != crc16({payload.data(), 12})) return std::nullopt;
  const auto micros = static_cast<std::int64_t>(base::load_be64(payload.data() + 4));
  return Stamp{base::load_be32(payload.data()), base::UtcTime(std::chrono::microseconds(micros))};
}

std::optional<Stamp> read_stamp(const media::Picture& picture) {
  return read_stamp(picture.luma(), picture.width, picture.width, picture.height);
}

}  // namespace watchrig::scene
