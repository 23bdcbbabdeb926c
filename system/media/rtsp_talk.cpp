#include "system/media/rtsp_talk.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/rand.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"
#include "system/media/rtp_packet.hpp"
#include "system/media/rtsp_backchannel.hpp"
#include "system/media/rtsp_headers.hpp"
#include "system/media/rtsp_link.hpp"
#include "system/media/sdp.hpp"

namespace watchrig::media {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto goodbye_time = std::chrono::seconds(1);
constexpr base::Duration longest_timeout = std::chrono::seconds(60);
constexpr auto packet_time = std::chrono::milliseconds(20);
/// Who is later than this has paused; a smaller lateness is that of a network.
constexpr auto longest_lateness = std::chrono::milliseconds(200);
/// What marks the sections that the client sends (ONVIF Streaming 5.3.2).
constexpr std::string_view direction = "a=sendonly";

ErrorKind kind_for(int status) {
  if (status == 401 || status == 403) return ErrorKind::denied;
  if (status == 404) return ErrorKind::not_found;
  if (status == 453) return ErrorKind::conflict;
  if (status == 551 || status == 461 || status == 415) return ErrorKind::unsupported;
  return status >= 500 || status == 454 ? ErrorKind::unavailable : ErrorKind::invalid;
}

std::string_view hint_for(int status) {
  if (status == 551) return " (the device has no loudspeaker, or none that can be reached so)";
  if (status == 453) return " (another one is talking to the device)";
  return "";
}

/// The sections of G.711 that the client sends, out of a description that may have some that the device
/// sends. The sections of an SDP are told apart by their text, since only their own lines say in which
/// direction they go.
std::vector<SdpMedia> spoken_sections(std::string_view sdp) {
  std::vector<SdpMedia> found;
  // At a line's beginning: an address may have it too.
  auto first = sdp.find("\nm=");
  if (first == std::string_view::npos) return found;
  ++first;
  for (auto at = first; at != std::string_view::npos;) {
    const auto next = sdp.find("\nm=", at);
    const auto section = sdp.substr(at, next == std::string_view::npos ? next : next + 1 - at);
    at = next == std::string_view::npos ? next : next + 1;
    if (section.find(direction) == std::string_view::npos) continue;
    const auto parsed = parse_sdp(std::string(sdp.substr(0, first)) + std::string(section));
    if (!parsed || parsed->media.empty()) continue;
    const auto& media = parsed->media.front();
    const auto& track = media.track;
    const bool g711 = track.codec == Codec::pcmu || track.codec == Codec::pcma;
    if (g711 && track.clock_rate == RtspTalk::sample_rate && track.channels <= 1) found.push_back(media);
  }
  return found;
}

asio::awaitable<void> read_on() { co_return; }

}  // namespace

/// Kept alive by its coroutines.
class RtspTalk::Line : public std::enable_shared_from_this<Line> {
 public:
  Line(asio::any_io_executor executor, const base::Clock& clock, Options options)
      : executor_(std::move(executor)),
        clock_(clock),
        options_(std::move(options)),
        pace_(executor_, clock),
        alive_(executor_) {
    RAND_bytes(reinterpret_cast<unsigned char*>(&header_.ssrc), sizeof header_.ssrc);
    RAND_bytes(reinterpret_cast<unsigned char*>(&header_.sequence), sizeof header_.sequence);
    RAND_bytes(reinterpret_cast<unsigned char*>(&header_.timestamp), sizeof header_.timestamp);
  }

  static asio::awaitable<Result<std::vector<Codec>>> ask(std::shared_ptr<Line> self) {
    auto done = co_await self->connect();
    if (done) done = co_await self->describe();
    if (!done) self->fail(done.error());
    if (self->closed_) co_return self->reason();
    self->cancel();
    std::vector<Codec> codings;
    for (const auto& section : self->sections_) codings.push_back(section.track.codec);
    co_return codings;
  }

  static asio::awaitable<Result<Codec>> start(std::shared_ptr<Line> self) {
    auto done = co_await self->connect();
    if (done) done = co_await self->describe();
    if (done) done = co_await self->set_up();
    if (done) done = co_await self->play();
    if (!done) {
      self->fail(done.error());
      co_return self->reason();
    }
    base::spawn(self->executor_, keep_alive(self), "keep-alive of a talk");
    co_return self->section().track.codec;
  }

