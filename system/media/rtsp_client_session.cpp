#include "system/media/rtsp_client_session.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/media/rtsp_quirks.hpp"

namespace watchrig::media {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::uint8_t no_channel = 0;

std::string_view hint_for(int status) {
  switch (status) {
    case 403:
      return " (the user has no right to this stream)";
    case 404:
      return " (wrong path in the URL?)";
    case 453:
    case 503:
      return " (too many readers, or the device is busy)";
    case 461:
      return " (try another of tcp, udp and http)";
    default:
      return "";
  }
}

ErrorKind kind_for(int status) {
  if (status == 401 || status == 403) return ErrorKind::denied;
  if (status == 404) return ErrorKind::not_found;
  if (status == 461 || status == 415 || status == 551) return ErrorKind::unsupported;
  if (status == 454 || status == 453 || status >= 500) return ErrorKind::unavailable;
  return ErrorKind::invalid;
}

bool is_redirect(int status) { return status >= 301 && status <= 308 && status != 304; }

}  // namespace

asio::awaitable<Result<>> RtspClient::Session::set_up_everything() {
  auto url = parse_rtsp_url(options_.url);
  if (!url) co_return std::move(url).error();
  url_ = std::move(*url);
  url_.http = url_.http || options_.transport == Transport::http;
  const auto& credentials = options_.credentials.username.empty() ? url_.credentials : options_.credentials;
  auth_ = std::make_shared<AuthClient>(credentials, options_.allow_basic);
  auto done = co_await connect();
  if (done) done = co_await ask_options();
  if (done) done = co_await describe();
  for (std::size_t track = 0; done && track < lanes_.size();) {
    done = co_await setup_track(track);
    if (done) {
      ++track;
    } else if (!is_video(lanes_[track].media.track.codec) && lanes_.size() > 1 && !closed_) {
      // A camera whose sound does not work still has a picture.
      ignored_.push_back(
          fmt::format("{}: {}", to_string(lanes_[track].media.track.codec), done.error().message));
      lanes_.erase(lanes_.begin() + static_cast<std::ptrdiff_t>(track));
      done = Result<>{};
    }
  }
  if (done) done = co_await play();
  co_return done;
}

asio::awaitable<Result<>> RtspClient::Session::connect() {
  const auto weak = weak_from_this();
  RtspLink::Listener listener;
  listener.frame = [weak](const InterleavedFrame& frame) {
    if (const auto self = weak.lock()) self->take_frame(frame);
  };
  listener.after_read = [inbox = inbox_] { return RtspInbox::wait_for_room(inbox); };
  listener.lost = [weak](const Error& error) {
    if (const auto self = weak.lock()) self->fail(error);
  };
  const RtspLink::Timeouts timeouts{options_.connect_timeout, options_.request_timeout};
  link_ = std::make_shared<RtspLink>(executor_, timeouts, options_.user_agent, std::move(listener));
  return link_->connect(url_, options_.dialer, {options_.trust, clock_.now()});
}

/// Tells by which method the session can be kept alive. Cameras that do not know OPTIONS are let through.
asio::awaitable<Result<>> RtspClient::Session::ask_options() {
  auto response = co_await request("OPTIONS", url_.text(), {});
  if (!response) co_return std::move(response).error();
  for (const auto method : base::split(response->headers.find("Public").value_or(""), ',')) {
    if (base::equal_ignoring_case(base::trim(method), "GET_PARAMETER")) keep_alive_ = "GET_PARAMETER";
  }
  if (!options_.keep_alive.empty()) keep_alive_ = options_.keep_alive;
  co_return Result<>{};
}

asio::awaitable<Result<>> RtspClient::Session::describe() {
  for (;;) {
    RtspLink::Headers headers;
    headers.emplace_back("Accept", "application/sdp");
    auto response = co_await request("DESCRIBE", url_.text(), std::move(headers));
    if (!response) co_return std::move(response).error();
    if (response->status == 200) co_return take_description(*response);
    if (!is_redirect(response->status)) co_return refused("DESCRIBE", *response);
    auto followed = co_await follow(*response);
    if (!followed) co_return followed;
  }
}

