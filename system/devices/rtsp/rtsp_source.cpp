#include "system/devices/rtsp/rtsp_source.hpp"

#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/post.hpp>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/devices/rtsp/session_history.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;

std::string_view to_string(SourceState state) {
  switch (state) {
    case SourceState::idle:
      return "idle";
    case SourceState::connecting:
      return "connecting";
    case SourceState::online:
      return "online";
    case SourceState::offline:
      return "offline";
  }
  return "offline";
}

namespace {

constexpr base::Duration between_usual_sessions = std::chrono::milliseconds(100);
constexpr base::Duration usual_silence = std::chrono::seconds(2);  // of a device whose sessions end by it

/// The counters of several connections as one.
media::RtpReceiverStats sum(media::RtpReceiverStats total, const media::RtpReceiverStats& more) {
  using Stats = media::RtpReceiverStats;
  constexpr std::uint64_t Stats::*counters[] = {&Stats::packets,
                                                &Stats::bytes,
                                                &Stats::lost,
                                                &Stats::duplicates,
                                                &Stats::late,
                                                &Stats::reordered,
                                                &Stats::malformed,
                                                &Stats::unsupported,
                                                &Stats::strangers,
                                                &Stats::foreign_payload,
                                                &Stats::sender_changes,
                                                &Stats::sequence_jumps,
                                                &Stats::units,
                                                &Stats::key_units,
                                                &Stats::damaged_units,
                                                &Stats::skipped_units,
                                                &Stats::missing_markers,
                                                &Stats::reanchored,
                                                &Stats::parameter_set_changes,
                                                &Stats::sender_reports,
                                                &Stats::timestamp_jumps};
  for (const auto counter : counters) total.*counter += more.*counter;
  total.jitter = more.jitter;
  total.clock_offset = more.clock_offset;
  total.clock_drift_ppm = more.clock_drift_ppm;
  return total;
}

class RtspSource final : public VideoSource, public std::enable_shared_from_this<RtspSource> {
 public:
  RtspSource(asio::any_io_executor executor, const base::Clock& clock, std::shared_ptr<media::StreamHub> hub,
             RtspSourceOptions options, Listener listener, DamageListener damage, QuirkListener quirk)
      : executor_(std::move(executor)),
        clock_(clock),
        hub_(std::move(hub)),
        options_(std::move(options)),
        listener_(std::move(listener)),
        damage_(std::move(damage)),
        quirk_(std::move(quirk)),
        history_([this](std::string_view name, const std::string& detail) { tell_quirk(name, detail); }),
        backoff_(options_.backoff, options_.seed),
        pause_(executor_, clock) {
    if (options_.client.transport != media::RtspClient::Transport::udp) status_.loss_place = "device";
  }

  void start() override {
    wanted_ = !options_.on_demand;
    if (options_.on_demand) {
      hub_->on_demand([weak = weak_from_this()](bool wanted) {
        const auto self = weak.lock();
        if (!self) return;
        asio::post(self->executor_, [self, wanted] { self->set_wanted(wanted); });
      });
    }
    base::spawn(executor_, run(shared_from_this()), hub_->name());
  }

  void stop() override {
    asio::post(executor_, [self = shared_from_this()] {
      self->stopped_ = true;
      self->pause_.cancel();
      if (self->client_) self->client_->cancel();
    });
  }

  void retry() override {
    asio::post(executor_, [self = shared_from_this()] {
      if (self->resting_) self->pause_.cancel();
    });
  }

  SourceStatus status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  SourceState state() const override {
    const std::lock_guard lock(mutex_);
    return status_.state;
  }

 private:
  static asio::awaitable<void> run(std::shared_ptr<RtspSource> self);
  asio::awaitable<base::Result<std::string>> address();
  asio::awaitable<base::Error> play();
  asio::awaitable<void> wait_until_wanted();
  void set_wanted(bool wanted);
  bool idle_too_long() const;
  void begin_delivery(const std::string& address);
  /// Whether the session ended as this device's sessions do.
  bool note_end(base::Error& error);
  void tell_quirk(std::string_view name, const std::string& detail);
  void change_state(SourceState state, std::string cause);
  void take_statistics(bool final);
  std::size_t video_track() const;

