#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/base/tls_trust.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/digest_auth.hpp"

namespace watchrig::base {
class Dialer;
}  // namespace watchrig::base

namespace watchrig::media {

namespace asio = boost::asio;

/// Speaks to a device by ONVIF's backchannel (ONVIF Streaming Specification, 5.3): G.711 by either law, in
/// packets of 20 ms over a connection of its own, so that those that read its streams never notice. By TCP,
/// TLS or HTTP, as the address says. One ask, or one start and one talk, an object; on one executor.
class RtspTalk {
 public:
  struct Options {
    std::string url;           ///< as of RtspClient; of any stream of the device
    Credentials credentials;   ///< empty user: those of the URL
    bool http = false;         ///< through HTTP, whatever the URL says
    bool allow_basic = false;  ///< Basic authentication sends the password readable
    std::string user_agent = "watchrig";
    base::Duration connect_timeout = std::chrono::seconds(5);   ///< real
    base::Duration request_timeout = std::chrono::seconds(10);  ///< real
    std::shared_ptr<base::Dialer> dialer = {};                  ///< in place of the host's address
    base::TlsTrust trust = {};   ///< whom to believe behind rtsps://; none: such addresses are refused
    Codec coding = Codec::pcmu;  ///< taken where the device understands both laws
  };
  static constexpr unsigned sample_rate = 8000;
  static constexpr std::size_t packet_samples = 160;

  RtspTalk(asio::any_io_executor executor, const base::Clock& clock, Options options);
  /// Closes the connection.
  ~RtspTalk();
  RtspTalk(const RtspTalk&) = delete;
  RtspTalk& operator=(const RtspTalk&) = delete;

  /// The laws that the device understands, PCMU and PCMA, at least one; then the connection is closed. Errors
  /// name the step: unsupported (the device has no backchannel, or none for G.711), denied, not_found,
  /// unavailable, timeout, invalid, cancelled.
  asio::awaitable<base::Result<std::vector<Codec>>> ask();
  /// Until the device listens: to the law that is answered. Errors: those of ask(), conflict (it hears
  /// another one: 453).
  asio::awaitable<base::Result<Codec>> start();
  /// Says the samples in the time that they last, by the clock, and returns when the last one is on its way.
  /// A pause between two calls is one for the device too. Errors: unavailable (the device has ended it),
  /// cancelled. One call at a time.
  asio::awaitable<base::Result<>> say(base::Bytes g711);
  /// Says TEARDOWN and waits at most a second for the answer, then closes.
  asio::awaitable<void> stop();
  /// Closes at once: waiting calls end with `cancelled`.
  void cancel();

 private:
  class Line;
  std::shared_ptr<Line> line_;
};

}  // namespace watchrig::media
