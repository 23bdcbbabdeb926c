#include "simulators/camera/camera.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "simulators/camera/camera_content.hpp"
#include "simulators/camera/camera_faults.hpp"
#include "simulators/camera/camera_parts.hpp"
#include "simulators/camera/personalities/quirky_server.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/http/tls_context.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::camera {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using kernel::Fault;
using kernel::Verb;
namespace json = boost::json;

}  // namespace

Camera::Camera(CameraSpec spec, const Surroundings& surroundings)
    : head_(head_of(spec, surroundings.clock)),
      imaging_(imaging_of(spec, head_, surroundings.clock)),
      osd_(osd_of(spec)),
      loudspeaker_(spec.backchannel ? std::make_shared<Loudspeaker>(surroundings.clock) : nullptr),
      spec_(with_own_pictures(std::move(spec), head_, imaging_, osd_)),
      clock_(surroundings.clock),
      seed_(surroundings.seed),
      executors_(surroundings.executors),
      control_(surroundings.control),
      discovery_(surroundings.discovery),
      broadcasts_(surroundings.broadcasts),
      board_(std::make_shared<kernel::FaultBoard>(surroundings.clock)),
      cards_(cards_of(spec_)),
      analytics_(analytics_of(spec_, own_clock_, head_)),
      users_(spec_.username, spec_.password),
      certificates_(spec_.certificate ? std::make_shared<CameraCertificates>(
                                            spec_.address, *spec_.certificate, surroundings.clock.now())
                                      : nullptr),
      address_(spec_.address) {}

Camera::~Camera() { stop(); }

Result<std::shared_ptr<Camera>> Camera::create(CameraSpec spec, const Surroundings& surroundings) {
  std::shared_ptr<Camera> camera(new Camera(std::move(spec), surroundings));
  if (auto opened = camera->open_channels(); !opened)
    return Error(opened.error()).within(fmt::format("{} \"{}\"", camera->kind(), camera->id()));
  return camera;
}

Result<void> Camera::open_channels() {
  std::shared_ptr<Broadcast> audio;
  if (spec_.audio) {
    auto opened = broadcasts_.open(*spec_.audio, TrackRole::audio);
    if (!opened) return opened.error();
    audio = *opened;
  }
  for (unsigned source = 1; source <= sources(); ++source) {
    for (const auto& stream : spec_.streams) {
      if (auto added = add_channel(source, stream, audio); !added) return added;
    }
  }
  return {};
}

std::string Camera::stream_name(unsigned source, std::string_view stream) const {
  return spec_.channels == 0 ? std::string(stream) : fmt::format("ch{}-{}", source, stream);
}

Result<void> Camera::add_channel(unsigned source, const CameraSpec::Stream& stream,
                                 std::shared_ptr<Broadcast> audio) {
  const auto name = stream_name(source, stream.name);
  auto shown = stream.source;
  if (spec_.distinct) title(shown, fmt::format("{} {}", spec_.id, source), spec_.clock_ahead);
  auto video = broadcasts_.open(shown, TrackRole::video);
  if (!video) return Error(video.error()).within(name);
  const bool recorded = stream.name == media::main_stream && !cards_.empty();
  CameraChannel::Place place{spec_.id,
                             name,
                             board_,
                             clock_,
                             seed_,
                             spec_.onvif,
                             recorded ? cards_[source - 1] : nullptr,
                             spec_.phase,
                             analytics_.empty() ? nullptr : analytics_[source - 1]};
  channels_.push_back(
      std::make_shared<CameraChannel>(std::move(place), shown, *std::move(video), std::move(audio)));
  return {};
}

Result<void> Camera::start() {
  media::RtspServer::Options options;
  options.address = spec_.address;
  options.port = spec_.port;
  options.name = spec_.id;
  if (!spec_.username.empty() || spec_.onvif) {
    options.password = [this](std::string_view asked) {
      if (users_.open()) return std::optional<std::string>("");
      const auto user = users_.find(asked);
      return user ? std::optional(user->password) : std::nullopt;
    };
  }
  options.packet_filter = [channels = channels_, clock = own_clock_, routes = routes_,
                           of_recorder = spec_.channels != 0](
                              const media::RtspSessionInfo& session) -> std::unique_ptr<media::PacketFilter> {
    const auto name = routes->find(stream_of(session.target.path, session.target.query, of_recorder)).stream;
    const auto found = std::ranges::find(channels, name, [](const auto& c) { return c->name(); });
    if (found == channels.end()) return nullptr;
    return std::make_unique<PacketHarm>((*found)->harm(), (*found)->stage()->stream->ledgers(),
                                        session.executor, clock);
  };
  make_quirky(options, spec_.quirks, clock_);
  auto content = std::make_shared<CameraContent>(spec_.id, channels_, spec_.channels != 0, board_, own_clock_,
                                                 routes_, clock_);
  content->set_loudspeaker(loudspeaker_);
  if (certificates_) options.tls = http::native_context(certificates_->identity());
  auto server = RtspDoors::start(std::move(options), clock_, executors_, content);
  if (!server) return Error(server.error()).within(fmt::format("{} \"{}\"", kind(), spec_.id));
  server_ = std::move(*server);
  return spec_.onvif ? start_onvif() : Result<void>();
}

