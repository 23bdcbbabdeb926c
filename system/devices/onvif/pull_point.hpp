#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "system/devices/onvif/event_notices.hpp"
#include "system/devices/onvif/onvif_client.hpp"

namespace watchrig::devices {

/// A way in which a device's events are not as ONVIF has them, by its name.
using TellQuirk = std::function<void(std::string_view name, std::string detail)>;

/// A subscription at a device, whose messages are pulled (ONVIF Core 9.1.2). Used on one executor, as the
/// client, which outlives it.
class PullPoint {
 public:
  static constexpr base::Duration life = std::chrono::seconds(60);
  static constexpr base::Duration patience = std::chrono::seconds(10);  ///< of a pull, by the device's clock
  static constexpr int most_messages = 100;
  static constexpr std::string_view huge_messages =
      "huge-messages";  ///< the quirk of those too long together

  /// `messages` at most come by one pull.
  PullPoint(OnvifClient& client, const base::Clock& clock, TellQuirk quirk, int messages = most_messages)
      : client_(client), clock_(clock), quirk_(std::move(quirk)), messages_(messages) {}

  /// Until when it lasts is asked for as a duration, else as a time of the device, else left to the device.
  boost::asio::awaitable<base::Result<>> create(std::string event_path);
  /// Errors: not_found (the device has forgotten it), full (the messages are too long; what was to be told
  /// is lost, and the next pull point should have them come one by one), those of OnvifClient::ask.
  boost::asio::awaitable<base::Result<NoticeList>> pull();
  /// Lets it last longer when its time is half over. Error conflict: the device renews nothing, and it is to
  /// be made anew before its time is over.
  boost::asio::awaitable<base::Result<>> renew();
  /// As far as the device cares.
  boost::asio::awaitable<void> end();

  bool open() const { return !path_.empty(); }
  base::UtcTime created() const { return created_; }
  base::UtcTime ends() const { return ends_; }

 private:
  using Answer = OnvifClient::Answer;
  boost::asio::awaitable<Answer> ask(std::string operation, std::string action, OnvifClient::Fill fill);
  void take_times(pugi::xml_node answer);
  std::string device_time(base::Duration from_now) const;

  OnvifClient& client_;
  const base::Clock& clock_;
  const TellQuirk quirk_;
  std::string path_;        ///< empty: there is none
  std::string address_;     ///< as the device has it
  std::string parameters_;  ///< that the device wants to see again, as XML
  base::UtcTime created_, ends_;
  const int messages_;
  bool relative_ = true;  ///< it renews by durations, as far as is known
};

}  // namespace watchrig::devices
