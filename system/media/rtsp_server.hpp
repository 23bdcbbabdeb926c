#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "system/base/bounded_queue.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/digest_auth.hpp"
#include "system/media/rtp_train.hpp"
#include "system/media/rtsp_replay.hpp"
#include "system/media/rtsp_tls.hpp"

namespace watchrig::media {

namespace asio = boost::asio;

struct SenderReport;
class RtspManners;

/// What a client asks for.
struct RtspTarget {
  std::string path;            ///< decoded, `/live/gate`; without the track's control part and a final slash
  std::string query;           ///< what follows `?`, undecoded; empty when there is none
  std::string username;        ///< empty when the server asks for no password
  std::string client;          ///< `127.0.0.1:50312`, for messages
  asio::ip::address source{};  ///< of the client
  std::optional<RtspReplay> replay = {};  ///< of a PLAY of recorded material
};

struct RtspDescription {
  Presentation tracks;
  std::string name = "stream";  ///< `s=` of the SDP
  std::optional<std::string>
      sdp;                ///< sent instead of the SDP made from `tracks`; its controls are `track<index>`
  bool recorded = false;  ///< may be played from any time of it: RtspTarget::replay
};

/// One reader's subscription to a running stream. Called on the session's executor only; the queue behind it
/// is the feed's, bounded, with a drop to the next key frame. All feeds of a stream share trains, SSRCs and
/// sequence numbers.
class RtspFeed {
 public:
  virtual ~RtspFeed() = default;
  /// The next train, or nothing once the stream has ended or close() was called. At most one call at a time.
  virtual asio::awaitable<std::optional<RtpTrainPtr>> next() = 0;
  /// The next train if there is one now: several queued trains leave in one write.
  virtual std::optional<RtpTrainPtr> try_next() = 0;
  /// Ends a next() that waits.
  virtual void close() = 0;
  virtual base::QueueStats stats() const = 0;
  /// For RTP-Info and the SSRC of reports; nothing when the track has sent nothing yet.
  virtual std::optional<RtpPosition> position(std::uint16_t track) const = 0;
  /// Of recorded material: goes on where the tracks of its session stand; before next(), and without it a
  /// session's first feed.
  virtual void go_on(const RtpPositions&) {}
  /// All packets of the train were handed to the socket, or to the session's packet filter.
  virtual void sent(const RtpTrain&) {}
  /// Of recorded material: the time of what was sent last, where a PLAY that names no range goes on.
  virtual std::optional<base::UtcTime> reached() const { return std::nullopt; }
  /// Once it has ended: whether the session waits for another PLAY. Else it ends, too.
  virtual bool session_stays() const { return false; }
};

/// What a server offers. Called on the executor of the session that asks, so from several threads.
/// Errors become answers, with the message as their text: not_found 404, denied 403, invalid 400, unsupported
/// 415, conflict 455, full 453, everything else 503; of a PLAY of recorded material not_found and invalid
/// 457, unsupported 456.
class RtspContent {
 public:
  virtual ~RtspContent() = default;
  virtual asio::awaitable<base::Result<RtspDescription>> describe(RtspTarget target) = 0;
  /// At each PLAY (PAUSE closes the feed); of recorded material also while another feed of the session
  /// plays, which is closed once this one is there. `executor` is the session's, on which the feed is used.
  virtual asio::awaitable<base::Result<std::unique_ptr<RtspFeed>>> open(RtspTarget target,
                                                                        asio::any_io_executor executor) = 0;
};

/// By which a virtual camera harms what a session sends. One a session, on the session's executor.
class PacketFilter {
 public:
  /// May be kept and called later, on the session's executor; does nothing once the session has ended.
  /// Packets of a TCP session that does not take them are dropped beyond 4 MiB.
  using Send = std::function<void(base::ByteView rtp)>;

