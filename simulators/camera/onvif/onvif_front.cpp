#include "simulators/camera/onvif/onvif_front.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "simulators/camera/onvif/event_push.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/metadata_events.hpp"
#include "simulators/camera/personalities/hostile_answers.hpp"
#include "simulators/camera/personalities/quirky_manners.hpp"
#include "system/base/spawn.hpp"
#include "system/protocols/onvif/ws_security.hpp"

namespace watchrig::camera {

namespace {

using protocols::SoapFault;
using protocols::SoapMessage;

constexpr auto token_tolerance = std::chrono::minutes(5);
constexpr const char* soap_type = "application/soap+xml; charset=utf-8";

/// ONVIF Core 5.11.2.2: faults come with 400, 401 or 500.
http::Response fault_response(int status, const SoapFault& fault) {
  return {status, soap_type, protocols::fault_text(fault), {}, {}};
}

}  // namespace

OnvifFront::OnvifFront(OnvifDevice device, boost::asio::any_io_executor executor,
                       std::shared_ptr<DiscoveryHost> host)
    : device_(std::move(device)),
      first_offset_(device_.clock_offset),
      executor_(std::move(executor)),
      host_(std::move(host)),
      digest_(device_.id),
      storm_(device_.quirks.count(quirks::unauthorized_storm)) {
  device_.discovers = host_ != nullptr;
  if (host_) device_.retold = [host = host_, id = device_.id] { host->announce(id); };
  declare_events();
  device_.profiles = first_profiles(device_);
  settle_profiles(device_);
  begin_recordings(device_);
  services_ = listed_services(device_);
  services_.push_back(subscription_service(device_));
  if (device_.speaks_private) services_.push_back(private_service(device_));
  for (const auto& service : services_) {
    router_.add("POST", std::string(service.path), {}, "SOAP",
                [this, &service](http::Request request) { return serve(service, std::move(request)); });
  }
  router_.add_plain("GET", std::string(snapshot_path) + "{stream}", {}, "a JPEG picture",
                    [this](const http::Request& request) { return snapshot(request); });
}

OnvifFront::~OnvifFront() { stop(false); }

base::Result<> OnvifFront::open(Door& door, std::uint16_t port, http::TlsIdentityPtr tls) {
  http::HttpServer::Options options;
  options.address = device_.place.address;
  options.port = port;
  options.tls = std::move(tls);
  options.rtsp = [address = options.address, port = device_.rtsp_port] {
    return boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address(address), port());
  };
  auto server = http::HttpServer::start(options, router_, [this] { return executor_; });
  if (!server) return base::Error(server.error()).within(fmt::format("camera \"{}\" ONVIF", device_.id));
  door.server = std::move(*server);
  door.port = door.server->port();
  return {};
}

base::Result<> OnvifFront::start() {
  auto& place = device_.place;
  if (place.http) {
    if (auto opened = open(http_, place.http_port, nullptr); !opened) return opened;
    // Once: with its power back, on whatever thread that happens, a camera has its port again.
    if (place.http_port != port()) place.http_port = port();
  }
  if (place.https) {
    if (auto opened = open(https_, place.https_port, device_.certificates->identity()); !opened)
      return opened;
    if (place.https_port != https_port()) place.https_port = https_port();
  }
  if (!first_) {
    first_.emplace(device_);
    first_->place.rtsp_port = device_.rtsp_port();
  }
  if (!host_) return {};
  const auto describe = [this]() -> std::optional<protocols::DiscoveryTarget> {
    return device_.discoverable ? std::optional(device_.target()) : std::nullopt;
  };
  return host_->join(device_.id, {device_.place.address, describe});
}

