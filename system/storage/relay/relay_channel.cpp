#include "system/storage/relay/relay_channel.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::storage {

namespace asio = boost::asio;

std::string_view to_string(RecordingState state) {
  switch (state) {
    case RecordingState::stopped:
      return "stopped";
    case RecordingState::waiting:
      return "waiting";
    case RecordingState::recording:
      return "recording";
  }
  return "stopped";
}

RelayChannel::RelayChannel(asio::any_io_executor executor, const base::Clock& clock, Storage& storage,
                           ChannelSettings settings, ChannelEventSink sink, ChannelConnectionSink connection)
    : executor_(std::move(executor)),
      clock_(clock),
      storage_(storage),
      settings_(std::move(settings)),
      sink_(std::move(sink)),
      connection_sink_(std::move(connection)),
      pause_(executor_, clock),
      types_(settings_.types) {
  std::uint32_t ssrc = static_cast<std::uint32_t>(std::hash<std::string>()(settings_.id));
  for (const auto& [name, options] : settings_.streams) {
    streams_[name].hub = std::make_shared<media::StreamHub>(
        fmt::format("channel \"{}\" {}", settings_.name, name), ssrc += 16);
  }
}

void RelayChannel::start(bool continued) {
  for (auto& [name, stream] : streams_) stream.source = make_source(name, stream.hub);
  asio::post(executor_, [self = shared_from_this(), continued] {
    for (auto& [name, stream] : self->streams_) stream.source->start();
    self->begun_ = self->interrupted_ = continued;
    {
      const std::lock_guard lock(self->mutex_);
      self->continued_ = continued;
    }
    const auto& settings = self->settings_;
    if (!settings.recorded_stream.empty())
      self->follow(settings.recorded_stream, settings.types != 0 || settings.ahead == base::Duration::zero(),
                   settings.ahead);
  });
}

std::shared_ptr<devices::VideoSource> RelayChannel::make_source(const std::string& stream,
                                                                std::shared_ptr<media::StreamHub> hub) {
  const std::weak_ptr<RelayChannel> weak = weak_from_this();
  const bool main = stream == "main";
  auto options = settings_.streams.at(stream);
  options.on_demand = !main;
  return devices::make_rtsp_source(
      executor_, clock_, std::move(hub), std::move(options),
      [weak, main](const devices::SourceStatus& status) {
        if (const auto channel = weak.lock(); channel && main) channel->source_changed(status);
      },
      [weak, stream](std::uint64_t lost, std::uint64_t units) {
        if (const auto channel = weak.lock()) channel->damaged(stream, lost, units);
      },
      [weak](std::string_view name, const std::string& detail) {
        if (const auto channel = weak.lock()) channel->tell_quirk(name, detail);
      });
}

void RelayChannel::retry() {
  for (const auto& [name, stream] : streams_) stream.source->retry();
}

void RelayChannel::stop(bool removed) {
  if (removed) tell_connection({ChannelConnection::State::removed, {}});
  asio::post(executor_, [self = shared_from_this()] {
    self->stopped_ = true;
    {
      const std::lock_guard lock(self->mutex_);
      self->recorded_stream_.clear();
    }
    ++self->turn_;
    self->pause_.cancel();
    if (self->reader_) self->reader_->queue.close();
    for (auto& [name, stream] : self->streams_) {
      stream.source->stop();
      stream.hub->close();
    }
  });
}

void RelayChannel::record(std::string stream, platform::RecordingTypes types, base::Duration ahead) {
  asio::post(executor_, [self = shared_from_this(), stream = std::move(stream), types, ahead] {
    if (self->stopped_) return;
    const bool recorded = !stream.empty() && (types != 0 || ahead == base::Duration::zero());
    if (recorded) self->types_ = types;
    const bool was_recorded = !self->recorded_stream_.empty();
    if (self->take_ && self->take_->stream == stream) {
      Take& take = *self->take_;
      const auto kept_for = std::exchange(take.ahead, ahead);
      if (recorded == take.recorded) {
        if (take.recorder) take.recorder->mark(types);
        return;
      }
      take.recorded = recorded;
      close_recorder(take);
      self->end_recording(was_recorded);
      if (recorded) {
        self->begin_recording(stream);
        self->write_kept(take, kept_for);
      }
      return;
    }
    if (self->reader_) self->reader_->queue.close();
    self->take_.reset();
    ++self->turn_;
    self->end_recording(was_recorded && !recorded);
    if (!stream.empty()) self->follow(stream, recorded, ahead);
  });
}

