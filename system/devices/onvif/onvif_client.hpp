#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "system/base/clock.hpp"
#include "system/base/tls_trust.hpp"
#include "system/media/digest_auth.hpp"
#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::base {
class Dialer;
}  // namespace watchrig::base

namespace watchrig::devices {

/// Where a device has its ONVIF services: http[s]://host[:port]/onvif/device_service[#token of a media
/// profile]
struct OnvifAddress {
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string path = "/onvif/device_service";
  std::string profile;  ///< empty: chosen by size and order
  bool tls = false;
};
/// With scheme and port, without a profile.
std::string to_string(const OnvifAddress& address);
/// Errors: invalid.
base::Result<OnvifAddress> parse_onvif_address(std::string_view text);

/// Asks the services of one device. Signs with a WS-UsernameToken made for the device's clock, and answers an
/// HTTP challenge when there is one, since devices know one or the other. One question at a time.
class OnvifClient {
 public:
  /// Told of each question; what it returns, if anything, is told what became of it.
  using Watch = std::function<std::function<void(const base::Result<>&)>(const std::string& operation)>;
  struct Options {
    OnvifAddress address;
    media::Credentials credentials;
    std::chrono::milliseconds deadline = std::chrono::seconds(10);  ///< of one question, real time
    std::shared_ptr<base::Dialer> dialer = {};                      ///< in place of the host's address
    Watch watch = {};
    base::TlsTrust trust = {};  ///< whom to believe at an https:// address; none: nobody
  };
  using Fill = std::function<void(pugi::xml_node request)>;
  using Answer = base::Result<protocols::SoapMessage>;

  /// The clock outlives the client.
  OnvifClient(const base::Clock& clock, Options options);

  /// How far the device's clock is ahead of ours, less the part of a second that it does not tell.
  boost::asio::awaitable<base::Result<base::Duration>> read_clock();
  /// Sets it to ours, by the nearest second; daylight saving stays as read_clock() found it. Error conflict:
  /// the device follows an NTP server, which this would end.
  boost::asio::awaitable<base::Result<>> set_clock();
  /// Takes over the device's idea of the time, which need not be right; where it tells none, ours is used.
  boost::asio::awaitable<base::Result<>> take_clock();
  /// `operation` with its prefix: "trt:GetProfiles". Errors name device and operation: denied (user or
  /// password), unsupported (the device has no such operation), invalid (no SOAP came), and those of
  /// http::fetch; by HTTPS nothing is said before the certificate is believed. `header` adds to the SOAP
  /// header. Not_found: the device has forgotten what the path names.
  boost::asio::awaitable<Answer> ask(std::string path, std::string operation, Fill fill, Fill header = {});

  const OnvifAddress& address() const { return options_.address; }
  /// Whether the host is one that the device knows itself by.
  bool by_address() const { return !options_.dialer; }
  /// The device's clock against ours.
  base::Duration clock_offset() const { return clock_offset_; }

 private:
  boost::asio::awaitable<Answer> ask_now(std::string path, std::string operation, Fill fill, Fill header);
  std::string message(const std::string& operation, const Fill& fill, const Fill& header,
                      bool with_token) const;

  const base::Clock& clock_;
  const Options options_;
  base::Duration clock_offset_{};
  bool by_ntp_ = false;  ///< as read_clock() found it
  bool daylight_saving_ = false;
  std::optional<media::AuthClient> challenged_;
};

}  // namespace watchrig::devices
