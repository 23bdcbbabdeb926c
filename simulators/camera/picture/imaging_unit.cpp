#include "simulators/camera/picture/imaging_unit.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace watchrig::camera {

namespace {

constexpr double middle_grey = 126, usual_exposure = 10000, usual_iris_db = 10;

/// How bright a grey becomes: light first, then what is done with it.
double brightened(double grey, const ImagingSettings& s, double light) {
  grey = 16 + (grey - 16) * light;
  if (s.backlight == "ON") grey += s.backlight_level * (235 - grey) / 400;
  if (s.wide_range == "ON") grey = middle_grey + (grey - middle_grey) * (1 - s.wide_range_level / 200);
  grey = middle_grey + (grey - middle_grey) * s.contrast / 50;
  return grey + (s.brightness - 50) * 1.5;
}

double light_of(const ImagingSettings& s, double iris_db) {
  if (s.exposure == "AUTO") return 1;
  return s.exposure_time / usual_exposure * std::pow(10, (s.gain - (iris_db - usual_iris_db)) / 20);
}

void apply_to_luma(media::Picture& picture, const ImagingSettings& s, double light) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double grey = brightened(static_cast<double>(i), s, light);
    table[i] = static_cast<std::uint8_t>(std::lround(std::clamp(grey, 16.0, 235.0)));
  }
  auto* luma = picture.luma();
  for (std::size_t i = 0; i < picture.luma_size(); ++i) luma[i] = table[luma[i]];
}

void apply_to_colours(media::Picture& picture, const ImagingSettings& s) {
  const double strength = s.ir_cut == "OFF" ? 0 : s.saturation / 50;
  const double angle = (s.hue - 50) / 50 * std::numbers::pi / 2;
  const bool by_hand = s.white_balance == "MANUAL" && strength > 0;
  const double more_cb = by_hand ? (s.cb_gain - 128) / 4 : 0, more_cr = by_hand ? (s.cr_gain - 128) / 4 : 0;
  if (strength == 1 && angle == 0 && more_cb == 0 && more_cr == 0) return;
  const double c = strength * std::cos(angle), d = strength * std::sin(angle);
  const auto bounded = [](double value) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(128 + value, 16.0, 240.0)));
  };
  auto* cb = picture.cb();
  auto* cr = picture.cr();
  for (std::size_t i = 0; i < picture.chroma_size(); ++i) {
    const double u = cb[i] - 128.0, v = cr[i] - 128.0;
    cb[i] = bounded(c * u - d * v + more_cb);
    cr[i] = bounded(d * u + c * v + more_cr);
  }
}

/// Out of focus, or by less sharpness, it blurs; by more, edges are stressed.
void apply_sharpness(media::Picture& picture, const ImagingSettings& s, double focus) {
  const double off = s.focus == "AUTO" ? 0 : std::abs(focus - ImagingUnit::sharp_focus);
  const double soft = std::max(0.0, 50 - s.sharpness) / 50;
  const double blur = (off * 16 + soft) * picture.height / 360;
  cv::Mat luma(picture.height, picture.width, CV_8UC1, picture.luma());
  if (blur > 0.2) cv::GaussianBlur(luma, luma, {}, blur);
  if (s.sharpness <= 50) return;
  cv::Mat smooth;
  cv::GaussianBlur(luma, smooth, {}, 1.5);
  const double more = (s.sharpness - 50) / 50;
  cv::addWeighted(luma, 1 + more, smooth, -more, 0, luma);
  cv::min(cv::max(luma, 16), 235, luma);
}

}  // namespace

ImagingSettings ImagingUnit::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

void ImagingUnit::set(ImagingSettings settings) {
  const std::lock_guard lock(mutex_);
  settings_ = std::move(settings);
}

double ImagingUnit::iris_db() const { return (1 - lens_->position().iris) * darkest_iris_db; }

void ImagingUnit::set_iris_db(double attenuation) {
  lens_->go(ptz::HeadMotor::iris, 1 - attenuation / darkest_iris_db, 1);
}

void ImagingUnit::focus_by_hand() {
  const std::lock_guard lock(mutex_);
  settings_.focus = "MANUAL";
}

void ImagingUnit::apply(media::Picture& picture, base::UtcTime captured) const {
  const auto s = settings();
  const auto position = lens_->at(captured);
  apply_sharpness(picture, s, position.focus);
  apply_to_luma(picture, s, light_of(s, (1 - position.iris) * darkest_iris_db));
  apply_to_colours(picture, s);
}

}  // namespace watchrig::camera
