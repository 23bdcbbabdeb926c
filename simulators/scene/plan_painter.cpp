#include "simulators/scene/plan_painter.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace watchrig::scene {
namespace {

constexpr int shift = 4;  // OpenCV draws at sixteenths of a pixel
constexpr double fixed_point = 1 << shift;

}  // namespace

cv::Scalar rgb(unsigned value) {
  return {double(value & 0xff), double(value >> 8 & 0xff), double(value >> 16), 255};
}

cv::Point PlanPainter::at(Point point) const {
  return {static_cast<int>(std::lround((point.x * scale_x_ - 0.5) * fixed_point)),
          static_cast<int>(std::lround((point.y * scale_y_ - 0.5) * fixed_point))};
}

int PlanPainter::thickness(double units) const {
  return std::max(1, static_cast<int>(std::lround(units * (scale_x_ + scale_y_) / 2)));
}

void PlanPainter::box(double x, double y, double width, double height, const cv::Scalar& colour) {
  polygon({{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}}, colour);
}

void PlanPainter::ellipse(double x, double y, double radius_x, double radius_y, const cv::Scalar& colour) {
  const cv::Size axes(static_cast<int>(radius_x * scale_x_ * fixed_point),
                      static_cast<int>(radius_y * scale_y_ * fixed_point));
  cv::ellipse(image_, at({x, y}), axes, 0, 0, 360, colour, cv::FILLED, cv::LINE_AA, shift);
}

void PlanPainter::polygon(std::initializer_list<Point> points, const cv::Scalar& colour) {
  std::vector<cv::Point> corners;
  for (const Point& point : points) corners.push_back(at(point));
  cv::fillConvexPoly(image_, corners, colour, cv::LINE_AA, shift);
}

void PlanPainter::line(Point from, Point to, double width, const cv::Scalar& colour) {
  cv::line(image_, at(from), at(to), colour, thickness(width), cv::LINE_AA, shift);
}

void PlanPainter::text(const char* text, Point where, double height, const cv::Scalar& colour) {
  constexpr double hershey_height = 21;
  const double scale = height * std::min(scale_x_, scale_y_) / hershey_height;
  const cv::Point corner(static_cast<int>(where.x * scale_x_), static_cast<int>(where.y * scale_y_));
  cv::putText(image_, text, corner, cv::FONT_HERSHEY_SIMPLEX, scale, colour,
              std::max(1, thickness(height / 8)), cv::LINE_AA);
}

void PlanPainter::gradient(double x, double y, double width, double height, const cv::Scalar& top,
                           const cv::Scalar& bottom) {
  const int first = std::clamp(static_cast<int>(y * scale_y_), 0, image_.rows);
  const int end = std::clamp(static_cast<int>((y + height) * scale_y_), first, image_.rows);
  const int left = std::clamp(static_cast<int>(x * scale_x_), 0, image_.cols);
  const int right = std::clamp(static_cast<int>((x + width) * scale_x_), left, image_.cols);
  for (int row = first; row < end; ++row) {
    const double part = double(row - first) / std::max(1, end - first);
    image_(cv::Rect(left, row, right - left, 1)).setTo(top * (1 - part) + bottom * part);
  }
}

}  // namespace watchrig::scene
