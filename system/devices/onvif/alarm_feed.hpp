#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "system/base/timer.hpp"
#include "system/devices/backoff.hpp"
#include "system/devices/onvif/event_states.hpp"
#include "system/devices/onvif/onvif_services.hpp"
#include "system/devices/onvif/pull_point.hpp"

namespace watchrig::devices {

/// Who hears what a device tells. Called on the feed's executor; must not block for long.
class AlarmListener {
 public:
  virtual ~AlarmListener() = default;
  virtual void alarm(const DeviceAlarm& alarm) = 0;
  /// No events come, and why; once for each reason.
  virtual void lost(const std::string& cause) = 0;
  virtual void resumed() = 0;
  /// Something that the device does in its own way; once for each name.
  virtual void quirk(std::string_view name, const std::string& detail) = 0;
  /// The device tells more than is passed on; once, until it has been quiet for a minute.
  virtual void flood() = 0;
  /// So many notices were "received", "repeated", "unknown", "malformed", "withheld" or "refused".
  virtual void counted(std::string_view what, std::uint64_t count) = 0;
};

/// Keeps itself subscribed to the events of one device. After each gap the device tells its states anew, by
/// which what was missed is put right: the feed asks for nothing that it knows already. One question at a
/// time, so that a flood of messages is taken at the feed's own pace.
class AlarmFeed : public std::enable_shared_from_this<AlarmFeed> {
 public:
  struct Options {
    OnvifClient::Options device;
    std::uint64_t seed = 1;
  };

  /// Clock outlives the executor's work.
  static std::shared_ptr<AlarmFeed> start(boost::asio::any_io_executor executor, const base::Clock& clock,
                                          Options options, std::shared_ptr<AlarmListener> listener);
  /// Alarms that go on are ended; the subscription is given back when the pull under way has ended. On the
  /// executor.
  void stop();

 private:
  AlarmFeed(boost::asio::any_io_executor executor, const base::Clock& clock, Options options,
            std::shared_ptr<AlarmListener> listener);
  static boost::asio::awaitable<void> run(std::shared_ptr<AlarmFeed> feed);
  /// Until the subscription is lost; why.
  boost::asio::awaitable<base::Error> follow();
  boost::asio::awaitable<base::Result<>> subscribe(OnvifClient& client, PullPoint& point);
  boost::asio::awaitable<base::Result<>> keep(PullPoint& point);
  boost::asio::awaitable<void> name_places(OnvifClient& client, const OnvifServices& services);
  /// How long to rest before the next pull.
  base::Duration take(const NoticeList& list, base::Duration waited);
  void look_for_lone_channel();
  void take_quirk(std::string_view name, const std::string& detail);
  void note_death(base::Duration age);
  void succeed();
  void fail(const base::Error& error);
  base::Duration pause(const base::Error& error);

  const base::Clock& clock_;
  const Options options_;
  const std::shared_ptr<AlarmListener> listener_;
  base::Timer timer_;
  Backoff backoff_;
  EventStates states_;
  std::string event_path_;
  std::set<std::string, std::less<>> quirks_;
  std::string told_loss_;  ///< empty: events come, as far as anybody was told
  int failures_ = 0;       ///< in a row
  int deaths_ = 0;         ///< subscriptions in a row that the device has forgotten before their time
  int empty_ = 0;          ///< pulls in a row that came back at once with nothing
  bool pulled_ = false;    ///< by this subscription
  bool stopped_ = false;
  std::optional<base::UtcTime> flood_;
};

}  // namespace watchrig::devices
