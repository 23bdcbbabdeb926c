#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "simulators/ptz/mechanical_head.hpp"
#include "system/media/picture.hpp"

namespace watchrig::camera {

/// How a camera makes its pictures (tt:ImagingSettings20). Numbers in the units of ONVIF: exposure times in
/// microseconds, gain in dB, levels 0 to 100 with 50 in the middle.
struct ImagingSettings {
  double brightness = 50, contrast = 50, saturation = 50, sharpness = 50;
  double hue = 50;  ///< an extension of our own kind: 0 to 100 are -90 to 90 degrees
  std::string exposure = "AUTO";
  double exposure_time = 10000, gain = 0;
  std::string white_balance = "AUTO";
  double cr_gain = 128, cb_gain = 128;
  std::string ir_cut = "ON";  ///< OFF: the camera sees without colours
  std::string wide_range = "OFF", backlight = "OFF";
  double wide_range_level = 50, backlight_level = 50;
  std::string focus = "MANUAL";
  bool operator==(const ImagingSettings&) const = default;
};

/// Sets the pictures of a camera and its lens. Any thread.
class ImagingUnit {
 public:
  static constexpr double darkest_iris_db = 20;  ///< shut as far as it goes; 0: fully open
  static constexpr double sharp_focus = 0.5;     ///< position of the lens

  explicit ImagingUnit(std::shared_ptr<ptz::MechanicalHead> lens) : lens_(std::move(lens)) {}

  ImagingSettings settings() const;
  void set(ImagingSettings settings);
  ptz::MechanicalHead& lens() const { return *lens_; }
  double iris_db() const;
  void set_iris_db(double attenuation);
  /// Focus by hand, which turns the automatic one off (ONVIF Imaging 5.1.6).
  void focus_by_hand();

  /// Makes of a picture what the settings have it be.
  void apply(media::Picture& picture, base::UtcTime captured) const;

 private:
  const std::shared_ptr<ptz::MechanicalHead> lens_;
  mutable std::mutex mutex_;
  ImagingSettings settings_;
};

}  // namespace watchrig::camera
