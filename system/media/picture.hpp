#pragma once

#include <cstdint>
#include <string_view>

#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"

namespace watchrig::media {

/// A picture in planar YUV 4:2:0, 8 bits, video range (BT.601; luma 16 to 235), its planes without padding:
/// luma of width x height, then Cb and Cr of half the size each way. Both sides are even.
struct Picture {
  Picture() = default;
  Picture(int picture_width, int picture_height)
      : width(picture_width), height(picture_height), bytes(luma_size() + 2 * chroma_size()) {}

  std::size_t luma_size() const { return std::size_t(width) * std::size_t(height); }
  std::size_t chroma_size() const { return luma_size() / 4; }
  std::uint8_t* luma() { return bytes.data(); }
  std::uint8_t* cb() { return bytes.data() + luma_size(); }
  std::uint8_t* cr() { return bytes.data() + luma_size() + chroma_size(); }
  const std::uint8_t* luma() const { return bytes.data(); }
  const std::uint8_t* cb() const { return bytes.data() + luma_size(); }
  const std::uint8_t* cr() const { return bytes.data() + luma_size() + chroma_size(); }

  int width = 0;
  int height = 0;
  base::Bytes bytes;
};

/// The picture scaled (bilinear) to another even size.
base::Result<Picture> scale(const Picture& picture, int width, int height);

/// The picture as a JPEG (quality about 90) or PNG file, for evidence and snapshots.
enum class StillFormat { jpeg, png };
base::Result<base::Bytes> encode_still(const Picture& picture, StillFormat format);

}  // namespace watchrig::media
