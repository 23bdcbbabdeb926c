#include "system/media/testing/rtsp_fakes.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/media/parameter_sets.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtsp_headers.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media::testing {
namespace {

using asio::ip::tcp;
using base::Result;

constexpr std::uint32_t ticks_a_picture = 3600;
constexpr std::uint32_t samples_a_picture = 320;

/// A feed of its own for every reader, but with the same SSRCs and sequence numbers.
class FakeFeed final : public RtspFeed {
 public:
  FakeFeed(FakeContent& content, const FakeStream& stream, asio::any_io_executor executor,
           const base::Clock& clock)
      : content_(content), stream_(stream), timer_(std::move(executor), clock), start_(stream.start) {
    if (start_ == base::UtcTime{}) start_ = clock.now();
    for (std::size_t i = 0; i < stream_.tracks.size(); ++i) {
      packetizers_.emplace_back(stream_.tracks[i], static_cast<std::uint16_t>(i),
                                static_cast<std::uint32_t>(0x1000 + i));
    }
  }

  asio::awaitable<std::optional<RtpTrainPtr>> next() override {
    if (stream_.interval > base::Duration{} && !closed_)
      co_await timer_.wait_until(start_ + next_ * stream_.interval);
    while (next_ >= stream_.count && stream_.endless && !closed_)
      co_await timer_.wait_for(std::chrono::hours(1));
    co_return try_next(true);
  }
  std::optional<RtpTrainPtr> try_next() override { return try_next(stream_.interval == base::Duration{}); }
  void close() override {
    if (!closed_) ++content_.closed;
    closed_ = true;
    timer_.cancel();
  }
  base::QueueStats stats() const override { return {}; }
  std::optional<RtpPosition> position(std::uint16_t track) const override {
    return RtpPosition{packetizers_[track].ssrc(), packetizers_[track].next_sequence(), 0};
  }
  void sent(const RtpTrain&) override { ++content_.sent; }

 private:
  std::optional<RtpTrainPtr> try_next(bool ready) {
    if (!ready || closed_ || next_ >= stream_.count) return std::nullopt;
    AccessUnit unit = stream_.unit(next_++);
    unit.time = start_ + base::Duration(std::int64_t{1'000'000'000} * unit.rtp_timestamp /
                                        stream_.tracks[unit.track].clock_rate);
    return packetizers_[unit.track].packetize(unit).value();
  }

  FakeContent& content_;
  const FakeStream stream_;
  base::Timer timer_;
  base::UtcTime start_;
  std::vector<RtpPacketizer> packetizers_;
  std::size_t next_ = 0;
  bool closed_ = false;
};

}  // namespace

FakeStream::FakeStream(bool audio) {
  Track video = track_of(Codec::h264);
  video.config.clear();
  const base::Bytes file = annexb_to_length_prefixed(read_sample("source.h264"));
  NalReader reader(file);
  AccessUnit unit;
  const auto finish = [&] {
    unit.key = is_key(Codec::h264, unit.payload);
    unit.rtp_timestamp = static_cast<std::uint32_t>(ticks_a_round);
    units.push_back(std::exchange(unit, {}));
    ticks_a_round += ticks_a_picture;
  };
  bool sliced = false;
  while (reader.next()) {
    const auto nal = reader.nal();
    const bool slice = is_slice(Codec::h264, nal_type(Codec::h264, nal[0]));
    const bool first_of_picture =
        !slice || (nal.size() > 1 && (nal[1] & 0x80) != 0);  // first_mb_in_slice 0 is one bit
    if (sliced && first_of_picture) {
      finish();
      sliced = false;
    }
    sliced |= slice;
    unit.codec = Codec::h264;
    append_nal(unit.payload, nal);
  }
  finish();
  update_parameter_sets(video, units[0].payload);
  tracks.push_back(video);
  if (!audio) return;
  tracks.push_back(track_of(Codec::pcmu));
  std::vector<AccessUnit> both;
  for (auto& picture : units) {
    AccessUnit sound;
    sound.track = 1;
    sound.codec = Codec::pcmu;
    sound.key = true;
    sound.rtp_timestamp = picture.rtp_timestamp / ticks_a_picture * samples_a_picture;
    sound.payload.assign(samples_a_picture, static_cast<std::uint8_t>(0x80 + both.size()));
    both.push_back(std::move(picture));
    both.push_back(std::move(sound));
  }
  units = std::move(both);
}

AccessUnit FakeStream::unit(std::size_t n) const {
  AccessUnit unit = units[n % units.size()];
  const auto round = static_cast<std::uint32_t>(n / units.size());
  const bool video = unit.track == 0;
  unit.rtp_timestamp +=
      round *
      static_cast<std::uint32_t>(video ? ticks_a_round : ticks_a_round / ticks_a_picture * samples_a_picture);
  if (video && padding > 0) {
    base::Bytes filler(padding, 0xff);
    filler[0] = 12;  // filler data, ITU-T H.264, 7.3.2.7
    append_nal(unit.payload, filler);
  }
  return unit;
}

asio::awaitable<Result<RtspDescription>> FakeContent::describe(RtspTarget target) {
  described.push_back(target);
  if (const auto error = errors.find(target.path); error != errors.end()) co_return error->second;
  const auto stream = streams.find(target.path);
  if (stream == streams.end()) co_return base::Error{base::ErrorKind::not_found, "no such stream"};
  RtspDescription description;
  description.tracks = stream->second.tracks;
  description.name = target.path;
  description.sdp = sdp;
  description.recorded = recorded;
  co_return description;
}

asio::awaitable<Result<std::unique_ptr<RtspFeed>>> FakeContent::open(RtspTarget target,
                                                                     asio::any_io_executor executor) {
  if (const auto error = errors.find(target.path); error != errors.end()) co_return error->second;
  ++opened;
  if (target.replay) replays.push_back(*target.replay);
  std::unique_ptr<RtspFeed> feed =
      std::make_unique<FakeFeed>(*this, streams.at(target.path), std::move(executor), clock_);
  co_return feed;
}

namespace {

class FakeHearing final : public RtspHearing {
 public:
  explicit FakeHearing(FakeContent& content) : content_(content) { content_.talking = true; }
  ~FakeHearing() override { content_.talking = false; }
  FakeHearing(const FakeHearing&) = delete;
  FakeHearing& operator=(const FakeHearing&) = delete;
  void take(base::ByteView rtp) override { content_.speech.emplace_back(rtp.begin(), rtp.end()); }