/// One redirection is followed. The password is never shown to another host in a readable form.
asio::awaitable<Result<>> RtspClient::Session::follow(const RtspResponse& redirect) {
  const auto location = redirect.headers.find("Location");
  auto target = location ? parse_rtsp_url(*location) : Error{ErrorKind::invalid, "no Location"};
  if (target && target->http && !url_.http) target = Error{ErrorKind::invalid, "Location is no RTSP URL"};
  if (redirected_ || !target) {
    co_return Error{ErrorKind::invalid,
                    fmt::format("DESCRIBE: {} {}", redirect.status,
                                redirected_ ? "redirects a second time" : target.error().message)};
  }
  if (url_.tls && !target->tls)
    co_return Error{ErrorKind::denied, "DESCRIBE: redirects out of TLS into the clear"};
  redirected_ = true;
  const bool same_host = target->host == url_.host;
  const auto& credentials = options_.credentials.username.empty() ? url_.credentials : options_.credentials;
  auth_ = std::make_shared<AuthClient>(credentials, options_.allow_basic && same_host);
  target->credentials = credentials;
  target->http = url_.http;
  url_ = std::move(*target);
  link_->close();
  auto connected = co_await connect();
  co_return connected;
}

Result<> RtspClient::Session::take_description(const RtspResponse& response) {
  auto sdp = parse_sdp(response.body);
  if (!sdp) return Error{ErrorKind::invalid, "DESCRIBE: unreadable SDP: " + sdp.error().message};
  note_description(response, *sdp);
  for (const auto& ignored : sdp->ignored)
    ignored_.push_back(fmt::format("{}: {}", ignored.media, ignored.reason));
  for (auto& media : sdp->media) {
    if (is_video(media.track.codec) || options_.audio)
      lanes_.push_back({std::move(media), no_channel, nullptr});
  }
  if (lanes_.empty()) {
    std::string reasons;
    for (const auto& ignored : ignored_) reasons += (reasons.empty() ? "" : "; ") + ignored;
    return Error{ErrorKind::unsupported,
                 "DESCRIBE: no track that can be read" + (reasons.empty() ? "" : " (" + reasons + ")")};
  }
  base_url_ = url_.text();
  for (const char* name : {"Content-Location", "Content-Base"}) {
    const auto value = response.headers.find(name);
    if (value && parse_rtsp_url(*value)) base_url_ = *value;
  }
  session_control_ = std::move(sdp->control);
  aggregate_url_ = resolve_control(base_url_, session_control_);
  return {};
}

asio::awaitable<Result<>> RtspClient::Session::setup_track(std::size_t track) {
  RtspTransport transport;
  transport.tcp = over_tcp();
  std::shared_ptr<RtspInlet> inlet;
  if (transport.tcp) {
    const auto channel = static_cast<std::uint8_t>(2 * track);
    transport.interleaved = {channel, static_cast<std::uint8_t>(channel + 1)};
  } else {
    auto ports = bind_udp_pair(executor_, link_->local_address());
    if (!ports) co_return std::move(ports).error();
    inlet = std::make_shared<RtspInlet>(std::move(*ports), track, link_->peer_address(), inbox_, clock_);
    transport.client_port = {inlet->port(), static_cast<std::uint16_t>(inlet->port() + 1)};
  }
  auto response = co_await ask_setup(track, format_transport(transport));
  if (!response) co_return std::move(response).error();
  if (response->status != 200) co_return no_session("SETUP", *response);
  if (const auto header = response->headers.find("Session")) {
    const auto session = parse_session(*header);
    if (session) session_ = *session;
  }
  co_return take_transport(track, *response, std::move(inlet));
}

/// The aggregate's control belongs to the session; a track's own is appended to the base of the description.
/// A base that leads nowhere is given up for the address that was described.
asio::awaitable<Result<RtspResponse>> RtspClient::Session::ask_setup(std::size_t track,
                                                                     const std::string& transport) {
  RtspLink::Headers headers;
  headers.emplace_back("Transport", transport);
  if (options_.replay) headers.emplace_back("Require", replay_feature);
  const auto url = resolve_control(base_url_, lanes_[track].media.control);
  auto response = co_await request("SETUP", url, headers);
  const auto described = resolve_control(url_.text(), lanes_[track].media.control);
  if (!response || response->status != 404 || url == described) co_return response;
  auto again = co_await request("SETUP", described, std::move(headers));
  if (!again || again->status != 200) co_return response;
  note(rtsp_quirks::content_base_wrong,
       fmt::format("there is no track at {:.100}, where its Content-Base leads", url));
  base_url_ = url_.text();
  aggregate_url_ = resolve_control(base_url_, session_control_);
  co_return again;
}

