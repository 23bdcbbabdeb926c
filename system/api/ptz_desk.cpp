#include "system/api/ptz_desk.hpp"

#include <fmt/format.h>

#include "system/api/device_contact.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/devices/onvif/onvif_ptz.hpp"
#include "system/platform/role_messages.hpp"

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

PtzFinder registered_heads(const base::Clock& clock, central::Central& central) {
  return [&clock, &central](const std::string& channel) -> Result<PtzPlace> {
    const auto found = central.registry().find_channel(channel);
    if (!found) return found.error();
    const auto& device = *found->device;
    auto contact = stream_contact(central, device, *found->channel, "main");
    if (!contact) return contact.error();
    contact->device.deadline = patience;
    contact->device.watch = {};  // what it is told is noted by the desk
    return PtzPlace{.name = fmt::format("{} {}", device.id, device.version),
                    .device = device.id,
                    .open = [&clock, contact = *std::move(contact)] {
                      return devices::make_onvif_ptz(clock, contact.device, contact.choice.channel);
                    }};
  };
}

PtzDesk::PtzDesk(const base::Clock& clock, PtzFinder find, central::EventLog& events,
                 central::DeviceNotes& notes, asio::any_io_executor executor)
    : clock_(clock), find_(std::move(find)), events_(events), notes_(notes), executor_(std::move(executor)) {}

platform::Message PtzDesk::note(const Seat& seat, const PtzOrder& order) {
  return notes_.sent(seat.device, order.request, platform::PtzControl{order.channel, order.command});
}

void PtzDesk::note_result(const platform::Message& told, const Result<>& done) {
  notes_.answered(told, done ? Result<boost::json::object>(boost::json::object())
                             : Result<boost::json::object>(done.error()));
}

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
  const auto place = find_(channel);
  if (!place) {
    seats_.erase(channel);
    return place.error();
  }
  auto& seat = seats_[channel];
  if (!seat) seat = std::make_shared<Seat>();
  if (seat->place != place->name) {
    // Another head knows nothing of what this one has begun.
    if (seat->moves_until) base::spawn(executor_, let_rest(seat->head), "rest of a camera's head");
    seat->place = place->name;
    seat->device = place->device;
    seat->head = place->open();
  }
  return seat;
}

asio::awaitable<void> PtzDesk::let_rest(std::shared_ptr<PtzHead> head) {
  base::Timer timer(executor_, clock_);
  for (int attempt = 0; attempt < most_stops; ++attempt) {
    const auto stopped = co_await head->stop();
    if (stopped) co_return;
    co_await timer.wait_for(between_stops);
  }
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

PtzHead::Answer<> PtzDesk::move(PtzOrder order, devices::PtzVector velocity, base::Duration life) {
  return asio::co_spawn(executor_, begin_move(std::move(order), velocity, life), asio::use_awaitable);
}

PtzHead::Answer<> PtzDesk::begin_move(PtzOrder order, devices::PtzVector velocity, base::Duration life) {
  const auto found = seat_of(order.channel);
  if (!found) co_return found.error();
  const SeatPtr& seat = *found;
  const auto own = co_await turn(seat);
  if (!own) co_return too_many();
  const auto before = seat->moves_until;
  const auto told = note(*seat, order);
  // Before the device is asked: the answer may be lost, and the movement not.
  expect_end(seat, order, clock_.now() + life);
  const auto head = seat->head;
  const auto done = co_await head->move(velocity, life);
  note_result(told, done);
  if (!done && done.error().kind == ErrorKind::unsupported) seat->moves_until = before;
  co_return done;
}

PtzHead::Answer<> PtzDesk::stop(PtzOrder order) {
  return asio::co_spawn(executor_, stop_now(std::move(order)), asio::use_awaitable);
}

PtzHead::Answer<> PtzDesk::stop_now(PtzOrder order) {
  const Work<void> work = [](PtzHead& head) { return head.stop(); };
  const auto done = co_await obey<void>(order, work, PtzMovement::replaced);
  const auto known = seats_.find(order.channel);
  if (!done && done.error().kind != ErrorKind::unsupported && known != seats_.end())
    expect_end(known->second, order, clock_.now());
  co_return done;
}

void PtzDesk::expect_end(const SeatPtr& seat, PtzOrder order, base::UtcTime until) {
  seat->moves_until = until;
  seat->end = std::move(order);
  seat->end.command = "stop";
  if (seat->watch) {
    seat->watch->cancel();
    return;
  }
  seat->watch = std::make_shared<base::Timer>(executor_, clock_);
  base::spawn(executor_, watch(seat, seat->end.channel), "end of a camera's movement");
}

asio::awaitable<void> PtzDesk::watch(SeatPtr seat, std::string channel) {
  const auto timer = seat->watch;
  int failed = 0;
  while (seat->moves_until) {
    if (*seat->moves_until > clock_.now()) {
      failed = 0;
      co_await timer->wait_until(*seat->moves_until);
      continue;
    }
    const auto ended = co_await end_move(seat);
    if (ended) continue;
    if (++failed < most_stops) {
      co_await timer->wait_for(between_stops);
      continue;
    }
    seat->moves_until.reset();
    events_.append(
        {.type = "ptz.stop-failed",
         .channel = channel,
         .cause = "device",
         .message = fmt::format("the camera's head was not told to stop, which it does by itself: {}",
                                ended.error().message)});
  }
  seat->watch.reset();
}

PtzHead::Answer<> PtzDesk::end_move(SeatPtr seat) {
  const auto own = co_await turn(seat);
  if (!own) co_return too_many();
  // Renewed or stopped while this waited.
  if (!seat->moves_until || *seat->moves_until > clock_.now()) co_return Result<>{};
  const auto head = seat->head;
  const auto told = note(*seat, seat->end);
  const auto stopped = co_await head->stop();
  note_result(told, stopped);
  if (stopped) seat->moves_until.reset();
  co_return stopped;
}

}  // namespace watchrig::api
