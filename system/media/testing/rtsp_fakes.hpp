#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "system/base/clock.hpp"
#include "system/base/timer.hpp"
#include "system/media/rtsp_backchannel.hpp"
#include "system/media/rtsp_client.hpp"
#include "system/media/rtsp_message.hpp"
#include "system/media/rtsp_server.hpp"

// GoogleTest's own ASSERT returns, which a coroutine cannot.
#define CO_ASSERT(condition)     \
  if (!(condition)) {            \
    ADD_FAILURE() << #condition; \
    co_return;                   \
  }                              \
  static_assert(true)

namespace watchrig::media::testing {

namespace asio = boost::asio;

/// A stream of coded pictures (and sound) that every feed sees from its first unit on: 15 real H.264 pictures
/// of 160x96 at 25 a second, over and over, and G.711 with each.
struct FakeStream {
  explicit FakeStream(bool audio = true);

  Presentation tracks;
  std::vector<AccessUnit> units;  ///< of one round
  std::size_t ticks_a_round = 0;  ///< of the video's RTP clock

  std::size_t count = 100;    ///< units a feed delivers
  base::Duration interval{};  ///< between two units
  bool endless = true;        ///< after `count` units a feed waits; else it ends
  std::size_t padding = 0;    ///< bytes of SEI-like filler added to each picture, to fill sockets
  base::UtcTime start{};      ///< UTC of the first unit; the time of open() when zero

  /// The n-th unit, as a receiver gets it.
  AccessUnit unit(std::size_t n) const;
};

/// Serves streams by path.
class FakeContent final : public RtspContent, public RtspEars {
 public:
  FakeContent(const base::Clock& clock) : clock_(clock) {}

  std::map<std::string, FakeStream> streams;
  std::map<std::string, base::Error> errors;  ///< paths that are refused
  std::optional<std::string> sdp;             ///< instead of a right one
  std::vector<RtspTarget> described;
  bool recorded = false;  ///< every stream is of a recording
  std::vector<RtspReplay> replays;
  int opened = 0;
  int closed = 0;
  std::uint64_t sent = 0;           ///< trains reported by RtspFeed::sent
  Presentation heard;               ///< codings of the backchannel; none: there is no backchannel
  std::vector<base::Bytes> speech;  ///< packets that were heard
  bool talking = false;             ///< there is one who talks; no other one may then

  asio::awaitable<base::Result<RtspDescription>> describe(RtspTarget target) override;
  asio::awaitable<base::Result<std::unique_ptr<RtspFeed>>> open(RtspTarget target,
                                                                asio::any_io_executor executor) override;
  Presentation codings(const RtspTarget&) override { return heard; }
  base::Result<std::unique_ptr<RtspHearing>> hear(const RtspTarget& target, const Track& coding,
                                                  bool ordered) override;

 private:
  const base::Clock& clock_;
};

/// One thread, one context, one real clock, and a server for "/live/gate" (video and sound) and "/live/yard"
/// (video).
class RtspBench {
 public:
  explicit RtspBench(RtspServer::Options options = {});
  ~RtspBench();

  asio::io_context io{1};
  base::Clock clock;
  std::shared_ptr<FakeContent> content;
  std::unique_ptr<RtspServer> server;

  std::string url(const std::string& path = "/live/gate") const;
  RtspClient::Options options(const std::string& path = "/live/gate") const;

  /// Runs the coroutine to its end, other work of the context along with it; at most ten seconds.
  template <class T>
  T run(asio::awaitable<T> coroutine) {
    std::optional<T> result;
    std::exception_ptr problem;
    asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr error, T value) {
      problem = error;
      result = std::move(value);
    });
    run_until([&] { return result.has_value(); });
    if (problem) std::rethrow_exception(problem);
    return std::move(*result);
  }
  void run(asio::awaitable<void> coroutine);
  /// Lets the context work until the condition holds; throws after ten seconds.
  void run_until(const std::function<bool()>& condition);
};

/// A connection that writes and reads whatever a test wants.
class RawPeer {
 public:
  explicit RawPeer(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
  static asio::awaitable<RawPeer> connect(asio::io_context& io, std::uint16_t port);

  asio::awaitable<void> send(std::string bytes);
  /// The next message; nothing when the peer has closed. Frames in front of it go to `frames`.
  asio::awaitable<std::optional<RtspResponse>> response();
  asio::awaitable<std::optional<RtspRequest>> request();
  /// Until the peer closes; false when it is still open after `patience`.
  asio::awaitable<bool> closed_within(base::Duration patience);
  /// Sends the request with a CSeq and, once there is one, the session; returns the answer, status 0 when
  /// closed.
  asio::awaitable<RtspResponse> ask(std::string method, std::string uri, std::string more_headers = {});
  void close(bool reset = false);

  std::vector<std::pair<std::uint8_t, base::Bytes>> frames;
  std::string session;
  asio::ip::tcp::socket& socket() { return socket_; }

 private:
  asio::awaitable<bool> read_step(RtspReader::Step& step);

  asio::ip::tcp::socket socket_;
  RtspReader reader_{RtspReader::Stray::refuse};
  base::Bytes buffer_;
  int sequence_ = 0;
};

inline constexpr const char* tcp_transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";

inline asio::awaitable<RawPeer> connect(RtspBench& bench) {
  return RawPeer::connect(bench.io, bench.server->port());
}

/// That header's value; nothing where there is none.
inline std::string header(const RtspResponse& response, std::string_view name) {
  return std::string(response.headers.find(name).value_or(""));
}

/// A server whose answers a test writes itself: `answer` gets each request and returns the bytes to send,
/// with %CSEQ% where the number belongs; nothing means silence, "close" closes.
class ScriptedServer {
 public:
  using Answer = std::function<std::string(const RtspRequest&)>;
  ScriptedServer(asio::io_context& io, Answer answer);
  ~ScriptedServer();

  std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
  std::string url(const std::string& path = "/live") const;
  const std::vector<RtspRequest>& requests() const { return state_->requests; }
  int connections() const { return state_->connections; }

 private:
  struct State {
    explicit State(asio::io_context& io) : acceptor(io, {asio::ip::address_v4::loopback(), 0}) {}
    asio::ip::tcp::acceptor acceptor;
    Answer answer;
    std::vector<RtspRequest> requests;
    int connections = 0;
  };
  static asio::awaitable<void> serve(std::shared_ptr<State> state);
  static asio::awaitable<void> talk(std::shared_ptr<State> state, std::shared_ptr<RawPeer> peer);
  std::shared_ptr<State> state_;
};

/// `RTSP/1.0 200 OK` with these header lines and body.
std::string ok(const std::string& header_lines = {}, const std::string& body = {});

}  // namespace watchrig::media::testing
