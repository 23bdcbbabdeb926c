#include "system/media/rtsp_link.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/dialer.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/media/rtsp_post.hpp"

namespace watchrig::media {
namespace {

using asio::ip::tcp;
using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::size_t buffer_bytes = 256 * 1024;
// Stale nonces may need a second attempt; more would be a server that never accepts.
constexpr int most_attempts = 3;

Error cancelled() { return {ErrorKind::cancelled, "stopped"}; }

}  // namespace

RtspLink::RtspLink(const asio::any_io_executor& executor, Timeouts timeouts, std::string user_agent,
                   Listener listener)
    : executor_(executor),
      timeouts_(timeouts),
      user_agent_(std::move(user_agent)),
      listener_(std::move(listener)),
      resolver_(executor),
      connecting_(executor),
      answered_(executor),
      turn_(executor, asio::steady_timer::time_point::max()) {}

RtspLink::~RtspLink() = default;

asio::awaitable<Result<>> RtspLink::connect(RtspUrl url, std::shared_ptr<base::Dialer> dialer, Trust trust) {
  const auto self = shared_from_this();
  url_ = std::move(url);
  dialer_ = std::move(dialer);
  trust_ = std::move(trust);
  if (url_.tls && !trust_.in)
    co_return Error{ErrorKind::unsupported, "RTSP over TLS (rtsps) is not supported here"};
  auto socket = co_await open_socket();
  if (!socket) co_return std::move(socket).error();
  socket_ = std::move(*socket);
  buffer_.resize(buffer_bytes);
  if (url_.http) {
    auto opened = co_await open_tunnel();
    if (!opened) co_return lost_ ? *lost_ : std::move(opened).error();
  }
  base::spawn(executor_, read_loop(self), "RTSP client of " + socket_->peer());
  co_return Result<>{};
}

asio::awaitable<Result<std::shared_ptr<RtspSocket>>> RtspLink::open_socket() {
  if (lost_) co_return *lost_;
  if (dialer_) {
    auto socket = co_await dialer_->dial("rtsp", timeouts_.connect);
    if (!lost_ && !socket) co_return socket.error();
    if (socket) connecting_ = std::move(*socket);
  } else {
    auto connected = co_await connect_to(url_);
    if (!lost_ && !connected) co_return std::move(connected).error();
  }
  if (lost_) co_return *lost_;
  auto socket = std::make_shared<RtspSocket>(std::move(connecting_), timeouts_.request);
  if (url_.tls)
    socket->encrypt(std::make_unique<RtspTls>(trust_.in(), socket->native_handle(), url_.host, trust_.now));
  co_return socket;
}

/// By a GET, whose answer goes on with what the server sends; the POST is opened with the first request.
asio::awaitable<Result<>> RtspLink::open_tunnel() {
  RtspPost::Heads heads(url_, user_agent_);
  const base::Watchdog deadline(executor_, timeouts_.request, [socket = socket_] { socket->close(); });
  auto asked = co_await socket_->write(heads.get);
  std::optional<std::size_t> answered;
  while (asked && !answered) {
    auto size = co_await socket_->read(std::span(buffer_).subspan(end_));
    if (!size) {
      asked = std::move(size).error();
      break;
    }
    end_ += *size;
    auto head = RtspPost::take_answer(base::ByteView(buffer_).first(end_));
    if (!head) co_return std::move(head).error();
    answered = *head;
  }
  if (deadline.expired()) co_return Error{ErrorKind::timeout, "GET of RTSP through HTTP was not answered"};
  if (!asked) co_return std::move(asked).error();
  begin_ = *answered;
  const auto weak = weak_from_this();
  RtspPost::Open open = [weak] { return open_post(weak); };
  RtspPost::Refused refused = [weak](Error reason) {
    if (const auto self = weak.lock()) self->lose(std::move(reason));
  };
  post_ = std::make_shared<RtspPost>(executor_, std::move(heads.post), std::move(open), std::move(refused));
  // What has come behind the head is taken with the next bytes.
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= std::exchange(begin_, 0);
  co_return Result<>{};
}

asio::awaitable<Result<std::shared_ptr<RtspSocket>>> RtspLink::open_post(std::weak_ptr<RtspLink> weak) {
  const auto self = weak.lock();
  if (!self) co_return cancelled();
  auto socket = co_await self->open_socket();
  co_return socket;
}

asio::awaitable<Result<>> RtspLink::write(std::string text) {
  if (post_) {
    const auto post = post_;
    const auto self = shared_from_this();
    auto posted = co_await post->write(std::move(text));
    if (!posted) lose(posted.error());
    co_return posted;
  }
  auto written = co_await socket_->write(std::move(text));
  co_return written;
}

asio::awaitable<Result<>> RtspLink::connect_to(const RtspUrl& url) {
  bool late = false;
  const base::Watchdog deadline(executor_, timeouts_.connect, [&late, this] {
    late = true;
    resolver_.cancel();
    boost::system::error_code ignored;
    connecting_.close(ignored);
  });
  boost::system::error_code error;
  tcp::resolver::results_type endpoints;
  if (const auto address = asio::ip::make_address(url.host, error); !error) {
    endpoints = tcp::resolver::results_type::create(tcp::endpoint(address, url.port), url.host, "");
  } else {
    endpoints = co_await resolver_.async_resolve(url.host, std::to_string(url.port),
                                                 asio::redirect_error(asio::use_awaitable, error));
  }
  const bool resolved = !error;
  if (resolved && !late && !lost_) {
    co_await asio::async_connect(connecting_, endpoints, asio::redirect_error(asio::use_awaitable, error));
  }
  if (late) {
    co_return Error{ErrorKind::timeout,
                    fmt::format("no connection within {}", base::format_duration(timeouts_.connect))};
  }
  if (error) {
    co_return Error{ErrorKind::unavailable,
                    fmt::format("{}: {}", resolved ? "cannot connect" : "unknown host", error.message())};
  }
  co_return Result<>{};
}

asio::awaitable<void> RtspLink::read_loop(std::shared_ptr<RtspLink> self) {
  while (!self->lost_) {
    if (self->listener_.after_read) co_await self->listener_.after_read();
    auto size = co_await self->socket_->read(std::span(self->buffer_).subspan(self->end_));
    if (!size) {
      self->lose(std::move(size).error());
      break;
    }
    self->bytes_ += *size;
    self->end_ += *size;
    auto taken = co_await self->take_all();
    if (!taken) self->lose(std::move(taken).error());
  }
}

/// Takes what is complete, in place, and moves the rest to the front. The buffer is larger than any message
/// or frame, so there is always room to read on.
asio::awaitable<Result<>> RtspLink::take_all() {
  while (!lost_) {
    auto step = reader_.next(base::ByteView(buffer_).subspan(begin_, end_ - begin_));
    if (!step) co_return std::move(step).error();
    if (step->consumed == 0) break;
    begin_ += step->consumed;
    stray_bytes_ += step->stray;
    if (const auto* frame = std::get_if<InterleavedFrame>(&step->item)) listener_.frame(*frame);
    if (auto* response = std::get_if<RtspResponse>(&step->item)) take_response(std::move(*response));
    if (auto* request = std::get_if<RtspRequest>(&step->item)) {
      auto answered = co_await answer_server(std::move(*request));
      if (!answered) co_return answered;
    }
  }
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  co_return Result<>{};
}

/// Some servers ask for a sign of life themselves.
asio::awaitable<Result<>> RtspLink::answer_server(RtspRequest request) {
  RtspResponse response;
  const bool sign_of_life =
      request.method == "OPTIONS" || request.method == "GET_PARAMETER" || request.method == "SET_PARAMETER";
  response.status = sign_of_life ? 200 : 501;
  if (const auto sequence = request.headers.find("CSeq"))
    response.headers.add("CSeq", std::string(*sequence));
  auto written = co_await write(serialise(response));
  co_return written;
}

asio::awaitable<Result<RtspResponse>> RtspLink::request(std::string method, std::string uri, Headers headers,
                                                        std::shared_ptr<AuthClient> auth) {
  const auto self = shared_from_this();
  while (asking_ && !lost_) {
    boost::system::error_code ignored;
    co_await turn_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (lost_) co_return *lost_;
  asking_ = true;
  Result<RtspResponse> result = Error{ErrorKind::denied, "401 again and again"};
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    result = co_await exchange(method, uri, headers, *auth);
    if (!result || result->status != 401) break;
    auto taken = auth->challenged(result->headers.all("WWW-Authenticate"));
    if (!taken) {
      result = std::move(taken).error();
      break;
    }
    result = Error{ErrorKind::denied, "401 again and again although the nonce was renewed"};
  }
  asking_ = false;
  turn_.cancel();
  if (result) auth->accepted();
  co_return result;
}

asio::awaitable<Result<RtspResponse>> RtspLink::exchange(const std::string& method, const std::string& uri,
                                                         const Headers& headers, AuthClient& auth) {
  RtspRequest request;
  request.method = method;
  request.uri = uri;
  request.headers.add("CSeq", std::to_string(++sequence_));
  request.headers.add("User-Agent", user_agent_);
  if (auto authorization = auth.authorization(method, uri))
    request.headers.add("Authorization", std::move(*authorization));
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  response_.reset();
  answered_.expires_after(timeouts_.request);
  auto written = co_await write(serialise(request));
  if (!written && lost_) co_return *lost_;
  if (!written) co_return std::move(written).error();
  if (!response_ && !lost_) {
    boost::system::error_code ignored;
    co_await answered_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (response_) co_return std::move(*response_);
  if (lost_) co_return *lost_;
  co_return Error{ErrorKind::timeout, fmt::format("{} was not answered within {}", method,
                                                  base::format_duration(timeouts_.request))};
}

void RtspLink::take_response(RtspResponse response) {
  // Late answers to given up requests are dropped; servers that forget CSeq are forgiven, as only one request
  // waits.
  const auto sequence = sequence_of(response.headers);
  if (!asking_ || (sequence && *sequence != sequence_)) return;
  response_ = std::move(response);
  answered_.cancel();
}

asio::awaitable<Result<>> RtspLink::send_frame(std::uint8_t channel, base::Bytes packet) {
  const auto self = shared_from_this();
  if (!socket_ || lost_) co_return lost_.value_or(cancelled());
  std::uint8_t head[4] = {'$', channel, 0, 0};
  base::store_be16(&head[2], static_cast<std::uint16_t>(packet.size()));
  std::string frame(head, head + sizeof head);
  frame.append(packet.begin(), packet.end());
  auto written = co_await write(std::move(frame));
  co_return written;
}

void RtspLink::lose(Error reason) {
  if (lost_) return;
  lost_ = std::move(reason);
  if (socket_) socket_->close();
  if (post_) post_->close();
  answered_.cancel();
  turn_.cancel();
  // The listener may close this link, and with it drop its functions.
  const auto lost = std::exchange(listener_.lost, nullptr);
  if (lost) lost(*lost_);
}

void RtspLink::close() {
  listener_ = {};
  lose(cancelled());
  resolver_.cancel();
  boost::system::error_code ignored;
  connecting_.close(ignored);
}

}  // namespace watchrig::media
