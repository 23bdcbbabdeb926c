#pragma once

#include <initializer_list>

#include <opencv2/core.hpp>

namespace watchrig::scene {

/// A colour as people write it: 0xRRGGBB, opaque.
cv::Scalar rgb(unsigned value);

/// Draws shapes given in units of a plan onto an image of any size. Edges are smooth.
class PlanPainter {
 public:
  /// The plan of `width` x `height` units covers the whole image (three or four channels).
  PlanPainter(cv::Mat& image, double width, double height)
      : image_(image), scale_x_(image.cols / width), scale_y_(image.rows / height) {}

  struct Point {
    double x;
    double y;
  };

  void box(double x, double y, double width, double height, const cv::Scalar& colour);
  void ellipse(double x, double y, double radius_x, double radius_y, const cv::Scalar& colour);
  void polygon(std::initializer_list<Point> points, const cv::Scalar& colour);
  void line(Point from, Point to, double thickness, const cv::Scalar& colour);
  /// Letters of this height with their left lower corner at the point.
  void text(const char* text, Point at, double height, const cv::Scalar& colour);
  /// From the colour at the top to the one at the bottom.
  void gradient(double x, double y, double width, double height, const cv::Scalar& top,
                const cv::Scalar& bottom);

 private:
  cv::Point at(Point point) const;
  int thickness(double units) const;

  cv::Mat& image_;
  double scale_x_;
  double scale_y_;
};

}  // namespace watchrig::scene