  const asio::any_io_executor executor_;
  const base::Clock& clock_;
  const std::shared_ptr<media::StreamHub> hub_;
  const RtspSourceOptions options_;
  const Listener listener_;
  const DamageListener damage_;
  const QuirkListener quirk_;
  SessionHistory history_;
  std::set<std::string, std::less<>> told_;  ///< quirks
  Backoff backoff_;
  base::Timer pause_;
  std::unique_ptr<media::RtspClient> client_;
  media::RtpReceiverStats earlier_;  ///< of the connections before the present one
  base::UtcTime counted_;
  std::uint64_t lost_ = 0;
  std::uint64_t damaged_ = 0;
  bool wanted_ = false;
  base::UtcTime unwanted_since_;
  bool stopped_ = false;
  base::UtcTime session_since_;
  base::Duration data_timeout_{};  ///< of the present session
  bool resting_ = false;           ///< until the next attempt
  bool delivering_ = false;        ///< pictures have come in the present session
  std::string located_;            ///< where pictures came from last; only with a locator
  mutable std::mutex mutex_;
  SourceStatus status_;
};

asio::awaitable<void> RtspSource::run(std::shared_ptr<RtspSource> self) {
  bool failed = false;
  while (!self->stopped_) {
    if (!self->wanted_) co_await self->wait_until_wanted();
    const bool asked_for = self->options_.on_demand && !std::exchange(failed, false);
    if (self->options_.pace && !asked_for && !self->stopped_)
      co_await self->pause_.wait_until(self->options_.pace->take_turn());
    if (self->stopped_) break;
    {
      const std::lock_guard lock(self->mutex_);
      ++self->status_.attempts;
      if (self->status_.state == SourceState::idle) self->status_.state = SourceState::connecting;
    }
    base::Error error = co_await self->play();
    if (self->client_) self->take_statistics(true);
    const bool as_usual = self->note_end(error);
    self->client_.reset();
    if (self->stopped_ || !self->wanted_) continue;
    if (as_usual) {
      co_await self->pause_.wait_for(between_usual_sessions);
      continue;
    }
    self->change_state(SourceState::offline, error.message);
    const auto wait = self->backoff_.next(self->clock_.now(), error.kind == base::ErrorKind::denied);
    base::log_debug("{}: next attempt in {}", self->hub_->name(), base::format_duration(wait));
    failed = true;
    self->resting_ = true;
    co_await self->pause_.wait_for(wait);
    self->resting_ = false;
  }
  self->change_state(SourceState::idle, {});
}

asio::awaitable<base::Result<std::string>> RtspSource::address() {
  if (!options_.locator) co_return options_.client.url;
  if (located_.empty()) {
    auto found = co_await options_.locator->locate();
    if (!found) co_return found;
    located_ = *std::move(found);
    // Not where: some devices put the account into the address.
    base::log_info("{}: the device has told where its stream is", hub_->name());
  }
  // Until pictures have come from there, it is not known to be right.
  co_return std::exchange(located_, {});
}

asio::awaitable<base::Error> RtspSource::play() {
  auto options = options_.client;
  auto address = co_await this->address();
  if (!address) co_return address.error();
  if (stopped_) co_return base::Error{base::ErrorKind::cancelled, "stopped"};
  options.url = *address;
  options.after = hub_->totals().last;
  options.keep_alive = history_.keep_alive();
  if (history_.falls_silent()) options.data_timeout = usual_silence;
  data_timeout_ = options.data_timeout;
  options.quirk = [weak = weak_from_this()](std::string_view name, const std::string& detail) {
    if (const auto self = weak.lock()) self->tell_quirk(name, detail);
  };
  client_ = std::make_unique<media::RtspClient>(executor_, clock_, std::move(options));
  const auto tracks = co_await client_->start();
  if (!tracks) co_return tracks.error();
  session_since_ = clock_.now();
  hub_->set_tracks(*tracks);
  if (status_.state != SourceState::online)
    change_state(status_.state, "connected, but no key picture has come");
  for (;;) {
    const auto unit = co_await client_->next();
    if (!unit) co_return unit.error();
    if (!delivering_) begin_delivery(*address);
    hub_->publish(*unit);
    if ((*unit)->received - counted_ >= std::chrono::seconds(1)) {
      take_statistics(false);
      history_.lives(clock_.now() - session_since_);
    }
    if (!wanted_ && idle_too_long()) {
      co_await client_->stop();
      co_return base::Error{base::ErrorKind::cancelled, "nobody watches"};
    }
  }
}

void RtspSource::begin_delivery(const std::string& address) {
  const auto now = clock_.now();
  delivering_ = true;
  backoff_.connected(now);
  history_.began(now);
  located_ = address;
  take_statistics(false);
  {
    const std::lock_guard lock(mutex_);
    ++status_.connections;
  }
  change_state(SourceState::online, {});
}

bool RtspSource::note_end(base::Error& error) {
  const auto now = clock_.now();
  const bool delivered = std::exchange(delivering_, false);
  if (error.kind == base::ErrorKind::denied) history_.denied(now);
  if (!client_) return false;
  const auto stats = client_->stats();
  if (delivered) {
    const bool silent = error.kind == base::ErrorKind::timeout;
    // The silence was measured in real time.
    const auto heard =
        now - session_since_ -
        (silent ? clock_.settings().scale * data_timeout_ : std::chrono::duration<double, std::nano>{});
    history_.ended(
        {std::chrono::duration_cast<base::Duration>(heard), error.kind == base::ErrorKind::unavailable,
         stats.keep_alive, stats.keep_alive_unanswered, silent, stats.session_timeout},
        now);
    return history_.ended_as_usual();
  }
  const bool full = stats.refused_session == 453 || stats.refused_session == 503;
  if (full && history_.has_no_room(now)) error.message += ": it holds sessions that have ended";
  return false;
}

void RtspSource::tell_quirk(std::string_view name, const std::string& detail) {
  if (!quirk_ || stopped_ || !told_.emplace(name).second) return;
  base::log_info("{}: quirk {}: {}", hub_->name(), name, detail);
  quirk_(name, detail);
}

asio::awaitable<void> RtspSource::wait_until_wanted() {
  change_state(SourceState::idle, {});
  while (!wanted_ && !stopped_) co_await pause_.wait_for(std::chrono::hours(24));
}

void RtspSource::set_wanted(bool wanted) {
  wanted_ = wanted;
  unwanted_since_ = clock_.now();
  if (wanted) pause_.cancel();
}

bool RtspSource::idle_too_long() const { return clock_.now() - unwanted_since_ >= options_.idle_stop; }

void RtspSource::change_state(SourceState state, std::string cause) {
  SourceStatus status;
  {
    const std::lock_guard lock(mutex_);
    if (status_.state == state && status_.cause == cause) return;
    status_.state = state;
    status_.cause = std::move(cause);
    status = status_;
  }
  if (listener_) listener_(status);
}

std::size_t RtspSource::video_track() const {
  const auto tracks = hub_->tracks();
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (media::is_video(tracks[i].codec)) return i;
  }
  return 0;
}