/// The plan is another one: what it begins is a begin.
void RelayChannel::end_recording(bool of_plan) {
  begun_ = interrupted_ = alarmed_ = false;
  {
    const std::lock_guard lock(mutex_);
    continued_ = false;
    recorded_stream_.clear();
    state_ = RecordingState::stopped;
    cause_.clear();
  }
  if (of_plan) raise("recording.stopped", "plan", "nothing more is to be recorded");
}

void RelayChannel::follow(const std::string& stream, bool recorded, base::Duration ahead) {
  take_ = std::make_shared<Take>(Take{stream, recorded, ahead});
  if (recorded) begin_recording(stream);
  base::spawn(executor_, record_loop(shared_from_this(), take_, ++turn_), "recording of " + settings_.name);
}

void RelayChannel::begin_recording(const std::string& stream) {
  alive_since_ = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    recorded_stream_ = stream;
    asked_since_ = alive_since_;
    state_ = RecordingState::waiting;
    cause_ = "waiting for the first key frame";
  }
  if (!std::exchange(watched_, true))
    base::spawn(executor_, watch_loop(shared_from_this()), "watch of " + settings_.name);
}

bool RelayChannel::open_recorder(Take& take, const media::Presentation& tracks) {
  auto made = storage_.record(settings_.id, take.stream, tracks);
  if (!made) {
    base::log_error("channel \"{}\": {}", settings_.name, made.error().message);
    return false;
  }
  take.recorder = *made;
  take.recorder->mark(types_);
  const std::lock_guard lock(mutex_);
  recorder_ = take.recorder;
  return true;
}

void RelayChannel::close_recorder(Take& take) {
  if (take.recorder) take.recorder->close();
  take.recorder.reset();
}

void RelayChannel::write_kept(Take& take, base::Duration ahead) {
  const auto units = take.kept.take(clock_.now(), ahead);
  if (units.empty() || !open_recorder(take, take.kept.tracks())) return;
  for (const auto& unit : units) pass_on(*take.recorder, unit, turn_);
}

asio::awaitable<void> RelayChannel::record_loop(std::shared_ptr<RelayChannel> self,
                                                std::shared_ptr<Take> take, std::uint64_t turn) {
  const auto hub = self->streams_.at(take->stream).hub;
  const std::function<media::Presentation()> tracks = [hub] { return hub->tracks(); };
  while (self->turn_ == turn) {
    // One that was opened for what is kept, while there was no connection, has the tracks of the one before.
    close_recorder(*take);
    // A recorder must not lose anything that the queue before it could still hold; when it is full, refuse
    // keeps what is there in order, and Storage raises the alarm.
    self->reader_ = hub->read_units(self->executor_, recorder_queue_bytes, base::Overflow::refuse);
    const auto reader = self->reader_;
    bool written = false;
    for (;;) {
      auto unit = co_await reader->queue.pop();
      if (!unit) break;
      if (!take->recorded) {
        take->kept.add(*unit, tracks, take->ahead);
        continue;
      }
      if (!take->recorder && !self->open_recorder(*take, hub->tracks())) break;
      written = true;
      self->pass_on(*take->recorder, *unit, turn);
    }
    close_recorder(*take);
    if (self->turn_ != turn) break;
    co_await self->pause_.wait_for(std::chrono::milliseconds(written ? 1 : 1000));
  }
}

void RelayChannel::pass_on(ChannelRecorder& recorder, const media::AccessUnitPtr& unit, std::uint64_t turn) {
  // What was queued when the plan changed is still recorded, but says nothing about the new plan.
  if (!recorder.push(unit) || turn_ != turn) return;
  alive_since_ = clock_.now();
  // What was on its way when the connection was lost is recorded too, but nothing goes on yet.
  if (state_ == RecordingState::recording || (lost_ && recorded_stream_ == "main")) return;
  {
    const std::lock_guard lock(mutex_);
    state_ = RecordingState::recording;
    cause_.clear();
  }
  const bool again = begun_ && interrupted_;
  begun_ = true;
  interrupted_ = alarmed_ = false;
  raise(again ? "recording.resumed" : "recording.started", {},
        again ? "recording goes on after an interruption" : "recording has begun");
}

asio::awaitable<void> RelayChannel::watch_loop(std::shared_ptr<RelayChannel> self) {
  base::Timer timer(self->executor_, self->clock_);
  while (!self->stopped_ && !self->recorded_stream_.empty()) {
    co_await timer.wait_for(std::chrono::milliseconds(500));
    if (!self->stopped_) self->check_recording();
  }
  self->watched_ = false;
}

