#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "system/base/bounded_queue.hpp"
#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"

namespace watchrig::media {

namespace asio = boost::asio;

// RTSP through HTTP, for clients that are let through to nothing else: "Tunnelling RTSP and RTP over HTTP"
// (Apple, 1999), RTP/RTSP/HTTP/TCP of the ONVIF Streaming Specification. The client's GET is answered by all
// that the server sends, without an end; what the client sends is, in base64, the body of a POST, which may
// be closed and opened anew. Both carry one x-sessioncookie.

inline constexpr std::string_view tunnel_content = "application/x-rtsp-tunnelled";

/// The head of one of the two requests.
struct TunnelHead {
  bool post = false;
  std::string cookie;
  std::size_t size = 0;  ///< of the head with its empty line
};

/// Whether a connection begins with HTTP: its first bytes are GET or POST and a space.
bool begins_with_http(std::string_view text);
/// Nothing while the head is not complete. Error: invalid (more than 8 KiB; no cookie, or not of 1 to 128
/// visible characters; a body in chunks).
base::Result<std::optional<TunnelHead>> parse_tunnel_head(std::string_view text);
/// The head of an answer; after that of 200 follows what the server sends.
std::string tunnel_answer(int status, std::string_view phrase);
/// The head of a request of a client, `target` being the path.
std::string tunnel_request(bool post, std::string_view target, std::string_view host, std::string_view cookie,
                           std::string_view user_agent);

/// Decodes base64 that comes in pieces; each padding may be followed by more, since some clients encode each
/// message by itself.
class Base64Stream {
 public:
  /// Appends to `into`. Error: invalid (a character that does not belong there).
  base::Result<> decode(base::ByteView text, base::Bytes& into);

 private:
  std::uint32_t bits_ = 0;
  unsigned digits_ = 0;
  bool padded_ = false;
};

/// What comes by POST on its way to the connection of the GET. Any thread but where said.
class RtspTunnel {
 public:
  static constexpr std::size_t most_bytes = std::size_t{256} * 1024;

  /// One of the POSTs of a tunnel.
  using Ticket = std::uint64_t;

  struct Piece {
    base::Bytes bytes;
    friend std::size_t queued_bytes(const Piece& piece) { return piece.bytes.size(); }
  };

  /// `executor` is the GET's.
  explicit RtspTunnel(asio::any_io_executor executor);

  /// A POST has come: it takes the place of the one before, which is ended. `end` may be called on any
  /// thread.
  Ticket attach(std::function<void()> end);
  bool attached() const;
  /// False when the tunnel is closed, or full because the client asks faster than it is answered.
  bool push(base::Bytes bytes) { return requests_.push({std::move(bytes)}); }
  /// What came next; nothing once the tunnel is closed. On the GET's executor.
  asio::awaitable<std::optional<Piece>> pop() { return requests_.pop(); }
  /// For a POST: the tunnel ends, but this POST by itself, so that it can still answer. One that has taken
  /// its place is ended with the tunnel.
  void finish(Ticket ticket);
  /// For the GET: ends the POST too.
  void close();

 private:
  base::BoundedQueue<Piece> requests_;
  mutable std::mutex mutex_;
  std::function<void()> end_post_;
  bool closed_ = false;
  Ticket posts_ = 0;  ///< how many there were; the last one is attached
};

/// The tunnels of a server by the source (base::source_of) and the cookie of their client: of IPv6 all of a
/// /64 are one, where a host picks its addresses as it likes. Any thread.
class RtspTunnels {
 public:
  /// Tunnels of one source of which the POST has not come yet.
  static constexpr std::size_t most_waiting = 64;

  /// Errors: conflict (there is one of this cookie), full.
  base::Result<std::shared_ptr<RtspTunnel>> open(const asio::ip::address& address, const std::string& cookie,
                                                 asio::any_io_executor executor);
  /// Null when there is none.
  std::shared_ptr<RtspTunnel> find(const asio::ip::address& address, const std::string& cookie) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<asio::ip::address, std::string>, std::weak_ptr<RtspTunnel>> tunnels_;
};

}  // namespace watchrig::media
