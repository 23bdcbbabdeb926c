#include <fmt/format.h>
#include <openssl/rand.h>

#include "system/base/text.hpp"
#include "system/media/rtsp_connection.hpp"
#include "system/media/rtsp_url.hpp"
#include "system/media/sdp.hpp"

namespace watchrig::media {
namespace {

using base::Result;

constexpr std::string_view public_methods =
    "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER";
constexpr std::string_view track_control = "track";

RtspResponse status(int code) {
  RtspResponse response;
  response.status = code;
  return response;
}

std::string random_id() {
  std::uint8_t bytes[8] = {};
  RAND_bytes(bytes, sizeof bytes);
  return base::to_hex(bytes, sizeof bytes);
}

struct Location {
  RtspTarget target;
  std::optional<std::uint16_t> track;
};

void trim_slashes(std::string& text) {
  while (text.ends_with('/')) text.pop_back();
}

/// Takes a track's control from the end.
std::optional<std::uint16_t> take_track(std::string& text) {
  trim_slashes(text);
  const auto slash = text.rfind('/');
  if (slash == std::string::npos || text.compare(slash + 1, track_control.size(), track_control) != 0)
    return std::nullopt;
  const auto track =
      base::parse_number<std::uint16_t>(std::string_view(text).substr(slash + 1 + track_control.size()));
  if (track) text.resize(slash);
  return track;
}

/// Path and query of a request's URL. Clients append a track's control to the whole URL, behind the query, or
/// to the path.
std::optional<Location> locate(std::string_view uri, bool with_track) {
  std::string text(uri);
  if (!uri.starts_with('/')) {
    const auto url = parse_rtsp_url(uri);
    if (!url) return std::nullopt;
    text = url->path_and_query;
  }
  Location location;
  if (with_track) location.track = take_track(text);
  trim_slashes(text);
  const auto [path_text, query] = base::split_once(text, '?');
  std::string path(path_text);
  if (with_track && !location.track) location.track = take_track(path);
  location.target.path = percent_decode(path);
  location.target.query = query;
  trim_slashes(location.target.path);
  return location;
}

bool accepts_sdp(const RtspRequest& request) {
  const auto accept = request.headers.find("Accept");
  if (!accept) return true;
  for (const auto part : base::split(*accept, ',')) {
    const auto type = base::trim(base::split_once(part, ';').first);
    if (base::equal_ignoring_case(type, "application/sdp") || type == "*/*" || type == "application/*")
      return true;
  }
  return false;
}

/// The features of a Require header that are not known here, empty when all are.
std::string unknown_features(std::string_view required) {
  std::string unknown;
  for (const auto part : base::split(required, ',')) {
    const auto feature = base::trim(part);
    if (feature == replay_feature || feature == backchannel_feature) continue;
    if (!unknown.empty()) unknown += ", ";
    unknown += feature;
  }
  return unknown;
}

RtspResponse not_supported(std::string features) {
  RtspResponse response = status(551);
  response.headers.add("Unsupported", std::move(features));
  return response;
}

/// Whether the request requires the backchannel (ONVIF Streaming 5.3.1).
bool wants_to_talk(const RtspRequest& request) {
  const auto required = request.headers.find("Require");
  return required && required->find(backchannel_feature) != std::string_view::npos;
}

bool same(const RtspTarget& a, const RtspTarget& b) { return a.path == b.path && a.query == b.query; }

}  // namespace

RtspConnection::Handler RtspConnection::handler_of(std::string_view method) {
  static constexpr std::pair<std::string_view, Handler> handlers[] = {
      {"OPTIONS", &RtspConnection::options},
      {"DESCRIBE", &RtspConnection::describe},
      {"SETUP", &RtspConnection::setup},
      {"PLAY", &RtspConnection::play},
      {"PAUSE", &RtspConnection::pause},
      {"TEARDOWN", &RtspConnection::teardown},
      {"GET_PARAMETER", &RtspConnection::parameter},
      {"SET_PARAMETER", &RtspConnection::parameter},
  };
  for (const auto& [name, handler] : handlers) {
    if (name == method) return handler;
  }
  return nullptr;
}

asio::awaitable<RtspResponse> RtspConnection::handle(const RtspRequest& request) {
  if (request.version != "RTSP/1.0") co_return status(505);
  const auto features = request.headers.find("Require");
  const auto required = features ? features : request.headers.find("Proxy-Require");
  if (required) {
    if (auto unknown = unknown_features(*required); !unknown.empty())
      co_return not_supported(std::move(unknown));
  }
  const auto handler = handler_of(request.method);
  if (!handler) {
    RtspResponse response = status(request.method == "ANNOUNCE" || request.method == "RECORD" ? 405 : 501);
    response.headers.add(response.status == 405 ? "Allow" : "Public", std::string(public_methods));
    co_return response;
  }
  if (auto refused = authorise(request)) co_return std::move(*refused);
  RtspResponse response = co_await (this->*handler)(request);
  co_return response;
}

std::optional<RtspResponse> RtspConnection::authorise(const RtspRequest& request) {
  const auto& password = context_->options.password;
  // Clients ask for the options before they know that a password is needed.
  if (!password || password("") == "" || (request.method == "OPTIONS")) return std::nullopt;
  const auto header = request.headers.find("Authorization").value_or("");
  const auto outcome = digest_.check(header, request.method, request.uri, password);
  const auto verdict = outcome.verdict;
  if (verdict == DigestServer::Verdict::granted) {
    failures_ = 0;
    username_ = outcome.username;
    if (manners_ && manners_->nonce_is_used_up()) digest_.renew_nonce();
    return std::nullopt;
  }
  // Players try what they have again: one wrong password is one.
  if (verdict == DigestServer::Verdict::denied && context_->options.denied && header != denied_answer_) {
    denied_answer_ = header;
    context_->options.denied(outcome.username, socket_->peer_address());
  }
  RtspResponse response = status(401);
  for (auto& challenge : digest_.challenges(verdict == DigestServer::Verdict::stale)) {
    response.headers.add("WWW-Authenticate", std::move(challenge));
  }
  return response;
}

std::optional<RtspResponse> RtspConnection::check_session(const RtspRequest& request, bool needed) const {
  const auto header = request.headers.find("Session");
  if (!header) return needed ? std::optional(status(454)) : std::nullopt;
  const auto named = parse_session(*header);
  if (!named) return status(400);
  if (!session_ || session_->id() != named->id) return status(454);
  return std::nullopt;
}

asio::awaitable<RtspResponse> RtspConnection::options(const RtspRequest& request) {
  if (auto wrong = check_session(request, false)) co_return std::move(*wrong);
  RtspResponse response;
  response.headers.add("Public", std::string(public_methods));
  co_return response;
}

asio::awaitable<RtspResponse> RtspConnection::describe(const RtspRequest& request) {
  if (!accepts_sdp(request)) co_return status(406);
  auto location = locate(request.uri, false);
  if (!location) co_return status(400);
  described_.reset();
  const auto description = co_await description_of(location->target);
  if (!description) co_return refusal(description.error());
  talks_ = wants_to_talk(request);
  const auto heard = context_->heard(location->target);
  if (talks_ && heard.empty()) co_return not_supported(std::string(backchannel_feature));
  RtspResponse response;
  response.headers.add("Content-Type", "application/sdp");
  response.headers.add("Content-Base", request.uri.ends_with('/') ? request.uri : request.uri + "/");
  SdpOptions options;
  options.name = description->name;
  options.address = socket_->local_address().to_string();
  options.control_prefix = track_control;
  Presentation sections = description->tracks;
  if (talks_) {
    options.heard_from = sections.size();
    sections.insert(sections.end(), heard.begin(), heard.end());
  }
  response.body = description->sdp ? *description->sdp : write_sdp(sections, options);
  co_return response;
}

asio::awaitable<Result<RtspDescription>> RtspConnection::description_of(const RtspTarget& target) {
  if (described_ && same(described_->first, target)) co_return described_->second;
  RtspTarget asked = target;
  asked.username = username_;
  asked.client = socket_->peer();
  asked.source = socket_->peer_address();
  auto description = co_await context_->content->describe(asked);
  if (description) described_.emplace(std::move(asked), *description);
  co_return description;
}

asio::awaitable<RtspResponse> RtspConnection::setup(const RtspRequest& request) {
  if (auto wrong = check_session(request, false)) co_return std::move(*wrong);
  auto location = locate(request.uri, true);
  if (!location) co_return status(400);
  if (session_ && !same(session_->target(), location->target)) co_return status(455);
  const bool fresh = !session_;
  if (fresh) {
    const auto made = co_await make_session(location->target);
    if (!made) co_return refusal(made.error());
  }
  RtspResponse response = set_up(request, location->track);
  if (fresh && response.status != 200) session_.reset();
  co_return response;
}

RtspResponse RtspConnection::set_up(const RtspRequest& request, std::optional<std::uint16_t> track) {
  talks_ |= wants_to_talk(request);
  if (talks_ && !session_->hears()) return not_supported(std::string(backchannel_feature));
  const auto tracks = session_->tracks(talks_);
  if (!track && tracks != 1) return status(459);
  if (track.value_or(0) >= tracks) return status(404);
  return session_->setup(request, track.value_or(0));
}

asio::awaitable<Result<>> RtspConnection::make_session(const RtspTarget& target) {
  const auto description = co_await description_of(target);
  if (!description) co_return description.error();
  const auto weak = weak_from_this();
  RtspSession::Events events;
  events.alive = [weak] {
    const auto self = weak.lock();
    if (self && self->alive_ && (!self->manners_ || self->manners_->keeps_alive("RTCP")))
      self->alive_->restart();
  };
  events.ended = [weak](const RtspDelivery::End& end) {
    if (const auto self = weak.lock()) self->delivery_ended(end);
  };
  session_ = std::make_unique<RtspSession>(context_, socket_, random_id(), described_->first, *description,
                                           std::move(events));
  co_return Result<>{};
}

asio::awaitable<RtspResponse> RtspConnection::play(const RtspRequest& request) {
  if (auto wrong = check_session(request, true)) co_return std::move(*wrong);
  const auto location = locate(request.uri, true);
  if (!location) co_return status(400);
  if (!same(location->target, session_->target())) co_return status(455);
  if (location->track && session_->lanes() > 1) co_return status(460);
  RtspResponse response = co_await session_->play(request);
  co_return response;
}

asio::awaitable<RtspResponse> RtspConnection::pause(const RtspRequest& request) {
  if (auto wrong = check_session(request, true)) co_return std::move(*wrong);
  const auto location = locate(request.uri, true);
  if (location && location->track && session_->lanes() > 1) co_return status(460);
  co_return session_->pause();
}

asio::awaitable<RtspResponse> RtspConnection::teardown(const RtspRequest& request) {
  if (auto wrong = check_session(request, true)) co_return std::move(*wrong);
  session_.reset();
  described_.reset();
  co_return RtspResponse{};
}

asio::awaitable<RtspResponse> RtspConnection::parameter(const RtspRequest& request) {
  if (auto wrong = check_session(request, false)) co_return std::move(*wrong);
  co_return status(base::trim(request.body).empty() ? 200 : 451);
}

}  // namespace watchrig::media