Result<void> Camera::start_onvif() {
  std::vector<OnvifStream> streams;
  const auto streams_a_source = static_cast<unsigned>(channels_.size()) / sources();
  for (const auto& channel : channels_) {
    const auto source = static_cast<unsigned>(streams.size()) / streams_a_source + 1;
    const auto stage = channel->stage();
    const auto tracks = stage->stream->tracks();
    streams.push_back({channel->name(), stage->stream->video().source()->profile(),
                       tracks.size() > 1 ? std::optional(tracks[1]) : std::nullopt,
                       stage->source.profile.passthrough(), source});
    if (spec_.audio && !spec_.audio->profile.passthrough()) streams.back().sound = spec_.audio->profile;
  }
  OnvifDevice device{
      spec_.id,
      std::move(streams),
      clock_,
      users_,
      [this] { return server_->port(); },
      [this] { base::spawn(control_, reboot(weak_from_this(), clock_), "reboot of a camera"); },
      [this](std::string_view stream) -> Result<base::Bytes> {
        const auto* found = channel(stream);
        if (!found) return Error{ErrorKind::not_found, "there is no such stream"};
        return found->stage()->snapshots->take();
      },
      [this](std::string_view stream, const scene::StreamProfile& profile) {
        return encode(stream, profile);
      }};
  device.encode_sound = [this](std::string_view stream, const scene::StreamProfile& profile) {
    return encode_sound(stream, profile);
  };
  device.routes = routes_;
  device.quirks = spec_.quirks;
  device.sources = sources();
  device.is_recorder = spec_.channels != 0;
  device.cards = cards_;
  device.analytics = analytics_;
  device.inputs = spec_.inputs;
  device.outputs = spec_.outputs;
  device.place = {.address = spec_.address,
                  .http_port = spec_.onvif_port,
                  .https_port = spec_.https_port,
                  .http = spec_.http,
                  .https = certificates_ != nullptr};
  device.certificates = certificates_;
  device.rtsps_port = [this] { return server_->tls_port(); };
  device.certified = [this] { show_certificate(); };
  device.dhcp_address = spec_.dhcp_address;
  device.factory_default = [this](bool hard) {
    base::spawn(control_, factory_default(weak_from_this(), hard, clock_), "factory default of a camera");
  };
  device.move = [this](const CameraPlace& place) {
    base::spawn(control_, move_later(weak_from_this(), place, clock_), "move of a camera");
  };
  device.speaks_private = spec_.speaks_private;
  device.manufacturer = spec_.manufacturer;
  device.own_serial_number = spec_.serial_number;
  device.head = head_;
  device.speaks_out = loudspeaker_ != nullptr;
  device.imaging = imaging_;
  device.osd = osd_;
  device.own_clock = own_clock_;
  device.set_clock_offset(spec_.clock_ahead);
  onvif_ = std::make_unique<OnvifFront>(std::move(device), control_, spec_.discovery ? discovery_ : nullptr);
  return onvif_->start();
}

void Camera::stop() {
  {
    const std::lock_guard lock(settle_mutex_);
    if (registrar_) registrar_->stop();
  }
  if (onvif_) onvif_->stop(true);
  if (server_) server_->stop();
  for (const auto& channel : channels_) channel->stop();
}

bool Camera::connected() const { return server_ && server_->stats().connections > 0; }

CameraChannel* Camera::channel(std::string_view name) const {
  const auto found = std::ranges::find(channels_, name, [](const auto& c) { return c->name(); });
  return found == channels_.end() ? nullptr : found->get();
}

Result<void> Camera::encode(std::string_view stream, const scene::StreamProfile& profile) {
  auto* found = channel(stream);
  if (!found) return Error{ErrorKind::not_found, "there is no such stream"};
  auto source = found->stage()->source;
  source.profile = profile;
  auto video = broadcasts_.open(source, TrackRole::video);
  if (!video) return video.error();
  base::log_info("camera {}: {} is {} from now on", spec_.id, stream, scene::to_string(profile));
  return found->change(source, std::move(*video));
}

Result<media::Track> Camera::encode_sound(std::string_view stream, const scene::StreamProfile& profile) {
  auto* found = channel(stream);
  if (!found) return Error{ErrorKind::not_found, "there is no such stream"};
  const auto source = found->stage()->source;
  auto sound = *spec_.audio;
  sound.profile = profile;
  auto video = broadcasts_.open(source, TrackRole::video);
  if (!video) return video.error();
  auto audio = broadcasts_.open(sound, TrackRole::audio);
  if (!audio) return audio.error();
  const auto track = (*audio)->track();
  base::log_info("camera {}: the sound of {} is {} from now on", spec_.id, stream, scene::to_string(profile));
  if (const auto done = found->change(source, *std::move(video), *std::move(audio)); !done)
    return done.error();
  return track;
}

std::vector<std::string> Camera::stream_names() const {
  std::vector<std::string> names;
  for (const auto& channel : channels_) names.push_back(channel->name());
  return names;
}

