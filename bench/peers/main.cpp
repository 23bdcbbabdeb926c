// rtsp_sink: reads many RTSP streams over TCP in one thread and throws them away. The URLs come line by line
// on standard input; what was counted goes to standard output as one JSON object.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <iostream>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "bench/peers/sink_stream.hpp"
#include "system/base/open_files.hpp"

namespace {

using namespace std::chrono_literals;
using watchrig::bench::SinkStream;
using Clock = std::chrono::steady_clock;

struct Reader {
  explicit Reader(std::string url) : stream(std::move(url)) {}
  SinkStream stream;
  int socket = -1;
  std::string failure;
};

struct Place {
  std::string host;
  std::uint16_t port = 554;
};

/// Of `rtsp://127.0.0.1:8554/path`; hosts are IPv4 addresses.
Place place_of(const std::string& url) {
  Place place;
  const auto from = url.find("://") + 3;
  const auto authority = url.substr(from, url.find('/', from) - from);
  const auto colon = authority.find(':');
  place.host = authority.substr(0, colon);
  if (colon != std::string::npos)
    place.port = static_cast<std::uint16_t>(std::atoi(authority.c_str() + colon + 1));
  return place;
}

/// Blocking, because it is to a server on the same machine; reads are not.
void open(Reader& reader, const std::string& url) {
  const auto place = place_of(url);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(place.port);
  ::inet_pton(AF_INET, place.host.c_str(), &address.sin_addr);
  reader.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(reader.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    reader.failure = fmt::format("cannot connect to {}:{}: {}", place.host, place.port, std::strerror(errno));
}

void send(Reader& reader, const std::string& text) {
  if (text.empty() || !reader.failure.empty()) return;
  // A few hundred bytes always fit.
  if (::send(reader.socket, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    reader.failure = "a request cannot be sent";
}

void read(Reader& reader, std::vector<std::uint8_t>& scratch) {
  if (!reader.failure.empty()) return;
  const auto size = ::recv(reader.socket, scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    reader.failure = size == 0 ? "closed by the server" : std::strerror(errno);
    return;
  }
  const auto now = Clock::now();
  send(reader, reader.stream.take({scratch.data(), static_cast<std::size_t>(size)}, now));
  if (!reader.stream.failure().empty()) reader.failure = reader.stream.failure();
}

class Sink {
 public:
  Sink() : poll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Sink() { ::close(poll_); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void add(const std::string& url) {
    auto& reader = readers_.emplace_back(url);
    open(reader, url);
    send(reader, reader.stream.begin());
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &reader;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, reader.socket, &event);
  }

  void run_for(Clock::duration duration) {
    const auto end = Clock::now() + duration;
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
      if (left <= 0) return;
      std::array<epoll_event, 256> events;
      const int ready = ::epoll_wait(poll_, events.data(), events.size(),
                                     static_cast<int>(std::min<std::int64_t>(left, 100)));
      for (int i = 0; i < ready; ++i)
        take(*static_cast<Reader*>(events[static_cast<std::size_t>(i)].data.ptr));
      keep_alive();
    }
  }

  bool settled() const {
    return std::all_of(readers_.begin(), readers_.end(),
                       [](const Reader& r) { return r.stream.playing() || !r.failure.empty(); });
  }
  std::deque<Reader>& readers() { return readers_; }

 private:
  void take(Reader& reader) {
    read(reader, scratch_);
    if (!reader.failure.empty()) ::epoll_ctl(poll_, EPOLL_CTL_DEL, reader.socket, nullptr);
  }

  /// Not all at once, which would be a load of its own.
  void keep_alive() {
    if (readers_.empty() || Clock::now() < next_sign_) return;
    next_sign_ = Clock::now() + std::chrono::microseconds(20s) / readers_.size();
    auto& reader = readers_[turn_++ % readers_.size()];
    if (reader.stream.playing()) send(reader, reader.stream.keep_alive());
  }

  int poll_;
  std::deque<Reader> readers_;
  std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(256 * 1024);
  Clock::time_point next_sign_{};
  std::size_t turn_ = 0;
};

/// How much later than the earliest of its stream each unit came; all streams together.
boost::json::object lateness(const std::deque<Reader>& readers) {
  std::vector<std::int64_t> all;
  for (const auto& reader : readers) {
    const auto& transits = reader.stream.transits();
    if (transits.empty()) continue;
    const auto least = *std::min_element(transits.begin(), transits.end());
    for (const auto transit : transits) all.push_back(transit - least);
  }
  if (all.empty()) return {};
  std::sort(all.begin(), all.end());
  return {{"p50", all[(all.size() - 1) / 2]}, {"p99", all[(all.size() - 1) * 99 / 100]}, {"max", all.back()}};
}

boost::json::object report(const std::deque<Reader>& readers, double seconds) {
  SinkStream::Counts sum;
  std::size_t playing = 0;
  std::string failure;
  for (const auto& reader : readers) {
    const auto& counts = reader.stream.counts();
    sum.packets += counts.packets;
    sum.lost += counts.lost;
    sum.units += counts.units;
    sum.bytes += counts.bytes;
    if (counts.units > 0 && reader.failure.empty()) ++playing;
    if (failure.empty()) failure = reader.failure;
  }
  return {{"streams", readers.size()},
          {"playing", playing},
          {"seconds", seconds},
          {"packets", sum.packets},
          {"lost_packets", sum.lost},
          {"units", sum.units},
          {"megabits_per_second", static_cast<double>(sum.bytes) * 8e-6 / seconds},
          {"late_us", lateness(readers)},
          {"first_failure", failure}};
}

}  // namespace

int main(int argc, char** argv) {
  int settle = 5;
  int seconds = 30;
  CLI::App program{"rtsp_sink: reads many RTSP streams over TCP, counts their packets and throws them away"};
  program.add_option("--settle", settle, "seconds before the measured time")->check(CLI::Range(0, 600));
  program.add_option("--seconds", seconds, "seconds that are measured")->check(CLI::Range(1, 3600));
  CLI11_PARSE(program, argc, argv);
  watchrig::base::allow_many_open_files();
  Sink sink;
  for (std::string url; std::getline(std::cin, url);) {
    sink.add(url);
    sink.run_for(1ms);
  }
  const auto patience = Clock::now() + 20s;
  while (!sink.settled() && Clock::now() < patience) sink.run_for(100ms);
  sink.run_for(std::chrono::seconds(settle));
  std::cout << "measuring" << std::endl;
  for (auto& reader : sink.readers()) reader.stream.open_window();
  const auto begin = Clock::now();
  sink.run_for(std::chrono::seconds(seconds));
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  std::cout << boost::json::serialize(report(sink.readers(), elapsed)) << std::endl;
  return 0;
}
