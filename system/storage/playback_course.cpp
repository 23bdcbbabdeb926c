#include "system/storage/playback_course.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "system/storage/reverse_course.hpp"

namespace watchrig::storage {

namespace {

constexpr base::UtcTime end_of_time = base::UtcTime::max();

/// Of a track that is behind the others by more, nothing is waited for.
constexpr base::Duration most_behind = std::chrono::seconds(5);
/// Between what is before a hole and what is behind it.
constexpr base::Duration shown_of_a_hole = std::chrono::milliseconds(40);
/// So many steps wait until it is known what follows on their tracks.
constexpr std::size_t most_held = 64;

class ForwardCourse final : public PlaybackCourse {
 public:
  ForwardCourse(const Storage& storage, const base::Clock& clock, PlaybackWish wish)
      : storage_(storage), clock_(clock), wish_(std::move(wish)), sieve_(wish_), stamps_(wish_.tracks) {}

  Batch read(std::size_t bytes) override {
    Batch batch;
    std::size_t taken = 0;
    while (taken < bytes && !is_stopped()) {
      auto next = next_unit();
      if (!next) {
        batch.waits = is_recorded_still();
        batch.ended = !batch.waits;
        release_all(batch, batch.ended, batch.ended);
        return batch;
      }
      taken += next->unit->payload.size();
      passed_over_ |= next->discontinuity;
      if (!sieve_.is_known(*next)) {
        passed_over_ |= media::is_video(next->unit->codec);
      } else if (sieve_.is_wanted(*next->unit)) {
        next->discontinuity = std::exchange(passed_over_, false);
        if (next->discontinuity) release_all(batch, true, false);
        held_.push_back(step_of(std::move(*next)));
        release_known(batch);
      }
    }
    batch.ended = is_stopped();
    return batch;
  }

 private:
  /// Those that are followed by another one of their track.
  void release_known(Batch& batch) {
    const auto is_followed = [this] {
      return std::ranges::any_of(held_.begin() + 1, held_.end(), [this](const Step& step) {
        return step.unit->track == held_.front().unit->track;
      });
    };
    while (!held_.empty() && (held_.size() > most_held || is_followed())) {
      batch.steps.push_back(std::move(held_.front()));
      held_.pop_front();
    }
  }

  void release_all(Batch& batch, bool section_end, bool last) {
    std::vector<bool> marked(wish_.tracks.size());
    for (auto step = held_.rbegin(); step != held_.rend(); ++step) {
      const bool is_last_of_track = !marked.at(step->unit->track);
      marked[step->unit->track] = true;
      step->section_end = section_end && is_last_of_track;
      step->last = last && is_last_of_track;
    }
    std::ranges::move(held_, std::back_inserter(batch.steps));
    held_.clear();
  }

  /// Goes on behind the last one when more has been recorded meanwhile.
  std::optional<RecordedUnit> next_unit() {
    auto unit = reader_ ? reader_->next() : std::nullopt;
    bool follows = true;
    if (!unit) {
      if (!open_reader()) return std::nullopt;
      unit = reader_->next();
      follows = !newest_;
    }
    // What was read last on one track may be later than what comes now on another.
    for (; unit; unit = reader_->next()) {
      const auto before = read_before_.find(unit->unit->track);
      if (before == read_before_.end() || unit->unit->time > before->second) break;
      follows = true;
    }
    if (!unit) return std::nullopt;
    unit->discontinuity |= !follows;
    const auto time = unit->unit->time;
    newest_ = std::max(newest_.value_or(time), time);
    newest_of_track_[unit->unit->track] = time;
    return unit;
  }

  bool open_reader() {
    reader_.reset();
    auto from = newest_.value_or(wish_.replay.from);
    const auto to = wish_.replay.to.value_or(end_of_time);
    if (newest_ ? from + base::Duration(1) >= to : from >= to) return false;
    read_before_ = newest_of_track_;
    for (const auto& [track, time] : read_before_) {
      if (*newest_ - time < most_behind) from = std::min(from, time);
    }
    auto reader = storage_.read(wish_.channel, wish_.stream, from, to);
    if (!reader) return false;
    reader_.emplace(*std::move(reader));
    return true;
  }

