#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include "system/central/event_log.hpp"
#include "system/central/settings/settings.hpp"
#include "system/central/time/ntp_query.hpp"
#include "system/central/time/server_clock.hpp"

namespace watchrig::central {

/// The settings `ntp`: the server whose time is taken, and how often (IVSS 8.8.2).
SettingSection ntp_section();

/// Keeps the server's clock at the time of an NTP server, as the settings say. Any thread.
///
/// What an answer cannot tell from the way that it took (half the delay) is not corrected. Who is a thousand
/// seconds off is believed when the server starts, when the settings change and when somebody asks, else not
/// (RFC 5905, A.1.1, PANICT). Events: `time.synchronised` when it is so from now on, or was set by 128 ms or
/// more (STEPT); `time.not-synchronised` when it is not any more, or for another reason.
class TimeSync {
 public:
  static constexpr base::Duration least_told = std::chrono::milliseconds(128);
  static constexpr base::Duration most_believed = std::chrono::seconds(1000);

  struct Parts {
    const base::Clock& clock;
    ServerClock& server_clock;
    Settings& settings;
    EventLog& events;
  };
  /// All outlive it and the executor's last handler. The settings' listener is added before the server
  /// listens.
  TimeSync(const Parts& parts, boost::asio::any_io_executor executor, NtpManner manner = {});
  ~TimeSync();
  TimeSync(const TimeSync&) = delete;
  TimeSync& operator=(const TimeSync&) = delete;

  /// Asks the server now and takes its time, whether it is switched on or not. What came of it is in
  /// `status()`. Errors: invalid with the field `server` when there is none; conflict when it is being asked.
  boost::asio::awaitable<FieldResult<void>> synchronise();

  /// {"state":"off|waiting|synchronised|failed|refused","server","port","last_sync","last_attempt","next",
  /// "offset_seconds","delay_seconds","stratum","reference","reason"}; what is not known is left out.
  boost::json::object status() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace watchrig::central