Result<json::object> Camera::inject(const json::value& value) {
  const auto parsed = parse_fault(value, camera_fault_forms(stream_names()));
  if (!parsed) return parsed.error();
  const auto begun = board_->begin(*parsed);
  if (!begun) return begun.error();
  const Fault& fault = *begun;
  base::log_info("camera {}: fault {} {} {}", spec_.id, fault.id, to_string(fault.verb), describe(fault));
  if (const auto settled = settle(); !settled) {
    board_->end(fault.id, settled.error().message);
    return settled.error();
  }
  if (fault.verb == Verb::reset || fault.verb == Verb::power_cut) {
    board_->note(fault, fmt::format("{} connections reset", server_->stats().connections));
    server_->drop_all_sessions(true);
  }
  if (fault.verb == Verb::reset) board_->end(fault.id);
  if (fault.end)
    base::spawn(executors_(), end_in_time(weak_from_this(), fault, clock_), "end of a camera fault");
  return to_json(fault);
}

boost::asio::awaitable<void> Camera::end_in_time(std::weak_ptr<Camera> weak, Fault fault,
                                                 const base::Clock& clock) {
  base::Timer timer(co_await boost::asio::this_coro::executor, clock);
  co_await timer.wait_until(*fault.end);
  const auto camera = weak.lock();
  if (!camera || !camera->board_->end(fault.id)) co_return;
  if (const auto settled = camera->settle(); !settled) {
    base::log_error("camera {}: after fault {}: {}", camera->id(), fault.id, settled.error().message);
  }
}

Result<void> Camera::withdraw(std::string_view fault_id) {
  if (!board_->end(fault_id, "withdrawn")) {
    return Error{ErrorKind::not_found,
                 fmt::format("camera \"{}\" has no fault \"{}\" in force", spec_.id, fault_id)};
  }
  return settle();
}

std::size_t Camera::withdraw_all() {
  std::size_t ended = 0;
  for (const Fault& fault : board_->active()) ended += board_->end(fault.id, "withdrawn");
  if (const auto settled = settle(); !settled) {
    base::log_error("camera {}: after all faults: {}", spec_.id, settled.error().message);
  }
  return ended;
}

bool Camera::in_force(Verb verb) const {
  const auto active = board_->active();
  return std::any_of(active.begin(), active.end(),
                     [&](const Fault& fault) { return fault.verb == verb && fault.stream.empty(); });
}

Result<void> Camera::settle() {
  const std::lock_guard lock(settle_mutex_);
  if (const bool cut = in_force(Verb::power_cut); cut != cut_) {
    if (const auto switched = switch_power(!cut); !switched) return switched;
    cut_ = cut;
  }
  if (const bool stalled = in_force(Verb::stall); stalled != stalled_) {
    server_->stall(stalled);
    stalled_ = stalled;
  }
  for (const auto& channel : channels_) {
    if (auto applied = channel->stage()->stream->apply_burst(); !applied) return applied;
  }
  return {};
}

Result<void> Camera::switch_power(bool on) {
  if (registrar_) registrar_->set_cut(!on);
  for (const auto& card : cards_) card->pause(!on);
  if (!on) {
    server_->stop_accepting();
    if (onvif_) onvif_->stop(false);
    if (head_) head_->halt_all();
    for (const std::uint16_t port :
         {server_->port(), server_->tls_port(), onvif_ ? onvif_->port() : std::uint16_t{0},
          onvif_ ? onvif_->https_port() : std::uint16_t{0}}) {
      if (port == 0) continue;
      auto hold = PortHold::take(address(), port);
      if (!hold) base::log_warning("camera {}: without power: {}", spec_.id, hold.error().message);
      if (hold) holds_.push_back(std::move(*hold));
    }
    return {};
  }
  auto resumed = server_->resume_accepting();
  holds_.clear();
  if (!resumed || !onvif_) return resumed;
  onvif_->forget_clock();
  return onvif_->start();
}

/// After the answer has had time to leave.
boost::asio::awaitable<void> Camera::reboot(std::weak_ptr<Camera> weak, const base::Clock& clock) {
  base::Timer timer(co_await boost::asio::this_coro::executor, clock);
  co_await timer.wait_for(std::chrono::milliseconds(200));
  const auto camera = weak.lock();
  if (!camera) co_return;
  const auto begun = camera->inject(json::object{{"verb", "power-cut"}, {"for", "5s"}});
  if (!begun) base::log_error("camera {}: reboot: {}", camera->id(), begun.error().message);
}

json::object Camera::faults() const {
  auto object = board_->to_json();
  json::object counts;
  for (const auto& channel : channels_) {
    const HarmCounts& done = channel->harm()->counts;
    counts[channel->name()] = json::object{{"lost", done.lost.load()},
                                           {"corrupted", done.corrupted.load()},
                                           {"duplicated", done.duplicated.load()},
                                           {"reordered", done.reordered.load()},
                                           {"delayed", done.delayed.load()},
                                           {"strange", done.strange.load()}};
  }
  object["packets"] = std::move(counts);
  return object;
}

}  // namespace watchrig::camera
