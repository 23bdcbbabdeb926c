#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace watchrig::devices {

/// How the magnification grows with the position of the zoom: as a power, of twenty over the whole way unless
/// the device's fields of view say otherwise.
class ZoomLaw {
 public:
  /// What is seen, in degrees, at a position from 0 to 1.
  void learn(double zoom, double degrees) {
    constexpr double far_enough = 0.02;
    if (last_ && std::abs(zoom - last_->first) < far_enough) return;
    if (last_) {
      const double steep = std::log(last_->second / degrees) / (zoom - last_->first);
      if (steep > 0.1 && steep < 10) steep_ = steep;
    }
    last_ = {zoom, degrees};
  }
  /// The position at which the picture is so many times as large as at this one, as far as there is one.
  double zoomed(double zoom, double times) const {
    return std::clamp(zoom + std::log(times) / steep_, 0.0, 1.0);
  }

 private:
  double steep_ = std::log(20.0);
  std::optional<std::pair<double, double>> last_;
};

}  // namespace watchrig::devices
