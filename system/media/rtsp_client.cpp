#include "system/media/rtsp_client.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/rand.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/media/rtsp_client_session.hpp"
#include "system/media/rtsp_quirks.hpp"

namespace watchrig::media {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto goodbye_time = std::chrono::seconds(1);
constexpr base::Duration longest_timeout = std::chrono::seconds(60);  // some announce hours and forget sooner
constexpr base::Duration longest_tick = std::chrono::milliseconds(200);
constexpr base::Duration shortest_tick = std::chrono::milliseconds(5);
constexpr const char* by_options = "OPTIONS";

}  // namespace

RtspClient::Session::Session(asio::any_io_executor executor, const base::Clock& clock, Options options)
    : executor_(std::move(executor)),
      clock_(clock),
      options_(std::move(options)),
      inbox_(std::make_shared<RtspInbox>(executor_, std::max<std::size_t>(1, options_.max_queued_units))),
      tick_(executor_),
      alive_(executor_) {
  channels_.fill(-1);
  RAND_bytes(reinterpret_cast<unsigned char*>(&own_ssrc_), sizeof own_ssrc_);
}

asio::awaitable<Result<Presentation>> RtspClient::Session::start(std::shared_ptr<Session> self) {
  auto done = co_await self->set_up_everything();
  if (!done) {
    self->fail(std::move(done).error());
    co_return *self->inbox_->reason();
  }
  // A short recording may have come whole, with the end of the connection behind it, before PLAY's answer was
  // looked at.
  if (self->closed_ && self->inbox_->reason()->kind == ErrorKind::cancelled)
    co_return *self->inbox_->reason();
  Presentation tracks;
  for (const auto& lane : self->lanes_) tracks.push_back(lane.media.track);
  if (self->closed_) co_return tracks;
  base::spawn(self->executor_, keep_alive(self), "RTSP keep-alive");
  base::spawn(self->executor_, watch(self), "RTSP watch");
  co_return tracks;
}

asio::awaitable<Result<AccessUnitPtr>> RtspClient::Session::next(std::shared_ptr<Session> self) {
  auto unit = co_await RtspInbox::next(self->inbox_);
  co_return unit;
}

asio::awaitable<void> RtspClient::Session::stop(std::shared_ptr<Session> self) {
  if (!self->closed_ && !self->session_.id.empty()) {
    const base::Watchdog deadline(self->executor_, goodbye_time, [self] { self->cancel(); });
    (void)co_await self->request("TEARDOWN", self->aggregate_url_, {});
  }
  self->cancel();
}

void RtspClient::Session::cancel() { fail({ErrorKind::cancelled, "stopped"}, true); }

void RtspClient::Session::fail(Error error, bool drop) {
  if (drop) inbox_->close({ErrorKind::cancelled, "stopped"}, true);
  if (closed_) return;
  closed_ = true;
  for (const auto& lane : lanes_) {
    if (lane.inlet && !drop) lane.inlet->drain();
  }
  for (std::size_t i = 0; i < inbox_->tracks(); ++i) inbox_->receiver(i).flush();
  const std::string name = url_.host.empty() ? "RTSP source" : url_.text();
  inbox_->close(std::move(error).within(name), drop);
  close_sockets();
}

void RtspClient::Session::close_sockets() {
  if (link_) link_->close();
  for (const auto& lane : lanes_) {
    if (lane.inlet) lane.inlet->close();
  }
  tick_.cancel();
  alive_.cancel();
}

/// At half the server's timeout, by the method it offers; several cameras know OPTIONS only.
asio::awaitable<void> RtspClient::Session::keep_alive(std::shared_ptr<Session> self) {
  while (!self->closed_) {
    self->alive_.expires_after(std::min<base::Duration>(self->session_.timeout, longest_timeout) / 2);
    boost::system::error_code ignored;
    co_await self->alive_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (self->closed_) break;
    co_await self->show_life();
  }
}

