#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/base/tls_trust.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/digest_auth.hpp"
#include "system/media/rtp_receiver.hpp"
#include "system/media/rtsp_replay.hpp"

namespace watchrig::base {
class Dialer;
}  // namespace watchrig::base

namespace watchrig::media {

namespace asio = boost::asio;

/// One reading session with an RTSP 1.0 server (RFC 2326): DESCRIBE, SETUP of every track that is supported,
/// PLAY, keep-alive, TEARDOWN. Lives on one executor, on which everything but the constructor is called. One
/// start and one session an object: reconnecting, and how long to wait before it, are the caller's.
class RtspClient {
 public:
  enum class Transport : std::uint8_t {
    tcp,
    udp,
    http,  ///< as tcp, all of it through HTTP (rtsp_tunnel.hpp)
  };
  /// By which a recording is fetched from a device that is to be reached so.
  static constexpr Transport lossless(Transport usual) {
    return usual == Transport::udp ? Transport::tcp : usual;
  }
  struct Options {
    /// rtsp[s]://host[:port]/path?query; credentials in it are used where none are given. By rtsps everything
    /// goes over the one connection, and by rtsph, http and https through HTTP, whatever `transport` says.
    std::string url;
    Credentials credentials;  ///< empty user: none
    Transport transport = Transport::tcp;
    bool allow_basic = false;                       ///< Basic authentication sends the password readable
    CacheStrategy cache = CacheStrategy::adaptive;  ///< by UDP
    bool audio = true;                              ///< false: audio tracks are not asked for
    DamagePolicy damage = DamagePolicy::drop_damaged;
    std::optional<base::UtcTime> after;  ///< units are later than this: the last one of the connection before
    /// Of an address of recorded material: what to play; the session ends with it.
    std::optional<RtspReplay> replay = {};
    std::string user_agent = "watchrig";
    // Deadlines against a silent peer run in real time.
    base::Duration connect_timeout = std::chrono::seconds(5);
    base::Duration request_timeout = std::chrono::seconds(10);
    base::Duration data_timeout = std::chrono::seconds(10);       ///< without any RTP packet
    base::Duration key_frame_timeout = std::chrono::seconds(30);  ///< from PLAY to the first picture
    base::Duration report_interval = std::chrono::seconds(5);     ///< between RTCP receiver reports
    std::size_t max_queued_units = 512;         ///< beyond, the connection is not read until next() took some
    std::shared_ptr<base::Dialer> dialer = {};  ///< in place of the host's address
    base::TlsTrust trust = {};  ///< whom to believe behind rtsps://; none: such addresses are refused
    /// The method that keeps the session alive, where more is known than what the server offers.
    std::string keep_alive = {};
    /// Told what the server does in its own way: a name of rtsp_quirks, and words for a person. May be told
    /// the same more than once. On the client's executor; must not call the client.
    std::function<void(std::string_view name, const std::string& detail)> quirk = {};
  };
  struct TrackStats {
    Codec codec{};
    RtpReceiverStats rtp;
  };
  struct Stats {
    std::uint64_t bytes = 0;                 ///< read from all sockets
    std::uint64_t stray_bytes = 0;           ///< between messages, belonging to nothing
    std::uint64_t keep_alives = 0;           ///< answered with 200
    std::vector<std::string> ignored_media;  ///< media of the SDP that are not read, with the reason
    std::vector<TrackStats> tracks;          ///< by index in the Presentation
    std::string keep_alive;                  ///< the method that keeps the session alive
    bool keep_alive_unanswered = false;      ///< the last one of them has no answer, yet or for ever
    std::chrono::seconds session_timeout{};  ///< as the server announced it
    int refused_session = 0;                 ///< the status by which SETUP or PLAY was refused; 0: it was not
  };

  RtspClient(asio::any_io_executor executor, const base::Clock& clock, Options options);
  /// Closes the sockets; a next() under way ends with `cancelled`.
  ~RtspClient();
  RtspClient(const RtspClient&) = delete;
  RtspClient& operator=(const RtspClient&) = delete;

  /// Connects and plays. Errors name URL (without password), step and remedy: denied (401, 403), not_found
  /// (404), unavailable (refused, closed, 5xx), timeout, unsupported (no track with a known codec, transport
  /// refused), invalid (URL, SDP, answer that breaks the protocol), cancelled.
  asio::awaitable<base::Result<Presentation>> start();
  /// The next access unit. After an error the session is over and each further call repeats it: unavailable
  /// (closed by the server), timeout (no data, no key frame), invalid (protocol broken), cancelled. One call
  /// at a time.
  asio::awaitable<base::Result<AccessUnitPtr>> next();
  /// Says TEARDOWN and waits at most a second for the answer, then closes.
  asio::awaitable<void> stop();
  /// Closes at once: waiting calls end with `cancelled`.
  void cancel();
  Stats stats() const;

 private:
  class Session;
  std::shared_ptr<Session> session_;
};

}  // namespace watchrig::media
