#include "simulators/camera/card/card_course.hpp"

#include <algorithm>

namespace watchrig::camera {

namespace {

/// Between what is before a hole and what is behind it.
constexpr base::Duration shown_of_a_hole = std::chrono::milliseconds(40);

bool same_coding(const media::Presentation& a, const media::Presentation& b) {
  return std::ranges::equal(a, b, [](const media::Track& x, const media::Track& y) {
    return x.codec == y.codec && x.config == y.config && x.width == y.width && x.height == y.height;
  });
}

bool is_key_picture(const CardStore::Unit& unit) { return unit.role == TrackRole::video && unit.unit->key; }

/// When the picture behind the last one of a group would have come.
base::UtcTime end_of(const std::deque<CardStore::Unit>& group) {
  const auto first = group.front().unit->captured, last = group.back().unit->captured;
  const auto pictures = static_cast<base::Duration::rep>(group.size());
  return last + (pictures > 1 ? (last - first) / (pictures - 1) : std::chrono::milliseconds(40));
}

}  // namespace

CardCourse::CardCourse(std::shared_ptr<CardStore> card, media::Presentation tracks,
                       const media::RtspReplay& replay)
    : card_(std::move(card)), tracks_(std::move(tracks)), replay_(replay) {
  if (replay_.backwards) {
    following_ = group_before();
  } else {
    next_ = card_->find(replay_.from).value_or(0);
  }
}

bool CardCourse::has_same_coding(const CardStore::Unit& unit) {
  if (judged_section_ != unit.section) {
    const auto sections = card_->sections();
    const auto own = std::ranges::find(sections, unit.section, &CardStore::Section::number);
    judged_section_ = unit.section;
    is_same_coding_ = own != sections.end() && same_coding(own->tracks, tracks_);
  }
  return is_same_coding_;
}

std::optional<CardCourse::Step> CardCourse::forwards() {
  while (auto unit = card_->at(next_)) {
    next_ = unit->number + 1;
    const auto time = unit->unit->captured;
    if (replay_.to && time > *replay_.to) return {};
    if (replay_.key_pictures_only && !is_key_picture(*unit)) continue;
    const bool new_section = unit->section != section_;
    if (new_section && !has_same_coding(*unit)) continue;
    if (new_section) {
      if (section_ != 0) played_ += last_time_ - section_begin_ + shown_of_a_hole;
      section_begin_ = time;
      section_ = unit->section;
    }
    last_time_ = time;
    const auto behind = card_->at(next_);
    return Step{.unit = *std::move(unit),
                .played = played_ + (time - section_begin_),
                .discontinuity = new_section,
                .section_end = !behind || behind->section != section_,
                .last = !behind || (replay_.to && behind->unit->captured > *replay_.to)};
  }
  return {};
}

std::optional<CardCourse::Step> CardCourse::backwards() {
  const bool begins_group = group_.empty();
  if (begins_group) {
    if (following_.empty()) return {};
    const bool adjacent = section_ == following_.front().section;
    played_ += group_end_ - group_begin_;
    group_end_ = adjacent ? group_begin_ : end_of(following_);
    group_begin_ = following_.front().unit->captured;
    section_ = following_.front().section;
    group_ = std::exchange(following_, {});
    following_ = group_before();
  }
  Step step{.unit = std::move(group_.front()), .discontinuity = begins_group};
  group_.pop_front();
  const auto behind = card_->at(step.unit.number + 1);
  step.played = played_ + (step.unit.unit->captured - group_begin_);
  step.section_end = !behind || behind->section != step.unit.section;
  step.last = group_.empty() && following_.empty();
  return step;
}

CardCourse::Group CardCourse::group_before() {
  for (;;) {
    const auto key = group_key_ ? card_->key_before(*group_key_) : card_->find(replay_.from);
    if (!key) return {};
    // The group that was read before this one had the end in it already.
    if (const auto later = group_key_ ? card_->at(*group_key_) : std::nullopt;
        later && replay_.to && later->unit->captured <= *replay_.to)
      return {};
    group_key_ = key;
    if (auto group = group_at(*key); !group.empty()) return group;
  }
}

CardCourse::Group CardCourse::group_at(std::uint64_t key) {
  Group group;
  for (auto unit = card_->at(key); unit; unit = card_->at(unit->number + 1)) {
    const bool is_first = group.empty();
    if (is_first && (unit->number != key || !has_same_coding(*unit))) return {};
    if (!is_first && (is_key_picture(*unit) || unit->section != group.front().section)) break;
    if (unit->unit->captured > replay_.from) break;
    if (unit->role == TrackRole::video) group.push_back(*unit);
    if (replay_.key_pictures_only) break;
  }
  return group;
}

}  // namespace watchrig::camera