Result<> RtspClient::Session::take_transport(std::size_t track, const RtspResponse& response,
                                             std::shared_ptr<RtspInlet> inlet) {
  const auto header = response.headers.find("Transport");
  const auto transports = parse_transport(header.value_or(inlet ? "RTP/AVP" : "RTP/AVP/TCP"));
  if (!transports) return Error{ErrorKind::invalid, "SETUP: " + transports.error().message};
  const RtspTransport& agreed = transports->front();
  if (agreed.tcp == (inlet != nullptr)) {
    return Error{
        ErrorKind::unsupported,
        fmt::format("SETUP: asked for {}, the server chose \"{}\" (try another of tcp, udp and http)",
                    inlet ? "UDP" : "TCP", *header)};
  }
  Lane& lane = lanes_[track];
  inbox_->add_track(lane.media.track, receiver_options(track));
  if (inlet) {
    lane.inlet = std::move(inlet);
    lane.inlet->start(agreed.server_port.value_or(std::pair<std::uint16_t, std::uint16_t>{0, 0}));
    return {};
  }
  const auto index = static_cast<std::uint8_t>(2 * track);
  const auto [rtp, rtcp] = agreed.interleaved.value_or(
      std::pair<std::uint8_t, std::uint8_t>{index, static_cast<std::uint8_t>(index + 1)});
  channels_[rtp] = static_cast<std::int16_t>(2 * track);
  channels_[rtcp] = static_cast<std::int16_t>(2 * track + 1);
  lane.rtcp_channel = rtcp;
  return {};
}

RtpReceiverOptions RtspClient::Session::receiver_options(std::size_t track) const {
  RtpReceiverOptions options;
  options.track_index = static_cast<std::uint16_t>(track);
  options.ordered = over_tcp();
  options.damage = options_.damage;
  options.after = options_.after;
  options.reorder = reorder_limits(options_.cache);
  // Up to a second of 16 Mb/s.
  if (options_.cache != CacheStrategy::realtime) options.reorder_packets = 2048;
  // Networks are real: on an accelerated clock their delays look longer.
  const double scale = std::max(1.0, clock_.settings().scale);
  for (base::Duration* duration :
       {&options.reorder.usual, &options.reorder.shortest, &options.reorder.longest, &options.reorder.window,
        &options.sender_silence, &options.max_offset}) {
    *duration = base::Duration(static_cast<std::int64_t>(static_cast<double>(duration->count()) * scale));
  }
  return options;
}

asio::awaitable<Result<>> RtspClient::Session::play() {
  RtspLink::Headers headers;
  if (const auto& replay = options_.replay) {
    headers.emplace_back("Require", replay_feature);
    headers.emplace_back("Range", clock_range(replay->from, replay->to));
    headers.emplace_back("Rate-Control", replay->rate_control ? "yes" : "no");
    if (replay->key_pictures_only) headers.emplace_back("Frames", "intra");
    const double scale = replay->backwards ? -replay->speed : replay->speed;
    if (scale != 1) headers.emplace_back("Scale", fmt::format("{}", scale));
  } else {
    headers.emplace_back("Range", "npt=0.000-");
  }
  auto response = co_await request("PLAY", aggregate_url_, std::move(headers));
  if (!response) co_return std::move(response).error();
  if (response->status != 200) co_return no_session("PLAY", *response);
  co_return Result<>{};
}

asio::awaitable<Result<RtspResponse>> RtspClient::Session::request(std::string method, std::string uri,
                                                                   RtspLink::Headers headers) {
  if (closed_) co_return Error{ErrorKind::cancelled, "stopped"};
  if (!session_.id.empty()) headers.emplace_back("Session", session_.id);
  const auto link = link_;
  auto response = co_await link->request(method, std::move(uri), std::move(headers), auth_);
  if (!response) co_return std::move(response).error().within(method);
  note_password();
  co_return response;
}

Error RtspClient::Session::refused(std::string_view method, const RtspResponse& response) const {
  const std::string_view reason = response.reason.empty() ? status_phrase(response.status) : response.reason;
  return {kind_for(response.status),
          fmt::format("{}: {} {:.80}{}", method, response.status, reason, hint_for(response.status))};
}

Error RtspClient::Session::no_session(std::string_view method, const RtspResponse& response) {
  refused_session_ = response.status;
  return refused(method, response);
}

void RtspClient::Session::take_frame(const InterleavedFrame& frame) {
  const auto lane = channels_[frame.channel];
  if (lane < 0) return;
  const auto track = static_cast<std::size_t>(lane / 2);
  const auto now = clock_.now();
  if (lane % 2 == 0) {
    inbox_->take_rtp(track, frame.payload, now);
  } else {
    inbox_->receiver(track).push_rtcp(frame.payload, now);
  }
}

}  // namespace watchrig::media
