#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "simulators/camera/card/card_store.hpp"
#include "system/media/rtsp_replay.hpp"

namespace watchrig::camera {

/// In which order the units of a card are played. Backwards, groups of pictures come from the last to the
/// first, each with its pictures in their order, and without sound (ONVIF Streaming, 6.5.2). Units that are
/// not coded as `tracks` are passed over.
class CardCourse {
 public:
  struct Step {
    CardStore::Unit unit;
    base::Duration played{};     ///< since the first step, at speed 1 and without the holes
    bool discontinuity = false;  ///< it does not follow what was played before
    bool section_end = false;    ///< there is a hole behind it
    bool last = false;
  };

  /// Times are those of the rig's clock.
  CardCourse(std::shared_ptr<CardStore> card, media::Presentation tracks, const media::RtspReplay& replay);

  /// Nothing at the end, or once the card cannot be read.
  std::optional<Step> next() { return replay_.backwards ? backwards() : forwards(); }

 private:
  using Group = std::deque<CardStore::Unit>;

  std::optional<Step> forwards();
  std::optional<Step> backwards();
  /// The pictures of the last group before `group_key_` that are wanted; none at the end.
  Group group_before();
  Group group_at(std::uint64_t key);
  bool has_same_coding(const CardStore::Unit& unit);

  const std::shared_ptr<CardStore> card_;
  const media::Presentation tracks_;
  const media::RtspReplay replay_;
  base::Duration played_{};                      ///< of the sections, or groups, before
  std::optional<std::uint64_t> judged_section_;  ///< for is_same_coding_
  bool is_same_coding_ = false;

  std::uint64_t next_ = 0;
  std::uint64_t section_ = 0;  ///< of the unit before
  base::UtcTime section_begin_, last_time_;

  std::optional<std::uint64_t> group_key_;  ///< the number of the earliest group that was read
  Group group_, following_;                 ///< what is played, and what is played then
  base::UtcTime group_begin_, group_end_;
};

}  // namespace watchrig::camera
