#include "simulators/camera/onvif/onvif_front.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
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

/// The name that a client may have connected by; anything else becomes what the camera knows itself.
bool is_authority(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '[' || c == ']';
  };
  return !text.empty() && text.size() < 256 && text.find(':') != std::string_view::npos &&
         std::ranges::all_of(text, allowed);
}

}  // namespace

OnvifFront::OnvifFront(OnvifDevice device, boost::asio::any_io_executor executor,
                       std::shared_ptr<DiscoveryHost> host)
    : device_(std::move(device)),
      first_offset_(device_.clock_offset),
      executor_(std::move(executor)),
      host_(std::move(host)),
      digest_(device_.id) {
  device_.discovers = host_ != nullptr;
  if (host_) device_.retold = [host = host_, id = device_.id] { host->announce(id); };
  services_ = {device_service(device_), media_service(device_), media2_service(device_)};
  for (const auto& service : services_) {
    router_.add_plain("POST", std::string(service.path), {}, "SOAP",
                      [this, &service](const http::Request& request) { return serve(service, request); });
  }
  router_.add_plain("GET", std::string(snapshot_path) + "{stream}", {}, "a JPEG picture",
                    [this](const http::Request& request) { return snapshot(request); });
}

OnvifFront::~OnvifFront() { stop(false); }

base::Result<> OnvifFront::start(std::uint16_t port) {
  http::HttpServer::Options options;
  options.address = device_.address;
  options.port = port_ != 0 ? port_ : port;
  auto server = http::HttpServer::start(options, router_, [this] { return executor_; });
  if (!server) return base::Error(server.error()).within(fmt::format("camera \"{}\" ONVIF", device_.id));
  server_ = std::move(*server);
  port_ = server_->port();
  if (!host_) return {};
  const auto describe = [this]() -> std::optional<protocols::DiscoveryTarget> {
    return device_.discoverable ? std::optional(device_.target(port_)) : std::nullopt;
  };
  return host_->join(device_.id, {device_.address, describe});
}

void OnvifFront::stop(bool bye) {
  if (host_) host_->leave(device_.id, bye);
  if (server_) server_->stop();
}

void OnvifFront::forget_clock() {
  boost::asio::post(executor_, [this] { device_.clock_offset = first_offset_; });
}

std::uint16_t OnvifFront::port() const { return port_; }

std::string OnvifFront::authority(const http::Request& request) const {
  const auto host = request.headers.find("host");
  if (host != request.headers.end() && is_authority(host->second)) return host->second;
  return fmt::format("{}:{}", device_.address, port_);
}

OnvifFront::Caller OnvifFront::caller(const http::Request& request, pugi::xml_node header) const {
  if (device_.users.open()) return {UserLevel::administrator};
  if (const auto written = request.headers.find("authorization"); written != request.headers.end()) {
    const auto lookup = [this](std::string_view name) -> std::optional<std::string> {
      const auto user = device_.users.find(name);
      return user ? std::optional(user->password) : std::nullopt;
    };
    const auto outcome = digest_.check(written->second, request.method, request.path, lookup);
    if (outcome.verdict == media::DigestServer::Verdict::granted) {
      const auto user = device_.users.find(outcome.username);
      return {user ? user->level : UserLevel::anonymous};
    }
    return {UserLevel::anonymous, true, outcome.verdict == media::DigestServer::Verdict::stale};
  }
  const auto token = protocols::find_username_token(header);
  if (!token) return {};
  const auto user = device_.users.find(token->username);
  if (!user || !protocols::proves(*token, user->password, device_.now(), token_tolerance)) {
    return {UserLevel::anonymous, true};
  }
  return {user->level};
}

/// ONVIF Core 5.9.2: without credentials the answer is an HTTP challenge.
http::Response OnvifFront::unauthorised(const Caller& caller) const {
  auto response = fault_response(
      401, refuse({"ter:NotAuthorized"},
                  caller.claimed && !caller.stale ? "user name or password is wrong" : "sign in first"));
  for (auto& challenge : digest_.challenges(caller.stale)) {
    response.headers.emplace_back("WWW-Authenticate", std::move(challenge));
  }
  return response;
}

http::Response OnvifFront::serve(const OnvifService& service, const http::Request& request) {
  ++requests_;
  const auto refused = [this](http::Response response) {
    ++refused_;
    return response;
  };
  // Clients that mean to answer a challenge send no body with their first request (RFC 7616, 3.3).
  if (request.body.empty() && !device_.users.open()) return refused(unauthorised({}));
  const auto message = SoapMessage::parse(request.body);
  if (!message) return refused(fault_response(400, refuse({"ter:WellFormed"}, message.error().message)));
  const auto asked = message->content();
  const auto operation =
      std::ranges::find(service.operations, protocols::local_name(asked), &OnvifOperation::name);
  if (operation == service.operations.end() ||
      protocols::namespace_of(asked) != protocols::uri_of_prefix(service.prefix)) {
    return refused(fault_response(
        400, refuse({"ter:ActionNotSupported"},
                    fmt::format("{} has no operation \"{}\"", service.path, protocols::local_name(asked)))));
  }
  const auto who = caller(request, message->header());
  if (!may(who.level, operation->access)) {
    if (who.level == UserLevel::anonymous) return refused(unauthorised(who));
    return refused(
        fault_response(400, refuse({"ter:NotAuthorized"}, "the user's level does not allow this")));
  }
  protocols::SoapWriter writer;
  OnvifCall call{asked, {}, authority(request)};
  call.answer = protocols::add(writer.body(), fmt::format("{}:{}Response", service.prefix, operation->name));
  if (const auto fault = operation->run(call)) {
    return refused(fault_response(fault->blame == SoapFault::Blame::sender ? 400 : 500, *fault));
  }
  return {200, soap_type, writer.text(), {}, {}};
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