  virtual ~PacketFilter() = default;
  /// True when every packet would pass unchanged: then trains are sent whole, without a call for each packet.
  virtual bool idle() const = 0;
  /// Calls `send` for what shall leave: never, once, several times, later, or with other bytes.
  virtual void on_packet(const RtpTrain& train, base::ByteView rtp, const Send& send) = 0;
  /// May change the report; false keeps it from being sent.
  virtual bool on_sender_report(std::uint16_t track, SenderReport& report) = 0;
};

struct RtspSessionInfo {
  std::string id;
  RtspTarget target;
  bool udp = false;
  asio::any_io_executor executor;
};

/// An RTSP 1.0 server (RFC 2326) for live streams and, with Require: onvif-replay or without, recorded ones:
/// OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER and SET_PARAMETER (both without content, as
/// keep-alive), over TCP interleaving and UDP unicast. A session belongs to the connection that made it and
/// ends with it. One connection lives on one executor; other connections never wait for it. Deadlines against
/// silent peers run in real time; sender reports follow the clock.
class RtspServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;                                     ///< 0: any free one
    std::string name = "watchrig";                              ///< realm and Server header
    PasswordLookup password;                                    ///< none, or "" for "": everybody may read
    base::Duration session_timeout = std::chrono::seconds(60);  ///< real; announced to clients
    base::Duration request_timeout =
        std::chrono::seconds(10);  ///< real; from a request's first byte, or that of TLS, to its last
    base::Duration write_timeout =
        std::chrono::seconds(10);  ///< real; a socket that takes nothing for so long is closed
    base::Duration report_interval =
        std::chrono::seconds(5);  ///< model time between sender reports; at least 200 ms real
    std::size_t max_connections = 4096;
    std::function<std::unique_ptr<PacketFilter>(const RtspSessionInfo&)> packet_filter;  ///< any thread
    /// Whether a host may connect, asked before a byte is read; none: every host. Any thread.
    std::function<bool(const asio::ip::address&)> admit;
    /// Told of each wrong password, and each unknown user. Any thread.
    std::function<void(const std::string& username, const asio::ip::address& source)> denied;
    /// None: in the clear. With one every connection is by TLS, and tracks go over it only (461 for UDP).
    TlsContext tls;
    /// Of a virtual camera: how it deviates at each connection. Any thread.
    std::function<std::unique_ptr<RtspManners>()> manners;
  };
  struct Stats {
    std::uint64_t accepted = 0;     ///< TCP connections since start
    std::uint64_t connections = 0;  ///< now
    std::uint64_t playing = 0;      ///< sessions now
    std::uint64_t sessions = 0;     ///< sessions that have played since start
    std::uint64_t bytes = 0;        ///< RTP sent, without interleaving frames
    std::uint64_t packets = 0;
    std::uint64_t slow_readers = 0;   ///< sessions closed because their socket took nothing
    std::uint64_t timeouts = 0;       ///< sessions that ended without a sign of life
    std::uint64_t lost_reported = 0;  ///< packets that clients have reported lost (RTCP)
  };

  /// Listens. `executors` gives the executor of each new connection (base::ExecutorPool::next). The clock
  /// outlives all executors' work. Errors: unavailable (address or port), invalid (address).
  static base::Result<std::unique_ptr<RtspServer>> start(Options options, const base::Clock& clock,
                                                         std::function<asio::any_io_executor()> executors,
                                                         std::shared_ptr<RtspContent> content);
  /// Like stop().
  ~RtspServer();
  RtspServer(const RtspServer&) = delete;
  RtspServer& operator=(const RtspServer&) = delete;

  // All of the following may be called on any thread.

  std::uint16_t port() const;
  Stats stats() const;
  /// Closes the listener: clients are refused until resume_accepting() listens on the same port again.
  void stop_accepting();
  base::Result<> resume_accepting();
  /// For the connections to come, of a server that was started with TLS.
  void set_tls(TlsContext context);
  /// Where resume_accepting() listens from then on.
  void move_to(std::string address, std::uint16_t port);
  /// Closes every connection: by a FIN, or with `reset` by a RST.
  void drop_all_sessions(bool reset);
  /// A device that hangs: connections stay, but whatever would be sent is lost, answers included.
  void stall(bool on);
  void stop();

 private:
  class Listener;
  explicit RtspServer(std::shared_ptr<Listener> listener);
  std::shared_ptr<Listener> listener_;
};

}  // namespace watchrig::media
