#include "simulators/camera/camera_feed.hpp"

#include "system/base/byte_order.hpp"

namespace watchrig::camera {

namespace {

/// Four seconds of a 32 Mb/s stream; the blocks are shared, so the memory is used once for all readers.
constexpr base::BoundedQueue<media::RtpTrainPtr>::Limits limits{1024, 16U << 20};
constexpr std::size_t frame_bytes = 4;  // the interleaving frame before each packet of a train

}  // namespace

media::RtpPosition position_of(const media::RtpTrain& train) {
  const std::uint8_t* packet = train.block.data() + train.packets.front() + frame_bytes;
  return {base::load_be32(packet + 8), base::load_be16(packet + 2), train.rtp_timestamp};
}

CameraFeed::CameraFeed(std::shared_ptr<CameraStream> stream, boost::asio::any_io_executor executor,
                       base::Start start)
    : stream_(std::move(stream)),
      queue_(executor, limits, base::Overflow::drop_to_restart, start),
      start_(start),
      pause_(std::move(executor), stream_->clock()) {}

CameraFeed::~CameraFeed() { stream_->leave(*this); }

void CameraFeed::push(const media::RtpTrainPtr& train) {
  bool begins = false;
  {
    const std::lock_guard lock(mutex_);
    const bool had_begun = begun_;
    begun_ = begun_ || start_ == base::Start::at_once || is_restart_point(train);
    begins = begun_ && !had_begun;
    if (begun_ && !first_.at(train->track)) first_[train->track] = position_of(*train);
  }
  queue_.push(train);
  // Not before: what is told to it until then, it passes over.
  if (begins) stream_->reader_begins();
}

std::optional<media::RtpPosition> CameraFeed::position(std::uint16_t track) const {
  const std::lock_guard lock(mutex_);
  return first_.at(track);
}

/// With a phase it sleeps before it looks, so that a unit which comes to a thousand cameras at once does not
/// wake them all at once.
boost::asio::awaitable<std::optional<media::RtpTrainPtr>> CameraFeed::next() {
  if (stream_->lag() == base::Duration::zero()) co_return co_await queue_.pop();
  co_await pause_.wait_until(due_);
  auto train = co_await queue_.pop();
  if (!train) co_return train;
  co_await pause_.wait_until((*train)->time + stream_->lag());
  due_ = (*train)->time + stream_->lag() + stream_->period();
  co_return train;
}

std::optional<media::RtpTrainPtr> CameraFeed::try_next() {
  // Who looks into an empty queue is woken by the next push, which a phase is to avoid.
  if (stream_->lag() != base::Duration::zero()) return std::nullopt;
  return queue_.try_pop();
}

void CameraFeed::sent(const media::RtpTrain& train) { stream_->sent(train); }

}  // namespace watchrig::camera