void RelayChannel::check_recording() {
  if (recorded_stream_.empty()) return;
  const auto quiet = clock_.now() - alive_since_;
  if (quiet < silence / 2) units_then_ = streams_.at(recorded_stream_).hub->totals().units;
  if (quiet < silence) return;
  const std::string cause = why_nothing_is_recorded();
  {
    const std::lock_guard lock(mutex_);
    state_ = RecordingState::waiting;
    cause_ = cause;
  }
  interrupted_ = true;
  if (alarmed_) return;
  alarmed_ = true;
  raise("recording.failed", cause.empty() ? "connecting" : cause,
        fmt::format("should be recorded and is not: {}",
                    cause.empty() ? "the device does not answer yet" : cause));
}

std::string RelayChannel::why_nothing_is_recorded() const {
  const auto source = streams_.at(recorded_stream_).source->status();
  if (source.state != devices::SourceState::online) return source.cause;
  // A recording begins with a key picture; what comes before it does not reach the recorder.
  const bool pictures = streams_.at(recorded_stream_).hub->totals().units > units_then_;
  return pictures ? "pictures come from the device, but no key picture" : "no frame comes from the device";
}

void RelayChannel::source_changed(const devices::SourceStatus& status) {
  if (status.state == devices::SourceState::connecting) return;
  const bool online = status.state == devices::SourceState::online;
  if (!stopped_) {
    tell_connection({online ? ChannelConnection::State::online : ChannelConnection::State::offline,
                     online ? std::string() : status.cause});
  }
  lost_ = !online && (lost_ || online_ == true);
  if (!online && state_ == RecordingState::recording) {
    interrupted_ = true;
    const std::lock_guard lock(mutex_);
    state_ = RecordingState::waiting;
    cause_ = status.cause;
  }
  if (online == online_) return;
  const std::string_view what =
      online_.has_value() ? "the connection to the device is lost" : "the device cannot be connected";
  online_ = online;
  if (online) {
    raise("channel.online", {}, "the device delivers video");
  } else if (!stopped_) {
    raise("channel.offline", status.cause, fmt::format("{}: {}", what, status.cause));
  }
}

void RelayChannel::tell_connection(ChannelConnection connection) {
  const std::lock_guard lock(telling_);
  const bool removed = told_ && told_->state == ChannelConnection::State::removed;
  if (removed || told_ == connection) return;
  told_ = std::move(connection);
  if (connection_sink_) connection_sink_(settings_.id, *told_);
}

void RelayChannel::damaged(const std::string& stream, std::uint64_t lost, std::uint64_t units) {
  const auto place = streams_.at(stream).source->status().loss_place;
  raise("stream.damaged", std::string(place),
        fmt::format("{} stream: {} packets were lost {}, {} pictures are damaged", stream, lost,
                    place == "device" ? "in the device" : "on the network", units),
        {{"lost", static_cast<std::int64_t>(lost)}, {"damaged_units", static_cast<std::int64_t>(units)}});
}

void RelayChannel::tell_quirk(std::string_view name, const std::string& detail) {
  if (quirks_.emplace(name).second) raise("device.quirk", std::string(name), "its device: " + detail);
}

void RelayChannel::raise(std::string type, std::string cause, std::string message,
                         std::map<std::string, std::int64_t> counts) {
  sink_({std::move(type), settings_.id, settings_.name, std::move(cause),
         fmt::format("channel \"{}\": {}", settings_.name, message), std::move(counts)});
}

std::shared_ptr<media::StreamHub> RelayChannel::hub(const std::string& stream) const {
  const auto it = streams_.find(stream);
  return it == streams_.end() ? nullptr : it->second.hub;
}

bool RelayChannel::is_online() const {
  const auto it = streams_.find("main");
  return it != streams_.end() && it->second.source->state() == devices::SourceState::online;
}

std::optional<BackfillSource> RelayChannel::backfill_from() const {
  const std::lock_guard lock(mutex_);
  const auto stream = settings_.streams.find(recorded_stream_);
  // Devices record what they send as their main stream.
  if (!settings_.recordings || recorded_stream_ != "main" || stream == settings_.streams.end()) return {};
  return BackfillSource{recorded_stream_, asked_since_, continued_, stream->second.client,
                        settings_.recordings};
}

ChannelStatus RelayChannel::status() const {
  ChannelStatus status;
  {
    const std::lock_guard lock(mutex_);
    status.recorded_stream = recorded_stream_;
    status.recording = state_;
    status.recording_cause = cause_;
    if (recorder_) status.recorder = recorder_->stats();
  }
  for (const auto& [name, stream] : streams_) {
    auto& part = status.streams[name];
    part.source = stream.source->status();
    part.relay = stream.hub->totals();
  }
  return status;
}

}  // namespace watchrig::storage
