#include "simulators/scene/sprite.hpp"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace watchrig::scene {
namespace {

struct Span {
  int from;
  int to;
};

/// The part of a sprite's side that falls on the picture.
Span visible(int at, int size, int limit) { return {std::max(0, -at), std::min(size, limit - at)}; }

void blend_plane(std::uint8_t* to, int to_width, int to_height, const std::uint8_t* from,
                 const std::uint8_t* opacity, int width, int height, int x, int y) {
  const Span columns = visible(x, width, to_width);
  const Span rows = visible(y, height, to_height);
  for (int row = rows.from; row < rows.to; ++row) {
    std::uint8_t* const target = to + std::ptrdiff_t(y + row) * to_width + x;
    const std::ptrdiff_t line = std::ptrdiff_t(row) * width;
    for (int column = columns.from; column < columns.to; ++column) {
      const int a = opacity[line + column];
      // (v * 257 + 32768) >> 16 is v / 255 rounded, for all products that occur.
      const int mixed = from[line + column] * a + target[column] * (255 - a);
      target[column] = static_cast<std::uint8_t>((mixed * 257 + 32768) >> 16);
    }
  }
}

}  // namespace

media::Picture to_picture(const cv::Mat& bgr) {
  cv::Mat planes;
  cv::cvtColor(bgr, planes, cv::COLOR_BGR2YUV_I420);
  media::Picture picture(bgr.cols, bgr.rows);
  std::copy(planes.data, planes.data + picture.bytes.size(), picture.bytes.begin());
  return picture;
}

Sprite::Sprite(const cv::Mat& bgra) {
  cv::Mat bgr;
  cv::cvtColor(bgra, bgr, cv::COLOR_BGRA2BGR);
  colour_ = to_picture(bgr);
  cv::Mat opacity;
  cv::extractChannel(bgra, opacity, 3);
  luma_opacity_.assign(opacity.datastart, opacity.dataend);
  cv::Mat half;
  cv::resize(opacity, half, cv::Size(opacity.cols / 2, opacity.rows / 2), 0, 0, cv::INTER_AREA);
  chroma_opacity_.assign(half.datastart, half.dataend);
}

void Sprite::blend(media::Picture& picture, int x, int y) const {
  x &= ~1;
  y &= ~1;
  blend_plane(picture.luma(), picture.width, picture.height, colour_.luma(), luma_opacity_.data(), width(),
              height(), x, y);
  const int w = picture.width / 2;
  const int h = picture.height / 2;
  for (const auto& [to, from] :
       {std::pair(picture.cb(), colour_.cb()), std::pair(picture.cr(), colour_.cr())})
    blend_plane(to, w, h, from, chroma_opacity_.data(), width() / 2, height() / 2, x / 2, y / 2);
}

}  // namespace watchrig::scene
