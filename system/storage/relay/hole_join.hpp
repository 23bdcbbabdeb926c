#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "system/storage/storage.hpp"

namespace watchrig::storage {

/// Fits what a device has recorded itself into a hole, unit by unit: what is on both sides of the hole is
/// recognised by its bytes, or else by its time, so that nothing is missing or doubled at the joints. Times
/// become this server's, by how far the device's clock was off on either side.
class HoleJoin {
 public:
  /// `before` ends with the last unit before the hole and begins with a key picture; `after` begins with the
  /// first unit behind it. All are of the tracks `stored`.
  HoleJoin(const Hole& hole, media::Presentation stored, std::vector<media::AccessUnitPtr> before,
           std::vector<media::AccessUnitPtr> after);

  /// What to ask the device for, by its clock: a little more than the hole.
  base::UtcTime from() const { return device_time(hole_.from) - margin; }
  base::UtcTime to() const { return device_time(hole_.to) + margin; }

  /// How the device's recording is coded. Error conflict: otherwise than what is stored.
  base::Result<> present(const media::Presentation& recorded);

  /// The units that are to be recorded now that the device's next one has come; it needs its sender_time.
  std::vector<media::AccessUnitPtr> take(const media::AccessUnit& unit, base::UtcTime now);
  /// The unit behind the hole, or one later than it, has come.
  bool done() const { return state_ == State::behind; }
  /// Whether the bytes of the last unit before the hole were found.
  bool exact() const { return exact_; }
  /// What comes is not what was recorded before the hole: another camera's, or coded otherwise.
  bool foreign() const { return foreign_; }

 private:
  enum class State { before, inside, behind };
  static constexpr base::Duration margin = std::chrono::seconds(2);
  static constexpr std::size_t most_waiting = 256;

  base::UtcTime device_time(base::UtcTime ours) const;
  base::UtcTime our_time(base::UtcTime device) const;
  void take_over_clock(const media::AccessUnit& joint);
  std::vector<media::AccessUnitPtr> take_picture(media::AccessUnit unit);
  void take_sound(media::AccessUnit unit, std::vector<media::AccessUnitPtr>& units);
  void keep(media::AccessUnit unit, std::vector<media::AccessUnitPtr>& units);

  const Hole hole_;
  const media::Presentation stored_;
  std::vector<std::optional<std::uint16_t>> track_of_;  ///< of the device's tracks
  std::uint16_t leading_ = 0;
  media::AccessUnitPtr last_, first_;  ///< of the leading track, on both sides
  base::Duration half_interval_{};
  bool still_ = false;                               ///< pictures are alike: time alone tells them apart
  base::Duration offset_before_{}, offset_after_{};  ///< the device's clock against ours
  std::vector<base::UtcTime> newest_;                ///< a track: recorded before the hole, and since
  std::vector<std::optional<base::UtcTime>> end_;    ///< a track: first behind the hole
  std::deque<media::AccessUnit> waiting_;            ///< sound that came before the joint was found
  State state_ = State::before;
  bool exact_ = false;
  bool foreign_ = false;
  bool begun_before_ = false;  ///< what came began before the hole
};

}  // namespace watchrig::storage
