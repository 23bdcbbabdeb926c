#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "system/devices/ability.hpp"
#include "system/devices/stream_encoding.hpp"

namespace watchrig::devices {

/// One thing that can be set of how a device makes its pictures.
struct PictureSetting {
  std::string name;
  Ability ability = Ability::unknown;
  std::optional<double> number;
  std::optional<NumberRange<double>> range;  ///< of a number; nothing: the device does not say
  std::string mode;                          ///< of what has modes
  std::vector<std::string> modes;            ///< that there are
  bool has_modes = false;
};

/// How a device makes the pictures of a channel, in the device's own scales. The names: brightness, contrast,
/// saturation, hue, sharpness; exposure (mode), exposure_time (microseconds), gain and iris (dB);
/// white_balance (mode), red_gain, blue_gain; day_night, wide_range, wide_range_level, backlight,
/// backlight_level, focus (modes and levels).
struct PictureState {
  Ability ability = Ability::unknown;  ///< whether anything can be set
  std::vector<PictureSetting> settings;

  const PictureSetting* find(std::string_view name) const;
};

/// A value for a setting: a number or a mode.
struct PictureWish {
  std::optional<double> number;
  std::string mode;
};
using PictureWishes = std::map<std::string, PictureWish, std::less<>>;

/// The first wish that the device cannot fulfil.
struct PictureRefusal {
  std::string name;
  std::string reason;
};
std::optional<PictureRefusal> refusal_of(const PictureWishes& wishes, const PictureState& state);

}  // namespace watchrig::devices
