#pragma once

#include <optional>

#include "system/storage/playback_course.hpp"

namespace watchrig::storage {

/// Which units of a recording are played.
class PlaybackSieve {
 public:
  explicit PlaybackSieve(const PlaybackWish& wish) : wish_(wish) {}
  /// Whether it is coded as what was described to the client.
  bool is_known(const RecordedUnit& recorded);
  bool is_wanted(const media::AccessUnit& unit) const;

 private:
  const PlaybackWish& wish_;
  std::shared_ptr<const media::Presentation> judged_;
  std::vector<bool> known_;  ///< by track
};

/// RTP timestamps that go on with the recorded time, and between two units as the camera's: the same in every
/// session, whatever stood in a camera's packets before and after it was started again.
class PlaybackStamps {
 public:
  explicit PlaybackStamps(const media::Presentation& tracks) : tracks_(tracks), anchors_(tracks.size()) {}
  std::uint32_t next(const media::AccessUnit& unit);
  /// The camera's timestamps do not go on.
  void forget();

 private:
  struct Anchor {
    std::uint32_t own, shown;
  };
  static std::uint32_t ticks_of(base::UtcTime time, std::uint32_t rate);

  const media::Presentation tracks_;
  std::vector<std::optional<Anchor>> anchors_;
};

/// PlaybackCourse backwards.
class ReverseCourse final : public PlaybackCourse {
 public:
  ReverseCourse(const Storage& storage, PlaybackWish wish);
  Batch read(std::size_t bytes) override;

 private:
  /// Begins the group before `later_`; false where there is none, or it is not wanted.
  bool begin_group();
  /// The time of the latest key picture before that time.
  std::optional<base::UtcTime> key_before(base::UtcTime end);
  std::optional<base::UtcTime> key_within(base::UtcTime from, base::UtcTime end, bool first);
  /// The next picture of the group, wanted or not.
  media::AccessUnitPtr next_picture();
  void end_group();

  const Storage& storage_;
  const PlaybackWish wish_;
  PlaybackSieve sieve_;
  PlaybackStamps stamps_;
  base::UtcTime later_;  ///< the group that was played before began there; all that is earlier is wanted
  std::optional<RecordingReader> group_;
  base::UtcTime group_begin_, group_last_;
  base::UtcTime group_end_;   ///< where the group that follows in time begins
  std::size_t taken_ = 0;     ///< bytes by read()
  std::size_t pictures_ = 0;  ///< of the group, up to now
  std::optional<Step> held_;  ///< until it is known what follows
  base::Duration played_{};   ///< of the groups before
};

}  // namespace watchrig::storage