void OnvifFront::declare_events() {
  device_.events = std::make_shared<EventHub>(executor_, device_.clock);
  device_.io =
      std::make_shared<CameraIo>(device_.inputs, device_.outputs, executor_, device_.clock, device_.events);
  std::vector<std::vector<std::string>> sources, cells;
  const auto told = device_.quirks.has(quirks::events_on_one_channel) ? 1 : device_.sources;
  for (unsigned source = 1; source <= told; ++source) {
    sources.push_back({device_.token(video_source, source)});
    cells.push_back({device_.token(video_source_configuration, source), "analytics", "motion"});
  }
  device_.events->declare("cells", cells);
  for (const char* what : {"motion", "dark", "tamper"}) device_.events->declare(what, sources);
  device_.events->declare("busy", {{"processor"}});
  if (!device_.analytics.empty()) {
    // Their properties come and go with rules and objects.
    for (const char* what : {"crossed", "inside"}) device_.events->declare(what, cells);
    device_.metadata_events = std::make_shared<MetadataEvents>(device_);
    device_.metadata_events->start(executor_);
  }
  device_.push_events = [this](EventSubscriptionPtr subscription) {
    base::spawn(executor_, push_events(std::move(subscription), device_.events), "sending of events");
  };
}

bool OnvifFront::set_state(std::string_view what, unsigned number, bool on) {
  const bool as_first = device_.quirks.has(quirks::events_on_one_channel) && number <= device_.sources;
  return device_.events->set(what, as_first ? 1 : number, on, device_.now());
}

void OnvifFront::stop(bool bye) {
  if (host_) host_->leave(device_.id, bye);
  for (const auto* door : {&http_, &https_})
    if (door->server) door->server->stop();
  boost::asio::post(executor_, [events = device_.events, io = device_.io, now = device_.now()] {
    events->end_all();
    io->lose_power(now);
  });
}

base::Result<> OnvifFront::move_to(const CameraPlace& place) {
  const bool stays = place.address == device_.place.address && (place.http ? place.http_port : 0) == port() &&
                     (place.https ? place.https_port : 0) == https_port();
  if (stays) device_.place = place;
  if (stays) return {};
  if (host_) host_->leave(device_.id, true);
  for (auto* door : {&http_, &https_}) {
    if (door->server) door->server->stop();
    door->server.reset();
    door->port = 0;
  }
  device_.place = place;
  ++device_.metadata_version;
  return start();
}

void OnvifFront::show_certificate() {
  if (https_.server) https_.server->set_tls(device_.certificates->identity());
}

void OnvifFront::forget_settings(bool network) {
  device_.streams = first_->streams;
  device_.scopes = first_->scopes;
  device_.discoverable = first_->discoverable;
  device_.time_by_ntp = first_->time_by_ntp;
  device_.time_zone = first_->time_zone;
  device_.reset_email = first_->reset_email;
  device_.ptz_timeout = first_->ptz_timeout;
  device_.ptz_speed = first_->ptz_speed;
  device_.profiles = first_->profiles;
  settle_profiles(device_);
  begin_recordings(device_);
  device_.set_clock_offset(first_offset_);
  const CameraRelay relay;
  for (unsigned number = 1; number <= device_.io->relays().size(); ++number)
    device_.io->configure(number, relay.monostable, relay.delay, relay.idle_closed);
  for (unsigned source = 1; device_.metadata_events && source <= device_.sources; ++source)
    device_.metadata_events->wish(source) = {};
  ++device_.metadata_version;
  if (!network) return;
  device_.hostname = first_->hostname;
  device_.gateway = first_->gateway;
  device_.names = first_->names;
}

void OnvifFront::forget_clock() {
  boost::asio::post(executor_, [this] { device_.set_clock_offset(first_offset_); });
}

std::string OnvifFront::authority(const http::Request& request) const {
  const auto host = request.headers.find("host");
  if (host != request.headers.end() && protocols::is_authority(host->second)) return host->second;
  return fmt::format("{}:{}", device_.place.address, request.encrypted ? https_port() : port());
}

/// Whose password is right, unless the camera has quirks about that.
OnvifFront::Caller OnvifFront::granted(UserLevel level) {
  if (storm_ == 0) return {level};
  --storm_;
  return {UserLevel::anonymous, true};
}

