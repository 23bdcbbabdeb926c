#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "system/base/clock.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::storage {

/// The last while of a stream, in whole groups of pictures, for a recording that begins before its cause.
class UnitsAhead {
 public:
  static constexpr std::size_t most_bytes = std::size_t{64} << 20;

  /// Keeps it, and at least `keep` before it as far as that fits. `tracks` is asked for where decoding can
  /// begin; what is of others is given up.
  void add(const media::AccessUnitPtr& unit, const std::function<media::Presentation()>& tracks,
           base::Duration keep);
  /// All of it, beginning with a key frame, but groups that ended longer ago than `keep`.
  std::vector<media::AccessUnitPtr> take(base::UtcTime now, base::Duration keep);
  const media::Presentation& tracks() const { return tracks_; }

 private:
  struct Group {
    std::vector<media::AccessUnitPtr> units;
    std::size_t bytes = 0;
  };
  void drop_first();

  media::Presentation tracks_;
  std::deque<Group> groups_;
  std::size_t bytes_ = 0;
};

}  // namespace watchrig::storage
