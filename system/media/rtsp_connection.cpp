#include "system/media/rtsp_connection.hpp"

#include <array>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"

namespace watchrig::media {
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t first_buffer = 2048;
constexpr std::size_t largest_buffer = 2 * max_rtsp_message;
/// More than the eight that GStreamer makes of one wrong password, so that its own message is what its user
/// sees.
constexpr unsigned most_failures = 16;
constexpr auto drain_time = std::chrono::milliseconds(500);

}  // namespace

RtspConnection::RtspConnection(std::shared_ptr<RtspServerContext> context, asio::ip::tcp::socket socket)
    : context_(std::move(context)),
      socket_(std::make_shared<RtspSocket>(std::move(socket), context_->options.write_timeout,
                                           &context_->stalled)),
      manners_(context_->options.manners ? context_->options.manners() : nullptr),
      digest_(context_->options.name),
      buffer_(first_buffer) {
  if (const auto& tls = context_->options.tls)
    socket_->encrypt(std::make_unique<RtspTls>(tls, socket_->native_handle()));
  ++context_->counters.connections;
}

RtspConnection::~RtspConnection() { --context_->counters.connections; }

asio::awaitable<void> RtspConnection::run(std::shared_ptr<RtspConnection> self) {
  // Also when content throws: whoever plays must end with the connection.
  struct End {
    RtspConnection& connection;
    ~End() {
      connection.alive_.reset();
      connection.partial_.reset();
      connection.waiting_.reset();
      if (connection.tunnel_) connection.tunnel_->close();
      connection.life_.reset();
      connection.session_.reset();
      if (connection.manners_) connection.manners_->session_changed(false);
      connection.socket_->close();
    }
  } const end{*self};
  self->alive_.emplace(self->socket_->executor(), self->context_->options.session_timeout,
                       [&c = *self] { c.timed_out(); });
  co_await self->serve();
}

void RtspConnection::close(bool reset) {
  asio::post(socket_->executor(), [self = shared_from_this(), reset] {
    if (self->session_) self->session_->close();
    self->socket_->close(reset);
  });
}

asio::awaitable<void> RtspConnection::serve() {
  for (;;) {
    if (speaks_http()) {
      const bool go_on = co_await take_http();
      if (!go_on) co_return;
      continue;
    }
    auto step = reader_.next(base::ByteView(buffer_).subspan(begin_, end_ - begin_));
    if (!step) {
      RtspResponse response;
      response.status = step.error().kind == ErrorKind::full ? 413 : 400;
      co_await refuse(step.error(), serialise(response));
      co_return;
    }
    begin_ += step->consumed;
    if (step->consumed > 0) {
      partial_.reset();
      spoken_ = true;
      const bool go_on = co_await take(*step);
      if (!go_on) co_return;
      continue;
    }
    const auto read = co_await read_more();
    if (!read) {
      base::log_debug("RTSP client {}: {}", socket_->peer(), read.error().message);
      co_return;
    }
  }
}

asio::awaitable<Result<>> RtspConnection::read_more() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= std::exchange(begin_, 0);
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= largest_buffer) co_return base::Error{ErrorKind::full, "request too large"};
    buffer_.resize(buffer_.size() * 2);
  }
  if ((end_ > 0 || socket_->shaking_hands()) && !partial_) {
    partial_.emplace(socket_->executor(), context_->options.request_timeout, [this] {
      base::log_info("RTSP client {}: began a request and did not finish it, closed", socket_->peer());
      socket_->close();
    });
  }
  if (tunnel_) {
    auto read = co_await read_tunnel();
    co_return read;
  }
  auto size = co_await socket_->read(std::span(buffer_).subspan(end_));
  if (!size) co_return std::move(size).error();
  end_ += *size;
  co_return Result<>{};
}

asio::awaitable<bool> RtspConnection::take(RtspReader::Step& step) {
  if (const auto* frame = std::get_if<InterleavedFrame>(&step.item)) {
    const bool report = session_ && session_->take_interleaved(*frame);
    if (report && (!manners_ || manners_->keeps_alive("RTCP"))) alive_->restart();
    co_return true;
  }
  auto* request = std::get_if<RtspRequest>(&step.item);
  if (!request) co_return true;  // empty lines, or a response to something never asked
  if (manners_ && manners_->hangs_up(*request)) co_return false;
  if (!manners_ || manners_->keeps_alive(request->method)) alive_->restart();
  const bool go_on = co_await answer_to(*request);
  co_return go_on;
}

asio::awaitable<bool> RtspConnection::answer_to(const RtspRequest& request) {
  RtspResponse response;
  const auto sequence = sequence_of(request.headers);
  if (sequence) {
    auto own = manners_ ? manners_->instead(request) : std::nullopt;
    if (own) {
      response = std::move(*own);
    } else {
      response = co_await handle(request);
    }
    if (manners_) live(request, response);
    // As it was written, because some clients compare it as text.
    response.headers.add("CSeq", std::string(*request.headers.find("CSeq")));
  } else {
    response.status = 400;
  }
  response.headers.add("Server", context_->options.name);
  if (session_) {
    const auto timeout =
        std::chrono::duration_cast<std::chrono::seconds>(context_->options.session_timeout).count();
    response.headers.add("Session",
                         fmt::format("{};timeout={}", session_->id(), std::max<std::int64_t>(timeout, 1)));
  }
  if (response.status == 401) ++failures_;
  if (manners_) manners_->change(request, response);
  const auto written = co_await socket_->write(serialise(response));
  if (!written) co_return false;
  if (session_ && response.status == 200) session_->begin();
  if (failures_ < most_failures) co_return true;
  base::log_warning("RTSP client {}: {} attempts without the right password, closed", socket_->peer(),
                    failures_);
  co_return false;
}

asio::awaitable<void> RtspConnection::refuse(const base::Error& error, std::string answer) {
  base::log_info("RTSP client {}: {}, closed", socket_->peer(), error.message);
  (void)co_await socket_->write(std::move(answer));
  // Closing with bytes unread would make the kernel send a RST that overtakes the answer.
  socket_->finish_sending();
  if (tunnel_) co_return;  // its GET is read by watch_get()
  const base::Watchdog deadline(socket_->executor(), drain_time, [this] { socket_->close(); });
  for (;;) {
    const auto size = co_await socket_->read(buffer_);
    if (!size) co_return;
  }
}

void RtspConnection::live(const RtspRequest& request, const RtspResponse& answered) {
  manners_->session_changed(session_ != nullptr);
  const auto life = manners_->session_life();
  if (life && request.method == "PLAY" && answered.status == 200 && !life_) {
    life_.emplace(socket_->executor(), *life, [this] {
      base::log_debug("RTSP client {}: its session has lived long enough", socket_->peer());
      if (session_) session_->pause();
      if (manners_->falls_silent()) return;
      if (session_) session_->close();
      socket_->close();
    });
  }
}

void RtspConnection::timed_out() {
  if (session_) {
    ++context_->counters.timeouts;
    base::log_info("RTSP client {}: session {} without a sign of life, closed", socket_->peer(),
                   session_->id());
    session_->close();
  }
  socket_->close();
}

void RtspConnection::delivery_ended(const RtspDelivery::End& end) {
  base::log_debug("RTSP client {}: {}", socket_->peer(), end.reason.message);
  if (session_ && end.session_stays) {
    session_->play_ended();
    return;
  }
  if (session_) session_->close();
  socket_->close();
}

}  // namespace watchrig::media