void RtspSource::take_statistics(bool final) {
  counted_ = clock_.now();
  const auto stats = client_->stats();
  const std::size_t track = video_track();
  const auto present = track < stats.tracks.size() ? stats.tracks[track].rtp : media::RtpReceiverStats{};
  const auto total = sum(earlier_, present);
  if (final) earlier_ = total;
  {
    const std::lock_guard lock(mutex_);
    status_.rtp = total;
    const auto tracks = hub_->tracks();
    if (track < tracks.size()) status_.video = tracks[track];
  }
  if ((total.lost > lost_ || total.damaged_units > damaged_) && damage_) {
    damage_(total.lost - lost_, total.damaged_units - damaged_);
  }
  lost_ = total.lost;
  damaged_ = total.damaged_units;
}

}  // namespace

std::shared_ptr<VideoSource> make_rtsp_source(asio::any_io_executor executor, const base::Clock& clock,
                                              std::shared_ptr<media::StreamHub> hub,
                                              RtspSourceOptions options, VideoSource::Listener listener,
                                              VideoSource::DamageListener damage,
                                              VideoSource::QuirkListener quirk) {
  return std::make_shared<RtspSource>(std::move(executor), clock, std::move(hub), std::move(options),
                                      std::move(listener), std::move(damage), std::move(quirk));
}

}  // namespace watchrig::devices
