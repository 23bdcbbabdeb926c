#include "system/media/rtsp_session.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::media {
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t most_udp_bytes = 65536;

RtspResponse status(int code) {
  RtspResponse response;
  response.status = code;
  return response;
}

/// Takes the client's reports until the session closes the socket.
asio::awaitable<void> read_reports(std::shared_ptr<RtspLane> lane, std::shared_ptr<RtspServerContext> context,
                                   std::function<void()> alive) {
  asio::ip::udp::socket& socket = lane->udp()->rtcp;
  std::array<std::uint8_t, 2048> packet;
  while (socket.is_open()) {
    boost::system::error_code error;
    const auto size =
        co_await socket.async_receive(asio::buffer(packet), asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) break;
    // Refusals of a client that has gone come here too; the session's timeout deals with them.
    if (!error && lane->take_rtcp(base::ByteView(packet).first(size), *context)) alive();
  }
}

std::string played_range(const RtspReplay& replay) {
  const bool is_open = replay.from == base::UtcTime::min() || replay.from == base::UtcTime::max();
  return is_open ? "npt=0-" : clock_range(replay.from, replay.to);
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::denied:
      return 403;
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::unsupported:
      return 415;
    case ErrorKind::conflict:
      return 455;
    case ErrorKind::full:
      return 453;
    default:
      return 503;
  }
}

RtspResponse refusal_as(int code, const std::string& message) {
  RtspResponse response = status(code);
  if (message.empty()) return response;
  response.headers.add("Content-Type", "text/plain");
  response.body = message + "\r\n";
  return response;
}

/// Of a PLAY of recorded material, whose object is there.
RtspResponse replay_refusal(const base::Error& error) {
  if (error.kind == ErrorKind::unsupported) return refusal_as(456, error.message);
  const bool is_range = error.kind == ErrorKind::invalid || error.kind == ErrorKind::not_found;
  return is_range ? refusal_as(457, error.message) : refusal_as(status_of(error.kind), error.message);
}

}  // namespace

RtspResponse refusal(const base::Error& error) { return refusal_as(status_of(error.kind), error.message); }

RtspSession::RtspSession(std::shared_ptr<RtspServerContext> context, std::shared_ptr<RtspSocket> socket,
                         std::string id, RtspTarget target, const RtspDescription& description, Events events)
    : context_(std::move(context)),
      socket_(std::move(socket)),
      id_(std::move(id)),
      target_(std::move(target)),
      recorded_(description.recorded),
      tracks_(description.tracks.size()),
      heard_(context_->heard(target_)),
      events_(std::move(events)),
      lanes_(tracks_ + heard_.size()) {
  for (const auto& track : description.tracks) clock_rates_.push_back(track.clock_rate);
  for (const auto& track : heard_) clock_rates_.push_back(track.clock_rate);
}

std::size_t RtspSession::lanes() const {
  return static_cast<std::size_t>(
      std::count_if(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane; }));
}

RtspResponse RtspSession::setup(const RtspRequest& request, std::uint16_t track) {
  if (playing()) return status(455);
  marked_ |= request.headers.find("Require").value_or("").find(replay_feature) != std::string_view::npos;
  const auto transports = parse_transport(request.headers.find("Transport").value_or(""));
  if (!transports) return status(400);
  for (const auto& transport : *transports) {
    if (!transport.supported || (!transport.tcp && !transport.client_port)) continue;
    if (socket_->alone() && !transport.tcp) continue;
    const bool mixed = std::any_of(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
      return lane && lane->transport().tcp != transport.tcp;
    });
    if (!mixed) return add_lane(request, track, transport);
  }
  return status(461);
}