OnvifFront::Caller OnvifFront::caller(const http::Request& request, pugi::xml_node header) {
  if (device_.users.open()) return {UserLevel::administrator};
  if (const auto written = request.headers.find("authorization"); written != request.headers.end()) {
    const auto lookup = [this](std::string_view name) -> std::optional<std::string> {
      const auto user = device_.users.find(name);
      return user ? std::optional(user->password) : std::nullopt;
    };
    const auto outcome = digest_.check(written->second, request.method, request.path, lookup);
    if (outcome.verdict == media::DigestServer::Verdict::granted) {
      const auto user = device_.users.find(outcome.username);
      const auto each = device_.quirks.count(quirks::digest_stale_each);
      if (each > 0 && ++by_digest_ % each == 0) digest_.renew_nonce();
      return granted(user ? user->level : UserLevel::anonymous);
    }
    return {UserLevel::anonymous, true, outcome.verdict == media::DigestServer::Verdict::stale};
  }
  const auto token = protocols::find_username_token(header);
  // Cameras with quirks of Digest know nothing else.
  const bool digest_only =
      device_.quirks.has(quirks::digest_without_qop) || device_.quirks.has(quirks::digest_stale_each);
  if (!token || digest_only) return {};
  const auto user = device_.users.find(token->username);
  if (!user || !protocols::proves(*token, user->password, device_.now(), token_tolerance)) {
    return {UserLevel::anonymous, true};
  }
  return granted(user->level);
}

/// ONVIF Core 5.9.2: without credentials the answer is an HTTP challenge.
http::Response OnvifFront::unauthorised(const Caller& caller) const {
  auto response = fault_response(
      401, refuse({"ter:NotAuthorized"},
                  caller.claimed && !caller.stale ? "user name or password is wrong" : "sign in first"));
  const bool without = device_.quirks.has(quirks::digest_without_qop);
  for (auto& challenge : digest_.challenges(caller.stale)) {
    auto written = without ? without_qop(challenge) : std::optional(std::move(challenge));
    if (written) response.headers.emplace_back("WWW-Authenticate", *std::move(written));
  }
  return response;
}

boost::asio::awaitable<http::Response> OnvifFront::serve(const OnvifService& service, http::Request request) {
  ++requests_;
  if (auto hostile = hostile_answer(device_.quirks, request)) co_return *std::move(hostile);
  const auto refused = [this](http::Response response) {
    ++refused_;
    return response;
  };
  // Clients that mean to answer a challenge send no body with their first request (RFC 7616, 3.3).
  if (request.body.empty() && !device_.users.open()) co_return refused(unauthorised({}));
  const auto message = SoapMessage::parse(request.body);
  if (!message) co_return refused(fault_response(400, refuse({"ter:WellFormed"}, message.error().message)));
  const auto asked = protocols::find_operation(service, message->content());
  if (!asked) co_return refused(fault_response(400, asked.error()));
  const auto& operation = **asked;
  const auto who = caller(request, message->header());
  if (!may(who.level, operation.access)) {
    if (who.level == UserLevel::anonymous) co_return refused(unauthorised(who));
    co_return refused(
        fault_response(400, refuse({"ter:NotAuthorized"}, "the user's level does not allow this")));
  }
  OnvifCall call{
      message->content(), {}, authority(request), service.path.ends_with('}') ? request.param("object") : ""};
  if (request.encrypted) call.scheme = "https";
  auto answer = co_await protocols::answer_to(*message, service, operation, call);
  if (answer) co_return http::Response{200, soap_type, *std::move(answer), {}, {}};
  const bool is_ours = answer.error().blame == SoapFault::Blame::receiver;
  co_return refused(fault_response(is_ours ? 500 : 400, answer.error()));
}

http::Response OnvifFront::snapshot(const http::Request& request) {
  const auto who = caller(request, {});
  if (!may(who.level, AccessClass::read_media)) return unauthorised(who);
  auto picture = device_.snapshot(request.param("stream"));
  if (!picture) return http::error_response(picture.error());
  http::Response response;
  response.content_type = "image/jpeg";
  response.body.assign(picture->begin(), picture->end());
  return response;
}

}  // namespace watchrig::camera