  static asio::awaitable<Result<>> say(std::shared_ptr<Line> self, base::Bytes speech) {
    for (std::size_t at = 0; at < speech.size(); at += packet_samples) {
      co_await self->wait_for_turn();
      if (self->closed_) co_return self->reason();
      const auto part = base::ByteView(speech).subspan(at, std::min(packet_samples, speech.size() - at));
      auto packet = self->packet_of(part);
      const auto sent = co_await self->link_->send_frame(self->channel_, std::move(packet));
      if (sent) continue;
      self->fail(sent.error());
      co_return self->reason();
    }
    co_return Result<>{};
  }

  static asio::awaitable<void> stop(std::shared_ptr<Line> self) {
    if (!self->closed_ && !self->session_.id.empty()) {
      const base::Watchdog deadline(self->executor_, goodbye_time, [self] { self->cancel(); });
      (void)co_await self->request("TEARDOWN", self->aggregate_, {});
    }
    self->cancel();
  }

  void cancel() { fail({ErrorKind::cancelled, "stopped"}); }

 private:
  asio::awaitable<Result<>> connect() {
    auto url = parse_rtsp_url(options_.url);
    if (!url) co_return std::move(url).error();
    url_ = std::move(*url);
    url_.http = url_.http || options_.http;
    const auto& credentials = options_.credentials.username.empty() ? url_.credentials : options_.credentials;
    auth_ = std::make_shared<AuthClient>(credentials, options_.allow_basic);
    RtspLink::Listener listener;
    listener.frame = [](const InterleavedFrame&) {};
    listener.after_read = read_on;
    listener.lost = [weak = weak_from_this()](const Error& error) {
      if (const auto self = weak.lock()) self->fail(error);
    };
    const RtspLink::Timeouts timeouts{options_.connect_timeout, options_.request_timeout};
    link_ = std::make_shared<RtspLink>(executor_, timeouts, options_.user_agent, std::move(listener));
    const RtspLink::Trust trust{options_.trust, clock_.now()};
    auto connected = co_await link_->connect(url_, options_.dialer, trust);
    co_return connected;
  }

  asio::awaitable<Result<>> describe() {
    RtspLink::Headers headers;
    headers.emplace_back("Accept", "application/sdp");
    const auto response = co_await ask("DESCRIBE", url_.text(), std::move(headers));
    if (!response) co_return response.error();
    sections_ = spoken_sections(response->body);
    if (sections_.empty())
      co_return Error{ErrorKind::unsupported, "DESCRIBE: the device takes no G.711 (has it a loudspeaker?)"};
    std::string base = url_.text();
    for (const char* name : {"Content-Location", "Content-Base"}) {
      const auto value = response->headers.find(name);
      if (value && parse_rtsp_url(*value)) base = *value;
    }
    const auto whole = parse_sdp(response->body);
    aggregate_ = resolve_control(base, whole ? whole->control : "");
    track_ = resolve_control(base, section().control);
    header_.payload_type = section().track.payload_type;
    co_return Result<>{};
  }

  /// Of the sections that there are, the one that is wanted most.
  const SdpMedia& section() const {
    const auto wanted = [&](const SdpMedia& one) { return one.track.codec == options_.coding; };
    const auto found = std::ranges::find_if(sections_, wanted);
    return found == sections_.end() ? sections_.front() : *found;
  }

  asio::awaitable<Result<>> set_up() {
    RtspLink::Headers headers;
    headers.emplace_back("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1");
    const auto response = co_await ask("SETUP", track_, std::move(headers));
    if (!response) co_return response.error();
    if (const auto header = response->headers.find("Session")) {
      const auto session = parse_session(*header);
      if (session) session_ = *session;
    }
    const auto agreed = parse_transport(response->headers.find("Transport").value_or("RTP/AVP/TCP"));
    if (!agreed || !agreed->front().tcp)
      co_return Error{ErrorKind::unsupported, "SETUP: the device does not take sound by TCP"};
    if (agreed->front().interleaved) channel_ = agreed->front().interleaved->first;
    co_return Result<>{};
  }

  asio::awaitable<Result<>> play() {
    RtspLink::Headers headers;
    headers.emplace_back("Range", "npt=0.000-");
    const auto response = co_await ask("PLAY", aggregate_, std::move(headers));
    if (!response) co_return response.error();
    co_return Result<>{};
  }