RtspResponse RtspSession::add_lane(const RtspRequest& request, std::uint16_t track, RtspTransport transport) {
  std::unique_ptr<UdpPortPair> udp;
  if (transport.tcp) {
    const auto channel = static_cast<std::uint8_t>(2 * track);
    if (!transport.interleaved) transport.interleaved = {channel, static_cast<std::uint8_t>(channel + 1)};
    if (channels_taken(transport, track)) return status(461);
    transport.client_port.reset();
  } else {
    auto opened = open_ports(transport);
    if (!opened) {
      base::log_warning("RTSP client {}: {}", target_.client, opened.error().message);
      return status(503);
    }
    udp = std::move(*opened);
    transport.interleaved.reset();
  }
  transport.ssrc.reset();
  transport.source.clear();
  if (lanes_[track] && lanes_[track]->udp()) {
    lanes_[track]->udp()->rtp.close();
    lanes_[track]->udp()->rtcp.close();
  }
  const auto lane = std::make_shared<RtspLane>(track, clock_rates_[track], request.uri, transport,
                                               std::move(udp), recorded_);
  if (track >= tracks_) {
    if (const auto listening = listen_at(lane); !listening) return refusal(listening.error());
  }
  lanes_[track] = lane;
  if (lane->udp())
    base::spawn(socket_->executor(), read_reports(lane, context_, events_.alive), "RTCP of " + id_);
  RtspResponse response;
  response.headers.add("Transport", format_transport(transport));
  return response;
}

Result<> RtspSession::listen_at(const std::shared_ptr<RtspLane>& lane) {
  if (ear_ && ear_->lane->track() != lane->track())
    return base::Error{ErrorKind::conflict, "one of the codings is to be chosen"};
  // The one before must have gone first, because there is only one who talks.
  if (ear_) ear_->hearing.reset();
  ear_.reset();
  auto hearing = context_->ears->hear(target_, heard_[lane->track() - tracks_], lane->transport().tcp);
  if (!hearing) return std::move(hearing).error();
  ear_ = std::make_shared<Ear>();
  ear_->lane = lane;
  ear_->hearing = *std::move(hearing);
  if (lane->udp())
    base::spawn(socket_->executor(), read_speech(ear_), "what a client says to session " + id_);
  return {};
}

/// Until the session closes the socket.
asio::awaitable<void> RtspSession::read_speech(std::shared_ptr<Ear> ear) {
  asio::ip::udp::socket& socket = ear->lane->udp()->rtp;
  base::Bytes packet(most_udp_bytes);
  while (socket.is_open()) {
    boost::system::error_code error;
    const auto size =
        co_await socket.async_receive(asio::buffer(packet), asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) break;
    if (!error) ear->take(base::ByteView(packet).first(size));
  }
}

Result<std::unique_ptr<UdpPortPair>> RtspSession::open_ports(RtspTransport& transport) {
  auto pair = bind_udp_pair(socket_->executor(), socket_->local_address());
  if (!pair) return std::move(pair).error();
  // Always to the client itself, whatever `destination` says: a server must not be made to flood others.
  boost::system::error_code error;
  pair->rtp.connect({socket_->peer_address(), transport.client_port->first}, error);
  if (!error) pair->rtcp.connect({socket_->peer_address(), transport.client_port->second}, error);
  if (error) return base::Error{ErrorKind::unavailable, "UDP to the client: " + error.message()};
  transport.server_port = {pair->port, static_cast<std::uint16_t>(pair->port + 1)};
  return std::make_unique<UdpPortPair>(std::move(*pair));
}

bool RtspSession::channels_taken(const RtspTransport& transport, std::uint16_t track) const {
  const auto wanted = *transport.interleaved;
  return std::any_of(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
    if (!lane || lane->track() == track) return false;
    const auto taken = *lane->transport().interleaved;
    return wanted.first == taken.first || wanted.first == taken.second || wanted.second == taken.first ||
           wanted.second == taken.second;
  });
}

Result<RtspReplay> RtspSession::replay_of(const RtspRequest& request) {
  auto replay = read_replay(request);
  if (!replay) return replay;
  marked_ |= request.headers.find("Require").value_or("").find(replay_feature) != std::string_view::npos;
  replay->marked = marked_;
  const auto reached = delivery_ ? delivery_->feed().reached() : reached_;
  if (!request.headers.find("Range") && played_ && reached) {
    replay->from = *reached;
    if (replay->backwards == played_->backwards) replay->to = played_->to;
  }
  return replay;
}

std::variant<RtspTarget, RtspResponse> RtspSession::target_of(const RtspRequest& request) {
  RtspTarget target = target_;
  if (recorded_) {
    auto replay = replay_of(request);
    if (!replay) return replay_refusal(replay.error());
    target.replay = *std::move(replay);
  } else if (const auto range = request.headers.find("Range")) {
    const auto live = is_live_range(*range);
    if (!live || !*live) return status(457);
  }
  return target;
}

