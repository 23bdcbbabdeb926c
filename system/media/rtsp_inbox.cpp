#include "system/media/rtsp_inbox.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace watchrig::media {

using base::Result;

RtspInbox::RtspInbox(const asio::any_io_executor& executor, std::size_t max_units)
    : max_units_(max_units),
      unit_signal_(executor, asio::steady_timer::time_point::max()),
      room_signal_(executor, asio::steady_timer::time_point::max()) {}

void RtspInbox::add_track(const Track& track, const RtpReceiverOptions& options) {
  if (is_video(track.codec)) started_ = false;
  receivers_.emplace_back(track, options, [this](AccessUnitPtr unit) { deliver(std::move(unit)); });
}

void RtspInbox::take_rtp(std::size_t track, base::ByteView packet, base::UtcTime received) {
  active_ = true;
  receivers_[track].push(packet, received);
}

void RtspInbox::deliver(AccessUnitPtr unit) {
  if (closed()) return;
  if (unit->key && is_video(unit->codec)) started_ = true;
  units_.push_back(std::move(unit));
  if (units_.size() == 1) unit_signal_.cancel();
}

asio::awaitable<Result<AccessUnitPtr>> RtspInbox::next(std::shared_ptr<RtspInbox> self) {
  for (;;) {
    if (!self->units_.empty()) {
      auto unit = std::move(self->units_.front());
      self->units_.pop_front();
      if (self->units_.size() + 1 == self->max_units_) self->room_signal_.cancel();
      co_return unit;
    }
    if (self->reason_) co_return *self->reason_;
    boost::system::error_code ignored;
    co_await self->unit_signal_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<void> RtspInbox::wait_for_room(std::shared_ptr<RtspInbox> self) {
  while (self->full() && !self->closed()) {
    boost::system::error_code ignored;
    co_await self->room_signal_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void RtspInbox::close(base::Error reason, bool drop) {
  if (drop) units_.clear();
  if (reason_) return;
  reason_ = std::move(reason);
  unit_signal_.cancel();
  room_signal_.cancel();
}

}  // namespace watchrig::media
