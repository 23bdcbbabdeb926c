#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "simulators/camera/onvif/event_hub.hpp"
#include "system/base/timer.hpp"

namespace watchrig::camera {

/// A relay output (tt:RelayOutputSettings): `active` is its logical state, closed unless closed when idle.
struct CameraRelay {
  bool monostable = false;
  base::Duration delay = std::chrono::seconds(1);  ///< until it returns, if monostable
  bool idle_closed = false;
  bool active = false;
  std::uint64_t switched = 0;  ///< how often it was made active

  bool closed() const { return active != idle_closed; }
};

/// The digital inputs and relays of a camera. Used on one executor.
class CameraIo : public std::enable_shared_from_this<CameraIo> {
 public:
  static constexpr unsigned most = 16;
  static constexpr base::Duration longest_delay = std::chrono::seconds(60);

  CameraIo(unsigned inputs, unsigned outputs, boost::asio::any_io_executor executor, const base::Clock& clock,
           std::shared_ptr<EventHub> events);

  unsigned inputs() const { return inputs_; }
  const std::vector<CameraRelay>& relays() const { return relays_; }
  /// "input-1", "relay-1"; numbers are from 1.
  static std::string input_token(unsigned number);
  static std::string relay_token(unsigned number);
  /// Nothing for a token that is none of its relays.
  std::optional<unsigned> relay_of(std::string_view token) const;

  /// A relay that is no longer monostable stays as it is.
  void configure(unsigned relay, bool monostable, base::Duration delay, bool idle_closed);
  /// An active monostable relay returns after its delay.
  void switch_relay(unsigned relay, bool active, base::UtcTime device_time);
  /// All relays fall back.
  void lose_power(base::UtcTime device_time);

 private:
  /// When a relay falls back by itself; one coroutine waits for it, however often it is switched.
  struct Return {
    std::shared_ptr<base::Timer> timer;
    std::optional<base::UtcTime> at;  ///< by the rig's clock
    base::UtcTime device_time = {};
    bool awaited = false;
  };
  static boost::asio::awaitable<void> let_return(std::weak_ptr<CameraIo> io, unsigned relay,
                                                 std::shared_ptr<base::Timer> timer);
  /// Nothing when the relay has returned, or need not return any more.
  std::optional<base::UtcTime> await_return(unsigned relay);

  const unsigned inputs_;
  const boost::asio::any_io_executor executor_;
  const base::Clock& clock_;
  const std::shared_ptr<EventHub> events_;
  std::vector<CameraRelay> relays_;
  std::vector<Return> returns_;  ///< of relays_
};

}  // namespace watchrig::camera
