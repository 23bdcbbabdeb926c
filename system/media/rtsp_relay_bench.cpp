#include <algorithm>
#include <array>
#include <atomic>
#include <stop_token>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <time.h>

#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "system/media/rtsp_server.hpp"
#include "system/media/stream_hub.hpp"
#include "system/media/testing/tls_sample.hpp"

namespace watchrig::media {
namespace {

using asio::ip::tcp;

/// One picture of a stream at 25 a second.
AccessUnitPtr picture(int number, std::uint32_t bytes) {
  AccessUnit unit;
  unit.codec = Codec::h264;
  unit.key = true;
  unit.rtp_timestamp = static_cast<std::uint32_t>(number) * 3600;
  unit.time = base::UtcTime(std::chrono::milliseconds(40) * number);
  unit.payload.assign(bytes + 4, 0x65);
  base::store_be32(unit.payload.data(), bytes);
  return std::make_shared<const AccessUnit>(std::move(unit));
}

class HubContent final : public RtspContent {
 public:
  explicit HubContent(std::shared_ptr<StreamHub> hub) : hub_(std::move(hub)) {}
  asio::awaitable<base::Result<RtspDescription>> describe(RtspTarget) override {
    RtspDescription description;
    description.tracks = hub_->tracks();
    co_return description;
  }
  asio::awaitable<base::Result<std::unique_ptr<RtspFeed>>> open(RtspTarget,
                                                                asio::any_io_executor executor) override {
    std::unique_ptr<RtspFeed> feed = hub_->read_trains(std::move(executor), 4 << 20);
    co_return feed;
  }

 private:
  std::shared_ptr<StreamHub> hub_;
};

/// The blocking end of a connection by TLS, as far as it is needed until PLAY.
struct TlsViewer {
  explicit TlsViewer(tcp::socket& socket)
      : context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), ssl(SSL_new(context.get()), SSL_free) {
    SSL_set_fd(ssl.get(), socket.native_handle());
    SSL_connect(ssl.get());
  }
  std::string ask(const std::string& request) {
    SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
    std::array<char, 4096> answer{};
    const int size = SSL_read(ssl.get(), answer.data(), static_cast<int>(answer.size()));
    return {answer.data(), static_cast<std::size_t>(std::max(size, 0))};
  }
  TlsContext context;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl;
};

/// A viewer that has reached PLAY; its socket is then emptied by the sink, which throws records away unread.
tcp::socket viewer(asio::io_context& io, std::uint16_t port, bool tls) {
  tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), port});
  std::optional<TlsViewer> secret;
  if (tls) secret.emplace(socket);
  asio::streambuf answer;
  const auto ask = [&](const std::string& request) {
    if (secret) return secret->ask(request);
    asio::write(socket, asio::buffer(request));
    const auto size = asio::read_until(socket, answer, "\r\n\r\n");
    std::string text(asio::buffers_begin(answer.data()),
                     asio::buffers_begin(answer.data()) + static_cast<long>(size));
    answer.consume(size);
    return text;
  };
  const auto set_up =
      ask("SETUP rtsp://h/a/track0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n");
  const auto at = set_up.find("Session: ") + 9;
  ask("PLAY rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\nSession: " + set_up.substr(at, set_up.find(';', at) - at) +
      "\r\n\r\n");
  return socket;
}

/// Throws away what the viewers get, and counts it.
void empty_sockets(std::stop_token stop, int poll, std::atomic<std::uint64_t>& received) {
  std::array<epoll_event, 256> events;
  while (!stop.stop_requested()) {
    const int ready = ::epoll_wait(poll, events.data(), events.size(), 50);
    for (int i = 0; i < ready; ++i) {
      const auto size =
          ::recv(events[static_cast<std::size_t>(i)].data.fd, nullptr, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
      if (size > 0) received += static_cast<std::uint64_t>(size);
    }
  }
}

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// CPU time of the server's thread for one picture to all viewers, from publish() to the last byte in the
/// kernel; the kernel's work for sending is part of it. `cpu_s_per_Gb` is what DESIGN calls the CPU a relayed
/// Gb; the third argument says whether by TLS.
void rtsp_relay(benchmark::State& state) {
  const auto viewers = static_cast<std::size_t>(state.range(0));
  const auto bytes = static_cast<std::uint32_t>(state.range(1));
  asio::io_context io{1};
  asio::io_context outside;
  const base::Clock clock;
  const auto hub = std::make_shared<StreamHub>("bench", 1);
  Track track;
  track.codec = Codec::h264;
  hub->set_tracks({track});
  RtspServer::Options options;
  if (state.range(2) == 1) options.tls = testing::make_tls_sample().context;
  auto server = RtspServer::start(
                    options, clock, [&] { return io.get_executor(); }, std::make_shared<HubContent>(hub))
                    .value();
  const int poll = ::epoll_create1(0);
  std::vector<tcp::socket> sockets;
  {
    std::jthread serving([&](std::stop_token stop) {
      while (!stop.stop_requested()) io.run_for(std::chrono::milliseconds(10));
    });
    for (std::size_t i = 0; i < viewers; ++i) {
      sockets.push_back(viewer(outside, server->port(), state.range(2) == 1));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = sockets.back().native_handle();
      ::epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event);
    }
  }
  std::atomic<std::uint64_t> received{0};
  std::jthread sink([&](std::stop_token stop) { empty_sockets(stop, poll, received); });

  int number = 0;
  double used = 0;
  io.restart();
  for (auto _ : state) {
    const auto unit = picture(number++, bytes);
    const auto sent_before = server->stats().packets;
    const double begin = thread_seconds();
    hub->publish(unit);
    const auto expected = sent_before + viewers * ((bytes + 1371) / 1372);
    while (server->stats().packets < expected) io.poll();
    io.poll();
    const double seconds = thread_seconds() - begin;
    used += seconds;
    state.SetIterationTime(seconds);
  }
  const double gigabits = static_cast<double>(server->stats().bytes) * 8e-9;
  state.counters["cpu_s_per_Gb"] = used / gigabits;
  server->stop();
  io.poll();
  sink.request_stop();
  sink.join();
  ::close(poll);
}
BENCHMARK(rtsp_relay)
    ->ArgsProduct({{100, 500, 1000}, {10'000}, {0, 1}})
    ->ArgNames({"viewers", "bytes", "tls"})
    ->UseManualTime();

}  // namespace
}  // namespace watchrig::media