 private:
  FakeContent& content_;
};

}  // namespace

Result<std::unique_ptr<RtspHearing>> FakeContent::hear(const RtspTarget&, const Track&, bool) {
  if (talking) return base::Error{base::ErrorKind::full, "another one is talking"};
  return std::unique_ptr<RtspHearing>(std::make_unique<FakeHearing>(*this));
}

RtspBench::RtspBench(RtspServer::Options options) : content(std::make_shared<FakeContent>(clock)) {
  content->streams.emplace("/live/gate", FakeStream(true));
  content->streams.emplace("/live/yard", FakeStream(false));
  auto started = RtspServer::start(
      std::move(options), clock, [this] { return io.get_executor(); }, content);
  if (!started) throw std::runtime_error(started.error().message);
  server = std::move(*started);
}

RtspBench::~RtspBench() {
  server.reset();
  io.poll();
}

std::string RtspBench::url(const std::string& path) const {
  return fmt::format("rtsp://127.0.0.1:{}{}", server->port(), path);
}

RtspClient::Options RtspBench::options(const std::string& path) const {
  RtspClient::Options options;
  options.url = url(path);
  return options;
}

void RtspBench::run(asio::awaitable<void> coroutine) {
  bool done = false;
  std::exception_ptr problem;
  asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr error) {
    problem = error;
    done = true;
  });
  run_until([&] { return done; });
  if (problem) std::rethrow_exception(problem);
}

void RtspBench::run_until(const std::function<bool()>& condition) {
  bool late = false;
  const base::Watchdog deadline(io.get_executor(), std::chrono::seconds(10), [&late] { late = true; });
  while (!condition()) {
    if (late) throw std::runtime_error("not done within ten seconds");
    if (io.stopped()) io.restart();
    io.run_one_for(std::chrono::milliseconds(20));
  }
}

asio::awaitable<RawPeer> RawPeer::connect(asio::io_context& io, std::uint16_t port) {
  tcp::socket socket(io);
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
  co_return RawPeer(std::move(socket));
}