asio::awaitable<RtspResponse> RtspSession::play(const RtspRequest& request) {
  if (lanes() == 0) co_return status(455);
  auto asked = target_of(request);
  if (auto* wrong = std::get_if<RtspResponse>(&asked)) co_return std::move(*wrong);
  RtspResponse response;
  const auto told = [&](const char* name) { return request.headers.find(name).has_value(); };
  const bool other = recorded_ && (told("Range") || told("Scale") || told("Speed"));
  if (playing() && !other) co_return response;  // some clients keep a session alive by PLAY
  auto& target = std::get<RtspTarget>(asked);
  if (recorded_) target.replay->session = id_;
  // What is refused changes nothing (RFC 2326, A.2): what is played goes on until the other is there.
  auto feed = co_await context_->content->open(target, socket_->executor());
  if (!feed) co_return recorded_ ? replay_refusal(feed.error()) : refusal(feed.error());
  pause();
  if (recorded_) {
    played_ = target.replay;
    (*feed)->go_on(stopped_tracks_);
  }
  if (context_->options.packet_filter) {
    const bool udp =
        std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane && lane->udp(); });
    filter_ = context_->options.packet_filter({id_, target_, udp, socket_->executor()});
  }
  response.headers.add("Range", recorded_ ? played_range(*target.replay) : "npt=now-");
  if (recorded_ && told("Scale"))
    response.headers.add("Scale", fmt::format("{}{}", played_->backwards ? "-" : "", played_->speed));
  if (recorded_ && told("Speed")) response.headers.add("Speed", fmt::format("{}", played_->delivery));
  if (const auto info = rtp_info(**feed); !info.empty()) response.headers.add("RTP-Info", info);
  delivery_ =
      std::make_shared<RtspDelivery>(context_, socket_, lanes_, std::move(*feed), filter_, events_.ended);
  begun_ = false;
  ++context_->counters.sessions;
  co_return response;
}

std::string RtspSession::rtp_info(const RtspFeed& feed) const {
  std::string info;
  for (const auto& lane : lanes_) {
    const auto position = lane && lane->track() < tracks_ ? feed.position(lane->track()) : std::nullopt;
    if (!position) continue;
    info += fmt::format("{}url={};seq={};rtptime={}", info.empty() ? "" : ",", lane->url(),
                        position->sequence, position->rtp_timestamp);
  }
  return info;
}

void RtspSession::begin() {
  if (!delivery_ || begun_) return;
  if (ear_) ear_->open = true;
  begun_ = true;
  delivery_->start(fmt::format("RTSP session {} of {}", id_, target_.client));
}

RtspResponse RtspSession::pause() {
  if (ear_) ear_->open = false;
  if (!delivery_) return {};
  delivery_->stop();
  if (recorded_) {
    reached_ = delivery_->feed().reached();
    stopped_tracks_.resize(tracks_);
    for (std::size_t i = 0; i < tracks_; ++i) {
      if (const auto position = delivery_->feed().position(static_cast<std::uint16_t>(i)))
        stopped_tracks_[i] = position;
    }
  }
  delivery_.reset();
  return {};
}

void RtspSession::play_ended() {
  pause();
  stopped_tracks_.clear();  // their senders have said goodbye
}

void RtspSession::close() {
  pause();
  if (ear_) ear_->hearing.reset();
  for (const auto& lane : lanes_) {
    if (!lane || !lane->udp()) continue;
    boost::system::error_code ignored;
    lane->udp()->rtp.close(ignored);
    lane->udp()->rtcp.close(ignored);
  }
}

bool RtspSession::take_interleaved(const InterleavedFrame& frame) {
  if (ear_ && ear_->lane->transport().tcp && ear_->lane->transport().interleaved->first == frame.channel) {
    ear_->take(frame.payload);
    return false;
  }
  for (const auto& lane : lanes_) {
    if (!lane || !lane->transport().tcp || lane->transport().interleaved->second != frame.channel) continue;
    return lane->take_rtcp(frame.payload, *context_);
  }
  return false;
}

}  // namespace watchrig::media