asio::awaitable<void> RtspClient::Session::show_life() {
  keep_alive_unanswered_ = true;
  const auto response = co_await request(keep_alive_, aggregate_url_, {});
  if (!response) {
    // What is read decides whether the server is still there.
    base::log_debug("{}: {}", url_.text(), response.error().message);
    co_return;
  }
  keep_alive_unanswered_ = false;
  if (response->status == 200) {
    ++keep_alives_;
  } else if (response->status == 454) {
    fail(refused("the session has expired on the server", *response));
  } else if (std::exchange(keep_alive_, by_options) != by_options) {
    note(rtsp_quirks::get_parameter_refused,
         fmt::format("it offers GET_PARAMETER and answers {}; OPTIONS keeps its sessions", response->status));
    // At once, because half of the server's patience is over.
    co_await show_life();
  }
}

asio::awaitable<void> RtspClient::Session::watch(std::shared_ptr<Session> self) {
  const Options& options = self->options_;
  const base::Duration tick =
      std::clamp(std::min({options.data_timeout / 4, options.key_frame_timeout / 4, options.report_interval}),
                 shortest_tick, longest_tick);
  base::Duration silent{};
  base::Duration playing{};
  base::Duration unreported{};
  while (!self->closed_) {
    self->tick_.expires_after(tick);
    boost::system::error_code ignored;
    co_await self->tick_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (self->closed_) break;
    playing += tick;
    unreported += tick;
    silent = self->inbox_->take_activity() || self->inbox_->full() ? base::Duration{} : silent + tick;
    const auto now = self->clock_.now();
    for (std::size_t i = 0; i < self->inbox_->tracks(); ++i) self->inbox_->receiver(i).expire(now);
    if (silent >= options.data_timeout) {
      self->fail(
          {ErrorKind::timeout, fmt::format("no data for {}", base::format_duration(options.data_timeout))});
    } else if (!self->inbox_->has_started() && playing >= options.key_frame_timeout) {
      self->fail({ErrorKind::timeout,
                  fmt::format("no key frame within {} (does the camera send pictures that can be decoded?)",
                              base::format_duration(options.key_frame_timeout))});
    } else if (unreported >= options.report_interval) {
      unreported = {};
      self->note_stream(playing);
      // Aside: a POST that has to be opened anew takes its time, and silence is watched meanwhile.
      if (!self->reporting_) base::spawn(self->executor_, send_reports(self), "RTSP reports");
    }
  }
}

asio::awaitable<void> RtspClient::Session::send_reports(std::shared_ptr<Session> self) {
  self->reporting_ = true;
  const auto now = self->clock_.now();
  for (std::size_t i = 0; i < self->lanes_.size() && !self->closed_; ++i) {
    auto report = self->inbox_->receiver(i).make_receiver_report(self->own_ssrc_, now);
    if (self->lanes_[i].inlet) {
      self->lanes_[i].inlet->send_rtcp(report);
      continue;
    }
    const auto link = self->link_;
    // A failure is the connection's end, which the link reports itself.
    (void)co_await link->send_frame(self->lanes_[i].rtcp_channel, std::move(report));
  }
  self->reporting_ = false;
}

RtspClient::Stats RtspClient::Session::stats() const {
  Stats stats;
  stats.keep_alives = keep_alives_;
  stats.ignored_media = ignored_;
  stats.keep_alive = keep_alive_;
  stats.keep_alive_unanswered = keep_alive_unanswered_;
  stats.session_timeout = session_.timeout;
  stats.refused_session = refused_session_;
  if (link_) stats.bytes = link_->bytes();
  if (link_) stats.stray_bytes = link_->stray_bytes();
  for (std::size_t i = 0; i < inbox_->tracks(); ++i) {
    stats.tracks.push_back({inbox_->receiver(i).track().codec, inbox_->receiver(i).stats()});
  }
  for (const auto& lane : lanes_) {
    if (lane.inlet) stats.bytes += lane.inlet->bytes();
  }
  return stats;
}

RtspClient::RtspClient(asio::any_io_executor executor, const base::Clock& clock, Options options)
    : session_(std::make_shared<Session>(std::move(executor), clock, std::move(options))) {}

RtspClient::~RtspClient() { session_->cancel(); }

asio::awaitable<Result<Presentation>> RtspClient::start() { return Session::start(session_); }

asio::awaitable<Result<AccessUnitPtr>> RtspClient::next() { return Session::next(session_); }

asio::awaitable<void> RtspClient::stop() { return Session::stop(session_); }

void RtspClient::cancel() { session_->cancel(); }

RtspClient::Stats RtspClient::stats() const { return session_->stats(); }

}  // namespace watchrig::media