asio::awaitable<void> RawPeer::send(std::string bytes) {
  boost::system::error_code error;
  co_await asio::async_write(socket_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<bool> RawPeer::read_step(RtspReader::Step& step) {
  for (;;) {
    auto next = reader_.next(buffer_);
    if (!next) co_return false;
    step = std::move(*next);
    if (step.consumed > 0) {
      if (const auto* frame = std::get_if<InterleavedFrame>(&step.item)) {
        frames.emplace_back(frame->channel, base::Bytes(frame->payload.begin(), frame->payload.end()));
      }
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(step.consumed));
      co_return true;
    }
    const std::size_t old = buffer_.size();
    buffer_.resize(old + 65536);
    boost::system::error_code error;
    const auto size = co_await socket_.async_read_some(asio::buffer(&buffer_[old], 65536),
                                                       asio::redirect_error(asio::use_awaitable, error));
    buffer_.resize(old + size);
    if (error) co_return false;
  }
}

asio::awaitable<std::optional<RtspResponse>> RawPeer::response() {
  RtspReader::Step step;
  while (co_await read_step(step)) {
    if (auto* response = std::get_if<RtspResponse>(&step.item)) co_return std::move(*response);
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<RtspRequest>> RawPeer::request() {
  RtspReader::Step step;
  while (co_await read_step(step)) {
    if (auto* request = std::get_if<RtspRequest>(&step.item)) co_return std::move(*request);
  }
  co_return std::nullopt;
}

asio::awaitable<bool> RawPeer::closed_within(base::Duration patience) {
  bool late = false;
  const base::Watchdog deadline(socket_.get_executor(), patience, [&late, this] {
    late = true;
    socket_.cancel();
  });
  RtspReader::Step step;
  while (co_await read_step(step)) continue;
  co_return !late;
}

asio::awaitable<RtspResponse> RawPeer::ask(std::string method, std::string uri, std::string more_headers) {
  if (!session.empty()) more_headers += "Session: " + session + "\r\n";
  std::string text =
      fmt::format("{} {} RTSP/1.0\r\nCSeq: {}\r\n{}\r\n", method, uri, ++sequence_, more_headers);
  co_await send(std::move(text));
  auto answer = co_await response();
  if (!answer) {
    RtspResponse none;
    none.status = 0;
    co_return none;
  }
  if (const auto header = answer->headers.find("Session")) session = parse_session(*header)->id;
  co_return std::move(*answer);
}

void RawPeer::close(bool reset) {
  boost::system::error_code ignored;
  if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

ScriptedServer::ScriptedServer(asio::io_context& io, Answer answer) : state_(std::make_shared<State>(io)) {
  state_->answer = std::move(answer);
  base::spawn(io.get_executor(), serve(state_), "scripted server");
}

ScriptedServer::~ScriptedServer() { state_->acceptor.close(); }

std::string ScriptedServer::url(const std::string& path) const {
  return fmt::format("rtsp://127.0.0.1:{}{}", port(), path);
}

asio::awaitable<void> ScriptedServer::serve(std::shared_ptr<State> state) {
  while (state->acceptor.is_open()) {
    boost::system::error_code error;
    tcp::socket socket =
        co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    ++state->connections;
    base::spawn(state->acceptor.get_executor(), talk(state, std::make_shared<RawPeer>(std::move(socket))),
                "scripted peer");
  }
}

asio::awaitable<void> ScriptedServer::talk(std::shared_ptr<State> state, std::shared_ptr<RawPeer> peer) {
  for (;;) {
    auto request = co_await peer->request();
    if (!request) co_return;
    state->requests.push_back(*request);
    std::string answer = state->answer(*request);
    if (answer == "close") co_return;
    const std::string mark = "%CSEQ%";
    for (auto at = answer.find(mark); at != std::string::npos; at = answer.find(mark)) {
      answer.replace(at, mark.size(), *request->headers.find("CSeq"));
    }
    co_await peer->send(std::move(answer));
  }
}

std::string ok(const std::string& header_lines, const std::string& body) {
  const std::string length = body.empty() ? "" : fmt::format("Content-Length: {}\r\n", body.size());
  return "RTSP/1.0 200 OK\r\nCSeq: %CSEQ%\r\n" + header_lines + length + "\r\n" + body;
}

}  // namespace watchrig::media::testing
