#include "simulators/scene/pointed_view.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace watchrig::scene {

namespace {

/// What is seen, in pixels of a plane of the canvas.
struct Window {
  double left, top, width, height;
};

Window window_of(const cv::Size& plane, const Pointing& pointing, double aspect) {
  const double per_degree = plane.width / canvas_degrees;
  Window window{};
  window.width = std::clamp(pointing.view_degrees, 0.5, canvas_degrees) * per_degree;
  window.height = window.width / aspect;
  window.left = plane.width / 2.0 + pointing.pan_degrees * per_degree - window.width / 2;
  window.top = plane.height / 2.0 - pointing.tilt_degrees * per_degree - window.height / 2;
  return window;
}

/// The part of the plane around the window, columns going round and rows repeated beyond the edges.
cv::Mat cut(const cv::Mat& plane, int left, int top, int width, int height) {
  cv::Mat part(height, width, CV_8UC1);
  for (int y = 0; y < height; ++y) {
    const auto* from = plane.ptr(std::clamp(top + y, 0, plane.rows - 1));
    auto* to = part.ptr(y);
    int x = ((left % plane.cols) + plane.cols) % plane.cols;
    for (int done = 0; done < width;) {
      const int run = std::min(width - done, plane.cols - x);
      std::copy_n(from + x, run, to + done);
      done += run;
      x = 0;
    }
  }
  return part;
}

void look_at(const cv::Mat& plane, const Pointing& pointing, cv::Mat view) {
  const auto window = window_of(plane.size(), pointing, double(view.cols) / view.rows);
  const int left = static_cast<int>(std::floor(window.left)) - 1,
            top = static_cast<int>(std::floor(window.top)) - 1;
  const auto part = cut(plane, left, top, static_cast<int>(std::ceil(window.width)) + 4,
                        static_cast<int>(std::ceil(window.height)) + 4);
  const double step_x = window.width / view.cols, step_y = window.height / view.rows;
  const cv::Matx23d map(step_x, 0, window.left - left, 0, step_y, window.top - top);
  cv::warpAffine(part, view, map, view.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
}

cv::Mat plane_of(const std::uint8_t* bytes, int width, int height) {
  // Only canvases are read from, and only views are written to.
  return {height, width, CV_8UC1, const_cast<std::uint8_t*>(bytes)};
}

}  // namespace

void look(const media::Picture& canvas, const Pointing& pointing, media::Picture& view) {
  look_at(plane_of(canvas.luma(), canvas.width, canvas.height), pointing,
          plane_of(view.luma(), view.width, view.height));
  const int width = canvas.width / 2, height = canvas.height / 2;
  const int view_width = view.width / 2, view_height = view.height / 2;
  look_at(plane_of(canvas.cb(), width, height), pointing, plane_of(view.cb(), view_width, view_height));
  look_at(plane_of(canvas.cr(), width, height), pointing, plane_of(view.cr(), view_width, view_height));
}

std::vector<SceneObject> seen_from(const std::vector<SceneObject>& objects, const Pointing& pointing,
                                   int view_width, int view_height) {
  const cv::Size view(view_width, view_height), canvas = view * canvas_scale;
  const auto window = window_of(canvas, pointing, double(view.width) / view.height);
  const double scale_x = view.width / window.width, scale_y = view.height / window.height;
  const int first = static_cast<int>(std::floor(window.left / canvas.width));
  const int last = static_cast<int>(std::floor((window.left + window.width) / canvas.width));
  std::vector<SceneObject> seen;
  for (const auto& object : objects) {
    for (int round = first; round <= last; ++round) {
      // From edge to edge; look() goes from the middle of a pixel to the middle of another.
      const double left = (object.box.x - 0.5 + double(round) * canvas.width - window.left) * scale_x + 0.5;
      const double top = (object.box.y - 0.5 - window.top) * scale_y + 0.5;
      const cv::Point from(static_cast<int>(std::floor(left)), static_cast<int>(std::floor(top)));
      const cv::Point to(static_cast<int>(std::ceil(left + object.box.width * scale_x)),
                         static_cast<int>(std::ceil(top + object.box.height * scale_y)));
      const cv::Rect box = cv::Rect(from, to) & cv::Rect(0, 0, view.width, view.height);
      if (box.empty()) continue;
      auto& one = seen.emplace_back(object);
      one.id = object.id * 3 + static_cast<std::uint32_t>((round % 3 + 3) % 3);
      one.box = {box.x, box.y, box.width, box.height};
    }
  }
  return seen;
}

}  // namespace watchrig::scene
