#include "system/api/playback_feed.hpp"

namespace watchrig::api {

namespace asio = boost::asio;

namespace {

constexpr std::size_t bytes_at_a_time = std::size_t{512} << 10;
constexpr auto between_looks = std::chrono::milliseconds(250);  // at what is being recorded

}  // namespace

PlaybackFeed::PlaybackFeed(std::shared_ptr<PlaybackReaders> readers, PlaybackReaders::Place place,
                           std::shared_ptr<storage::PlaybackCourse> course, const storage::PlaybackWish& wish,
                           asio::any_io_executor executor, const base::Clock& clock)
    : readers_(std::move(readers)),
      place_(std::move(place)),
      course_(std::move(course)),
      rate_control_(wish.replay.rate_control),
      marked_(wish.replay.marked),
      sender_(wish.tracks, wish.replay, executor, clock),
      timer_(executor, clock),
      begins_(wish.tracks.size()) {}

asio::awaitable<bool> PlaybackFeed::begin() {
  while (steps_.empty() && !ended_ && !waits_) co_await fetch();
  find_begins();
  co_return !steps_.empty();
}

void PlaybackFeed::find_begins() {
  begins_.assign(begins_.size(), std::nullopt);
  for (const auto& step : steps_) {
    auto& begin = begins_.at(step.unit->track);
    if (!begin) begin = sender_.position_of(unit_of(step));
  }
}

void PlaybackFeed::go_on(const media::RtpPositions& positions) {
  sender_.go_on(positions);
  find_begins();
}

asio::awaitable<void> PlaybackFeed::fetch() {
  const auto batch = std::make_shared<storage::PlaybackCourse::Batch>();
  std::function<void()> work = [course = course_, batch] { *batch = course->read(bytes_at_a_time); };
  const bool was_read = co_await readers_->run(std::move(work));
  steps_.assign(std::make_move_iterator(batch->steps.begin()), std::make_move_iterator(batch->steps.end()));
  ended_ = batch->ended || !was_read;
  waits_ = batch->waits;
}

asio::awaitable<std::optional<media::RtpTrainPtr>> PlaybackFeed::next() {
  while (!closed_) {
    if (steps_.empty()) {
      if (ended_) break;
      co_await fetch();
      if (steps_.empty() && waits_ && !closed_) co_await timer_.wait_for(between_looks);
      continue;
    }
    const Step step = std::move(steps_.front());
    steps_.pop_front();
    co_await sender_.pace(step.played);
    if (closed_) break;
    auto train = train_of(step);
    if (train) co_return train;
  }
  co_return std::nullopt;
}

std::optional<media::RtpTrainPtr> PlaybackFeed::try_next() {
  if (rate_control_ || steps_.empty() || closed_) return std::nullopt;
  const Step step = std::move(steps_.front());
  steps_.pop_front();
  auto train = train_of(step);
  return train ? std::optional(std::move(train)) : std::nullopt;
}

media::ReplayUnit PlaybackFeed::unit_of(const Step& step) {
  const auto& unit = *step.unit;
  media::ReplayUnit sent{unit.track, unit.payload, unit.key, step.rtp_timestamp, step.played, {unit.time}};
  sent.mark.clean_point = media::is_video(unit.codec) && unit.key;
  sent.mark.discontinuity = step.discontinuity;
  sent.mark.section_end = step.section_end;
  sent.mark.last = step.last;
  return sent;
}

media::RtpTrainPtr PlaybackFeed::train_of(const Step& step) {
  reached_ = step.unit->time;
  return sender_.train_of(unit_of(step), marked_);
}

void PlaybackFeed::close() {
  closed_ = true;
  course_->stop();
  place_.reset();
  sender_.cancel();
  timer_.cancel();
}

std::optional<media::RtpPosition> PlaybackFeed::position(std::uint16_t track) const {
  const auto position = sender_.position(track);
  return position || track >= begins_.size() ? position : begins_[track];
}

}  // namespace watchrig::api
