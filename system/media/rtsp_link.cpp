#include "system/media/rtsp_link.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/dialer.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

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

asio::awaitable<Result<>> RtspLink::connect(RtspUrl url, std::shared_ptr<base::Dialer> dialer, Trust trust) {
  const auto self = shared_from_this();
  if (url.tls && !trust.context)
    co_return Error{ErrorKind::unsupported, "RTSP over TLS (rtsps) is not supported here"};
  if (dialer) {
    auto socket = co_await dialer->dial("rtsp", timeouts_.connect);
    if (!lost_ && !socket) co_return socket.error();
    if (socket) connecting_ = std::move(*socket);
  } else {
    const auto connected = co_await connect_to(url);
    if (!lost_ && !connected) co_return connected.error();
  }
  if (lost_) co_return *lost_;
  socket_ = std::make_shared<RtspSocket>(std::move(connecting_), timeouts_.request);
  if (url.tls)
    socket_->encrypt(std::make_unique<RtspTls>(trust.context, socket_->native_handle(), url.host, trust.now));
  buffer_.resize(buffer_bytes);
  base::spawn(executor_, read_loop(self), "RTSP client of " + socket_->peer());
  co_return Result<>{};
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
  auto written = co_await socket_->write(serialise(response));
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
  auto written = co_await socket_->write(serialise(request));
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
  base::Bytes frame(4 + packet.size());
  frame[0] = '$';
  frame[1] = channel;
  base::store_be16(&frame[2], static_cast<std::uint16_t>(packet.size()));
  std::copy(packet.begin(), packet.end(), frame.begin() + 4);
  auto written = co_await socket_->write(std::move(frame));
  co_return written;
}

void RtspLink::lose(Error reason) {
  if (lost_) return;
  lost_ = std::move(reason);
  if (socket_) socket_->close();
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
