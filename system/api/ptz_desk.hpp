#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "system/base/timer.hpp"
#include "system/central/central.hpp"
#include "system/devices/ptz_head.hpp"

namespace watchrig::api {

/// Where a channel's head is found.
struct PtzPlace {
  std::string name;    ///< another one, another head
  std::string device;  ///< its id
  std::function<std::shared_ptr<devices::PtzHead>()> open;
};
using PtzFinder = std::function<base::Result<PtzPlace>(const std::string& channel)>;
/// Those of the registered devices. Both outlive it.
PtzFinder registered_heads(const base::Clock& clock, central::Central& central);

/// What a head is told, for the message trace.
struct PtzOrder {
  std::string channel;
  std::string command = {};  ///< move, stop, go-to-preset, …
  std::string request = {};  ///< its name; see trace_name()
};

/// What a command makes of a movement that goes on.
enum class PtzMovement { stays, replaced };

/// The heads of all channels. Commands to one head are given in the order in which they come, so that no stop
/// is overtaken by the movement before it; questions wait for nobody. A movement ends when its life does,
/// whatever becomes of the commands that were to end it. Any thread may use it; the work is done on its
/// executor.
class PtzDesk {
 public:
  template <class Value>
  using Answer = devices::PtzHead::Answer<Value>;
  /// What is asked of a head.
  template <class Value>
  using Work = std::function<Answer<Value>(devices::PtzHead&)>;

  /// Clock, events and notes outlive it and the executor's last handler. Commands are noted as ptz_control of
  /// H.626.4, questions are not.
  PtzDesk(const base::Clock& clock, PtzFinder find, central::EventLog& events, central::DeviceNotes& notes,
          boost::asio::any_io_executor executor);

  /// Errors of all: not_found (the channel), unsupported (it has no head), full (too many commands wait),
  /// those of the head.
  template <class Value>
  Answer<Value> ask(std::string channel, Work<Value> work) {
    return boost::asio::co_spawn(executor_, answer<Value>(std::move(channel), std::move(work)),
                                 boost::asio::use_awaitable);
  }
  template <class Value>
  Answer<Value> command(PtzOrder order, Work<Value> work, PtzMovement movement) {
    return boost::asio::co_spawn(executor_, obey<Value>(std::move(order), std::move(work), movement),
                                 boost::asio::use_awaitable);
  }
  /// Moves for that long, unless it is renewed: then the device is told to stop, as it was told to do by
  /// itself.
  Answer<void> move(PtzOrder order, devices::PtzVector velocity, base::Duration life);
  /// One that fails is tried again, after its error was returned.
  Answer<void> stop(PtzOrder order);

 private:
  struct Seat {
    std::string place;  ///< its name
    std::string device;
    std::shared_ptr<devices::PtzHead> head;
    bool busy = false;
    std::deque<std::shared_ptr<base::Timer>> waiting;  ///< commands, by what wakes them
    std::optional<base::UtcTime> moves_until;
    PtzOrder end = {};                   ///< of the movement, as what is noted of its end
    std::shared_ptr<base::Timer> watch;  ///< waits for the end of the movement
  };
  using SeatPtr = std::shared_ptr<Seat>;
  /// Gives the seat to the next that waits.
  struct Turn {
    explicit Turn(SeatPtr taken) : seat(std::move(taken)) {}
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    SeatPtr seat;
  };

  base::Result<SeatPtr> seat_of(const std::string& channel);
  /// Null when too many wait.
  boost::asio::awaitable<std::unique_ptr<Turn>> turn(SeatPtr seat);
  Answer<void> begin_move(PtzOrder order, devices::PtzVector velocity, base::Duration life);
  Answer<void> stop_now(PtzOrder order);
  /// The watch ends the movement then, by several attempts if need be.
  void expect_end(const SeatPtr& seat, PtzOrder order, base::UtcTime until);
  platform::Message note(const Seat& seat, const PtzOrder& order);
  void note_result(const platform::Message& told, const base::Result<>& done);
  boost::asio::awaitable<void> watch(SeatPtr seat, std::string channel);
  Answer<void> end_move(SeatPtr seat);
  boost::asio::awaitable<void> let_rest(std::shared_ptr<devices::PtzHead> head);
  static base::Error too_many();

  template <class Value>
  Answer<Value> answer(std::string channel, Work<Value> work) {
    const auto seat = seat_of(channel);
    if (!seat) co_return seat.error();
    const auto head = (*seat)->head;
    auto result = co_await work(*head);
    co_return result;
  }

  template <class Value>
  Answer<Value> obey(PtzOrder order, Work<Value> work, PtzMovement movement) {
    const auto found = seat_of(order.channel);
    if (!found) co_return found.error();
    const SeatPtr& seat = *found;
    const auto own = co_await turn(seat);
    if (!own) co_return too_many();
    const auto head = seat->head;
    const auto told = note(*seat, order);
    auto result = co_await work(*head);
    note_result(told, result ? base::Result<>() : base::Result<>(result.error()));
    // After a failure nobody knows what the head does, so that the movement is still ended in its time.
    if (result && movement == PtzMovement::replaced) seat->moves_until.reset();
    co_return result;
  }

  const base::Clock& clock_;
  const PtzFinder find_;
  central::EventLog& events_;
  central::DeviceNotes& notes_;
  const boost::asio::any_io_executor executor_;
  std::map<std::string, SeatPtr> seats_;  ///< by channel; on the executor
};

}  // namespace watchrig::api
