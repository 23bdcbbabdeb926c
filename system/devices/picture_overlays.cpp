#include "system/devices/picture_overlays.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace watchrig::devices {

namespace {

using Kind = PictureOverlay::Kind;

/// Less than a pixel of a large picture.
constexpr double tolerance = 1e-4;

}  // namespace

bool PictureOverlay::same_as(const PictureOverlay& other) const {
  return kind == other.kind && text == other.text && std::abs(x - other.x) < tolerance &&
         std::abs(y - other.y) < tolerance;
}

std::optional<std::string> overlay_refusal(const std::vector<PictureOverlay>& wanted,
                                           const OverlayState& state) {
  const auto count = [&](Kind kind) {
    return static_cast<int>(std::ranges::count(wanted, kind, &PictureOverlay::kind));
  };
  const auto exceeds = [](int number, int most) { return most >= 0 && number > most; };
  if (exceeds(count(Kind::text), state.most_texts))
    return fmt::format("the device writes at most {} lines of text", state.most_texts);
  if (exceeds(count(Kind::time), state.most_times))
    return fmt::format("the device writes the time at most {} times", state.most_times);
  if (exceeds(static_cast<int>(wanted.size()), state.most))
    return fmt::format("the device writes at most {} lines", state.most);
  return std::nullopt;
}

}  // namespace watchrig::devices
