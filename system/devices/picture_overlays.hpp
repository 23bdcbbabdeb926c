#pragma once

#include <optional>
#include <string>
#include <vector>

#include "system/devices/ability.hpp"

namespace watchrig::devices {

/// A line that a device writes into its pictures.
struct PictureOverlay {
  enum class Kind { text, time, other };  ///< other: images, for one

  std::string token;  ///< the device's name for it; empty: it is yet to be made
  Kind kind = Kind::text;
  std::string text = {};  ///< of a text; leading blanks count
  /// Its left upper corner, 0 to 1 from that of the picture. Of a place in a corner, about there.
  double x = 0, y = 0;
  bool same_as(const PictureOverlay& other) const;
};

struct OverlayState {
  Ability ability = Ability::unknown;  ///< whether it writes anything at all
  bool anywhere = false;               ///< else the corners only
  /// How many there may be, and of texts and times; -1: it does not say.
  int most = -1, most_texts = -1, most_times = -1;
  std::vector<PictureOverlay> overlays;
  static constexpr std::size_t most_read = 128;
};

/// Whether there would be too many for the device, or one without a text, and why.
std::optional<std::string> overlay_refusal(const std::vector<PictureOverlay>& wanted,
                                           const OverlayState& state);

}  // namespace watchrig::devices