  Step step_of(RecordedUnit&& recorded) {
    const auto time = recorded.unit->time;
    const auto track = recorded.unit->track;
    if (recorded.discontinuity || !section_begin_) {
      if (section_begin_) played_ += last_time_ - *section_begin_ + shown_of_a_hole;
      section_begin_ = last_time_ = time;
      is_fresh_.assign(wish_.tracks.size(), true);
      stamps_.forget();
    }
    last_time_ = std::max(last_time_, time);
    const bool fresh = is_fresh_.at(track);
    is_fresh_[track] = false;
    const auto stamp = stamps_.next(*recorded.unit);
    return {std::move(recorded.unit), played_ + (time - *section_begin_), stamp, fresh};
  }

  bool is_recorded_still() const {
    if (newest_ && wish_.replay.to && *newest_ >= *wish_.replay.to) return false;
    return newest_ && clock_.now() - *newest_ < recording_patience;
  }

  using Times = std::map<std::uint16_t, base::UtcTime>;  // by track

  const Storage& storage_;
  const base::Clock& clock_;
  const PlaybackWish wish_;
  PlaybackSieve sieve_;
  PlaybackStamps stamps_;
  std::optional<RecordingReader> reader_;
  std::optional<base::UtcTime> newest_;  ///< that was read
  Times newest_of_track_;
  Times read_before_;  ///< when the reader was opened
  bool passed_over_ = false;
  std::deque<Step> held_;  ///< until it is known what follows
  std::optional<base::UtcTime> section_begin_;
  base::UtcTime last_time_;     ///< of the section, as far as it was wanted
  std::vector<bool> is_fresh_;  ///< by track: nothing of it is in this section yet
  base::Duration played_{};     ///< of the sections before
};

}  // namespace

bool PlaybackSieve::is_known(const RecordedUnit& recorded) {
  if (recorded.presentation != judged_) {
    judged_ = recorded.presentation;
    known_.assign(judged_->size(), false);
    for (std::size_t i = 0; i < std::min(judged_->size(), wish_.tracks.size()); ++i) {
      const auto &own = (*judged_)[i], &wanted = wish_.tracks[i];
      known_[i] =
          own.codec == wanted.codec && own.clock_rate == wanted.clock_rate && own.channels == wanted.channels;
    }
  }
  return known_.at(recorded.unit->track);
}

bool PlaybackSieve::is_wanted(const media::AccessUnit& unit) const {
  const auto& replay = wish_.replay;
  if (!media::is_video(unit.codec)) {
    return !replay.key_pictures_only && !replay.backwards && (replay.speed == 1 || !replay.rate_control);
  }
  const bool all = !replay.key_pictures_only && (replay.speed <= all_pictures_up_to || !replay.rate_control);
  return all || unit.key;
}

std::uint32_t PlaybackStamps::next(const media::AccessUnit& unit) {
  const auto& track = tracks_.at(unit.track);
  auto& anchor = anchors_.at(unit.track);
  const auto by_time = ticks_of(unit.time, track.clock_rate);
  if (anchor) {
    const auto by_camera = anchor->shown + (unit.rtp_timestamp - anchor->own);
    const auto off = static_cast<std::int32_t>(by_camera - by_time);
    if (static_cast<std::uint32_t>(std::abs(std::int64_t{off})) < track.clock_rate / 2) return by_camera;
  }
  anchor = Anchor{unit.rtp_timestamp, by_time};
  return by_time;
}

void PlaybackStamps::forget() { std::ranges::fill(anchors_, std::nullopt); }

std::uint32_t PlaybackStamps::ticks_of(base::UtcTime time, std::uint32_t rate) {
  const auto ns = time.time_since_epoch().count();
  constexpr std::int64_t second = 1'000'000'000;
  return static_cast<std::uint32_t>(ns / second * rate + ns % second * rate / second);
}

std::unique_ptr<PlaybackCourse> PlaybackCourse::plan(const Storage& storage, const base::Clock& clock,
                                                     PlaybackWish wish) {
  if (wish.replay.backwards) return std::make_unique<ReverseCourse>(storage, std::move(wish));
  return std::make_unique<ForwardCourse>(storage, clock, std::move(wish));
}

base::Result<media::Presentation> recorded_tracks(const Storage& storage, std::string_view channel,
                                                  std::string_view stream, base::UtcTime from,
                                                  base::UtcTime to) {
  auto reader = storage.read(channel, stream, from, to);
  if (!reader) return reader.error();
  const auto first = reader->next();
  if (first) return *first->presentation;
  return base::Error{base::ErrorKind::not_found,
                     fmt::format("nothing of stream \"{}\" of channel \"{}\" can be read from {} to {}",
                                 stream, channel, base::format_utc(from), base::format_utc(to))};
}

}  // namespace watchrig::storage
