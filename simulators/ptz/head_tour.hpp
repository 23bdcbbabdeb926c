#pragma once

#include <optional>
#include <string>
#include <vector>

#include "system/base/clock.hpp"

namespace watchrig::ptz {

/// Where a head points and how its lens is set: degrees, the rest from 0 to 1.
struct HeadPosition {
  double pan = 0, tilt = 0, zoom = 0, focus = 0, iris = 0;
};

/// One place of a tour: a preset, a position, or home if it has neither.
struct TourSpot {
  std::optional<unsigned> preset;
  std::optional<HeadPosition> position;
  double speed = 1;  ///< of the fastest, above 0 up to 1
  base::Duration stay = std::chrono::seconds(5);
};

/// A round of spots, again and again.
struct HeadTour {
  std::string name;
  std::vector<TourSpot> spots;
  bool backward = false;
  std::optional<unsigned> rounds;      ///< nothing: for ever
  std::optional<base::Duration> life;  ///< after which it ends in any case

  static constexpr base::Duration shortest_stay = std::chrono::seconds(1),
                                  longest_stay = std::chrono::hours(1);
  static constexpr std::size_t most_spots = 128;
};

/// When a tour was where.
struct TourVisit {
  unsigned tour = 0;
  std::size_t spot = 0;            ///< from 0
  std::optional<unsigned> preset;  ///< of the spot
  base::UtcTime arrives, leaves;   ///< as planned; a command by hand comes between
};

}  // namespace watchrig::ptz
