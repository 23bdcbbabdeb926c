#include "system/base/timer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace watchrig::base {

struct Timer::State : Clock::Waiter, std::enable_shared_from_this<State> {
  State(asio::any_io_executor executor, const Clock& c) : clock(c), timer(std::move(executor)) {}
  void recheck() override {
    asio::post(timer.get_executor(), [self = shared_from_this()] { self->timer.cancel(); });
  }
  const Clock& clock;
  asio::steady_timer timer;
  bool cancelled = false;
};

Timer::Timer(asio::any_io_executor executor, const Clock& clock)
    : state_(std::make_shared<State>(std::move(executor), clock)) {}

Timer::~Timer() {
  if (state_) cancel();
}

asio::awaitable<bool> Timer::wait_until(UtcTime time) {
  const auto state = state_;
  state->cancelled = false;
  state->clock.add_waiter(state);
  while (!state->cancelled && state->clock.now() < time) {
    state->timer.expires_at(state->clock.real_time(time));
    boost::system::error_code ignored;
    co_await state->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return !state->cancelled;
}

asio::awaitable<bool> Timer::wait_for(Duration duration) {
  return wait_until(state_->clock.now() + duration);
}

void Timer::cancel() {
  state_->cancelled = true;
  state_->timer.cancel();
}

struct Watchdog::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor executor, Duration d, std::function<void()> f)
      : timer(std::move(executor)), deadline(d), on_expiry(std::move(f)) {}
  void arm() {
    timer.expires_after(deadline);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || !self->on_expiry) return;
      self->expired = true;
      self->on_expiry();
    });
  }
  asio::steady_timer timer;
  Duration deadline;
  std::function<void()> on_expiry;
  bool expired = false;
};

Watchdog::Watchdog(asio::any_io_executor executor, Duration deadline, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(std::move(executor), deadline, std::move(on_expiry))) {
  state_->arm();
}

Watchdog::~Watchdog() {
  state_->on_expiry = nullptr;
  state_->timer.cancel();
}

void Watchdog::restart() { state_->arm(); }

bool Watchdog::expired() const { return state_->expired; }

}  // namespace watchrig::base