  /// A request that requires the backchannel; whatever is not 200 is an error.
  asio::awaitable<Result<RtspResponse>> ask(std::string method, std::string uri, RtspLink::Headers headers) {
    headers.emplace_back("Require", backchannel_feature);
    const auto name = method;
    auto response = co_await request(std::move(method), std::move(uri), std::move(headers));
    if (!response || response->status == 200) co_return response;
    const auto code = response->status;
    const std::string_view reason = response->reason.empty() ? status_phrase(code) : response->reason;
    co_return Error{kind_for(code), fmt::format("{}: {} {:.80}{}", name, code, reason, hint_for(code))};
  }

  asio::awaitable<Result<RtspResponse>> request(std::string method, std::string uri,
                                                RtspLink::Headers headers) {
    if (closed_) co_return reason();
    if (!session_.id.empty()) headers.emplace_back("Session", session_.id);
    const auto link = link_;
    const auto name = method;
    auto response = co_await link->request(std::move(method), std::move(uri), std::move(headers), auth_);
    if (!response) co_return std::move(response).error().within(name);
    co_return response;
  }

  /// At half the server's timeout, because sound alone keeps no session.
  static asio::awaitable<void> keep_alive(std::shared_ptr<Line> self) {
    while (!self->closed_) {
      self->alive_.expires_after(std::min<base::Duration>(self->session_.timeout, longest_timeout) / 2);
      boost::system::error_code ignored;
      co_await self->alive_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (self->closed_) break;
      const auto response = co_await self->request("OPTIONS", self->aggregate_, {});
      if (response && response->status == 454)
        self->fail({ErrorKind::unavailable, "the session has expired on the device"});
    }
  }

  /// Until the next packet is due: when the one before has been said, or now when there was a pause.
  asio::awaitable<void> wait_for_turn() {
    const auto now = clock_.now();
    if (!spoken_) {
      due_ = now;
      header_.marker = true;  // RFC 3551, 4.1: the beginning of a talk spurt
    } else if (now - due_ > longest_lateness) {
      const auto packets = (now - due_) / packet_time;
      header_.timestamp += static_cast<std::uint32_t>(packets) * static_cast<std::uint32_t>(packet_samples);
      due_ += packets * packet_time;
      header_.marker = true;
    }
    spoken_ = true;
    if (due_ > now) (void)co_await pace_.wait_until(due_);
  }

  base::Bytes packet_of(base::ByteView samples) {
    base::Bytes packet(rtp_header_size);
    write_rtp_header(packet.data(), header_);
    packet.insert(packet.end(), samples.begin(), samples.end());
    header_.marker = false;
    ++header_.sequence;
    header_.timestamp += static_cast<std::uint32_t>(samples.size());
    due_ += packet_time * static_cast<int>(samples.size()) / static_cast<int>(packet_samples);
    return packet;
  }

  Error reason() const { return *reason_; }

  void fail(Error error) {
    if (closed_) return;
    closed_ = true;
    reason_ = std::move(error).within(url_.host.empty() ? "the talk" : url_.text());
    if (link_) link_->close();
    pace_.cancel();
    alive_.cancel();
  }

  const asio::any_io_executor executor_;
  const base::Clock& clock_;
  const Options options_;
  RtspUrl url_;
  std::shared_ptr<AuthClient> auth_;
  std::shared_ptr<RtspLink> link_;
  std::vector<SdpMedia> sections_;
  std::string aggregate_, track_;
  RtspSessionHeader session_;
  RtpHeader header_;  ///< of the next packet
  std::uint8_t channel_ = 0;
  base::UtcTime due_{};
  bool spoken_ = false;
  bool closed_ = false;
  std::optional<Error> reason_;
  base::Timer pace_;
  asio::steady_timer alive_;
};

RtspTalk::RtspTalk(asio::any_io_executor executor, const base::Clock& clock, Options options)
    : line_(std::make_shared<Line>(std::move(executor), clock, std::move(options))) {}

RtspTalk::~RtspTalk() { line_->cancel(); }

asio::awaitable<Result<std::vector<Codec>>> RtspTalk::ask() { return Line::ask(line_); }
asio::awaitable<Result<Codec>> RtspTalk::start() { return Line::start(line_); }
asio::awaitable<Result<>> RtspTalk::say(base::Bytes g711) { return Line::say(line_, std::move(g711)); }
asio::awaitable<void> RtspTalk::stop() { return Line::stop(line_); }
void RtspTalk::cancel() { line_->cancel(); }

}  // namespace watchrig::media
