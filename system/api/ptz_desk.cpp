#include "system/api/ptz_desk.hpp"

#include <fmt/format.h>

#include "system/api/device_contact.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/devices/onvif/onvif_ptz.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using devices::PtzHead;

namespace {

/// Of one question to a head, real time.
constexpr auto patience = std::chrono::seconds(3);
constexpr std::size_t most_waiting = 16;
constexpr int most_stops = 3;
constexpr base::Duration between_stops = std::chrono::seconds(1);

}  // namespace

PtzDesk::PtzDesk(const base::Clock& clock, central::Central& central, asio::any_io_executor executor)
    : clock_(clock), central_(central), executor_(std::move(executor)) {}

PtzDesk::Turn::~Turn() {
  if (seat->waiting.empty()) {
    seat->busy = false;
    return;
  }
  const auto next = seat->waiting.front();
  seat->waiting.pop_front();
  next->cancel();
}

Error PtzDesk::too_many() {
  return {ErrorKind::full, "too many commands wait for this camera; it answers slowly"};
}

Result<PtzDesk::SeatPtr> PtzDesk::seat_of(const std::string& channel) {
  const auto found = central_.registry().find_channel(channel);
  if (!found) {
    seats_.erase(channel);
    return found.error();
  }
  const auto& device = *found->device;
  auto& seat = seats_[channel];
  const auto name = fmt::format("{} {}", device.id, device.version);
  if (seat && seat->device == name) return seat;
  auto contact = stream_contact(device, *found->channel, "main");
  if (!contact) {
    seats_.erase(channel);
    return contact.error();
  }
  contact->device.deadline = patience;
  if (!seat) seat = std::make_shared<Seat>();
  seat->device = name;
  seat->head = devices::make_onvif_ptz(clock_, std::move(contact->device), contact->choice.channel);
  return seat;
}

asio::awaitable<std::unique_ptr<PtzDesk::Turn>> PtzDesk::turn(SeatPtr seat) {
  if (seat->waiting.size() >= most_waiting) co_return nullptr;
  if (seat->busy) {
    const auto woken = std::make_shared<base::Timer>(executor_, clock_);
    seat->waiting.push_back(woken);
    // Each command has its deadline, so there is an end.
    co_await woken->wait_for(std::chrono::hours(24));
  }
  seat->busy = true;
  co_return std::make_unique<Turn>(seat);
}

PtzHead::Answer<> PtzDesk::move(std::string channel, devices::PtzVector velocity, base::Duration life) {
  return asio::co_spawn(executor_, begin_move(std::move(channel), velocity, life), asio::use_awaitable);
}

PtzHead::Answer<> PtzDesk::begin_move(std::string channel, devices::PtzVector velocity, base::Duration life) {
  const auto found = seat_of(channel);
  if (!found) co_return found.error();
  const SeatPtr& seat = *found;
  const auto own = co_await turn(seat);
  if (!own) co_return too_many();
  // Before the device is asked: the answer may be lost, and the movement not.
  seat->moves_until = clock_.now() + life;
  if (!seat->watched) {
    seat->watched = true;
    base::spawn(executor_, watch(seat, channel), "end of a camera's movement");
  }
  const auto head = seat->head;
  const auto done = co_await head->move(velocity, life);
  if (!done && done.error().kind == ErrorKind::unsupported) seat->moves_until.reset();
  co_return done;
}

PtzHead::Answer<> PtzDesk::stop(std::string channel) {
  return command<void>(std::move(channel), [](PtzHead& head) { return head.stop(); });
}

asio::awaitable<void> PtzDesk::watch(SeatPtr seat, std::string channel) {
  base::Timer timer(executor_, clock_);
  while (seat->moves_until) {
    if (*seat->moves_until > clock_.now()) {
      co_await timer.wait_until(*seat->moves_until);
      continue;
    }
    co_await end_move(seat, channel);
  }
  seat->watched = false;
}

asio::awaitable<void> PtzDesk::end_move(SeatPtr seat, std::string channel) {
  const auto own = co_await turn(seat);
  if (!own) {
    // Those that wait are commands, each of which ends the movement.
    seat->moves_until.reset();
    co_return;
  }
  // Renewed or stopped while this waited.
  if (!seat->moves_until || *seat->moves_until > clock_.now()) co_return;
  base::Timer timer(executor_, clock_);
  for (int attempt = 1;; ++attempt) {
    const auto head = seat->head;
    const auto stopped = co_await head->stop();
    if (stopped || attempt == most_stops) {
      if (!stopped) {
        central_.events().append(
            {.type = "ptz.stop-failed",
             .channel = channel,
             .cause = "device",
             .message = fmt::format("the camera's head was not told to stop, which it does by itself: {}",
                                    stopped.error().message)});
      }
      break;
    }
    co_await timer.wait_for(between_stops);
  }
  seat->moves_until.reset();
}

}  // namespace watchrig::api
