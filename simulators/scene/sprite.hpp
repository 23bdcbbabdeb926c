#pragma once

#include <opencv2/core.hpp>

#include "system/media/picture.hpp"

namespace watchrig::scene {

/// A small picture with transparency, drawn once and then laid over many pictures. Even sides.
class Sprite {
 public:
  Sprite() = default;
  /// From four channels (blue, green, red, opacity), 8 bits.
  explicit Sprite(const cv::Mat& bgra);

  int width() const { return colour_.width; }
  int height() const { return colour_.height; }
  /// Blends the sprite in with its left upper corner at (x, y), clipped. Odd places are rounded down to even
  /// ones, because chroma has half the resolution.
  void blend(media::Picture& picture, int x, int y) const;

 private:
  media::Picture colour_;
  base::Bytes luma_opacity_;
  base::Bytes chroma_opacity_;
};

/// 4:2:0 planes of a BGR image with even sides.
media::Picture to_picture(const cv::Mat& bgr);

}  // namespace watchrig::scene
