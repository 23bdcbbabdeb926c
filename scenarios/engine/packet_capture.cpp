#include "scenarios/engine/packet_capture.hpp"

#include <mutex>
#include <poll.h>
#include <thread>

#include <fmt/format.h>
#include <pcap/pcap.h>

namespace watchrig::scenarios {

namespace {

constexpr int packet_bytes = 128;
constexpr int buffer_bytes = 4 * 1024 * 1024;
constexpr long max_file_bytes = 8L * 1024 * 1024;
constexpr int poll_milliseconds = 100;
constexpr auto port_interval = std::chrono::seconds(1);

struct ClosePcap {
  void operator()(pcap_t* handle) const { ::pcap_close(handle); }
  void operator()(pcap_dumper_t* dumper) const { ::pcap_dump_close(dumper); }
};

void append_ports(std::string& filter, std::string_view protocol, const std::set<std::uint16_t>& ports) {
  for (const auto port : ports)
    filter += fmt::format("{}{} port {}", filter.empty() ? "" : " or ", protocol, port);
}

}  // namespace

std::string capture_filter(const Ports& ports) {
  std::string filter;
  append_ports(filter, "tcp", ports.tcp);
  append_ports(filter, "udp", ports.udp);
  return filter;
}

struct PacketCapture::State {
  std::filesystem::path folder;
  std::function<std::vector<pid_t>()> pids;
  mutable std::mutex mutex;
  std::string problem;
  std::unique_ptr<pcap_t, ClosePcap> handle;
  std::unique_ptr<pcap_dumper_t, ClosePcap> dumper;
  std::string filter;
  std::jthread thread;

  bool open();
  void update_filter();
  bool open_file();
  void write(const pcap_pkthdr& header, const unsigned char* bytes);
  void run(const std::stop_token& token);
  void fail(std::string why) {
    const std::lock_guard lock(mutex);
    if (problem.empty()) problem = std::move(why);
  }
};

bool PacketCapture::State::open() {
  char why[PCAP_ERRBUF_SIZE] = {};
  handle.reset(::pcap_create("lo", why));
  if (!handle) {
    fail(fmt::format("no packet capture: {}", why));
    return false;
  }
  ::pcap_set_snaplen(handle.get(), packet_bytes);
  ::pcap_set_buffer_size(handle.get(), buffer_bytes);
  ::pcap_set_timeout(handle.get(), poll_milliseconds);
  if (const int result = ::pcap_activate(handle.get()); result < 0) {
    fail(fmt::format("no packet capture: {} (run as root or with CAP_NET_RAW)", ::pcap_statustostr(result)));
    return false;
  }
  // Blocking, libpcap may wait for ever when nothing passes the filter.
  if (::pcap_setnonblock(handle.get(), 1, why) != 0) {
    fail(fmt::format("no packet capture: {}", why));
    return false;
  }
  return true;
}

void PacketCapture::State::update_filter() {
  Ports ports;
  for (const auto pid : pids()) add_ports_of(pid, ports);
  const auto wanted = capture_filter(ports);
  if (wanted.empty() || wanted == filter) return;
  bpf_program program{};
  // Many cameras make a long filter; then the ports of all are too many to name and everything is kept.
  const bool fits = ::pcap_compile(handle.get(), &program, wanted.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
  if (!fits && ::pcap_compile(handle.get(), &program, "tcp or udp", 1, PCAP_NETMASK_UNKNOWN) != 0) {
    fail(fmt::format("packet capture without filter: {}", ::pcap_geterr(handle.get())));
    return;
  }
  if (::pcap_setfilter(handle.get(), &program) != 0) fail(::pcap_geterr(handle.get()));
  ::pcap_freecode(&program);
  filter = wanted;
}

bool PacketCapture::State::open_file() {
  const auto current = folder / files[1];
  std::error_code ignored;
  if (dumper) {
    dumper.reset();
    std::filesystem::rename(current, folder / files[0], ignored);
  }
  dumper.reset(::pcap_dump_open(handle.get(), current.c_str()));
  if (!dumper) fail(fmt::format("no packet capture: {}", ::pcap_geterr(handle.get())));
  return dumper != nullptr;
}

void PacketCapture::State::write(const pcap_pkthdr& header, const unsigned char* bytes) {
  if (::pcap_dump_ftell(dumper.get()) >= max_file_bytes && !open_file()) return;
  ::pcap_dump(reinterpret_cast<unsigned char*>(dumper.get()), &header, bytes);
}

void PacketCapture::State::run(const std::stop_token& token) {
  if (!open() || !open_file()) return;
  auto next_look = std::chrono::steady_clock::time_point::min();
  while (!token.stop_requested() && dumper) {
    if (const auto now = std::chrono::steady_clock::now(); now >= next_look) {
      update_filter();
      next_look = now + port_interval;
    }
    const auto handler = [](unsigned char* self, const pcap_pkthdr* header, const unsigned char* bytes) {
      auto& state = *reinterpret_cast<State*>(self);
      if (state.dumper && !state.filter.empty()) state.write(*header, bytes);
    };
    pollfd readable{::pcap_get_selectable_fd(handle.get()), POLLIN, 0};
    ::poll(&readable, 1, poll_milliseconds);
    if (::pcap_dispatch(handle.get(), 1000, handler, reinterpret_cast<unsigned char*>(this)) < 0) {
      fail(fmt::format("packet capture ended: {}", ::pcap_geterr(handle.get())));
      break;
    }
  }
  pcap_stat counts{};
  if (::pcap_stats(handle.get(), &counts) == 0 && counts.ps_drop > 0) {
    fail(fmt::format("the packet capture lacks {} packets that came too fast", counts.ps_drop));
  }
  dumper.reset();
}

PacketCapture::PacketCapture(const std::filesystem::path& folder, std::function<std::vector<pid_t>()> pids)
    : state_(std::make_unique<State>()) {
  state_->folder = folder;
  state_->pids = std::move(pids);
  state_->thread = std::jthread([state = state_.get()](const std::stop_token& token) { state->run(token); });
}

PacketCapture::~PacketCapture() { stop(); }

void PacketCapture::stop() {
  state_->thread.request_stop();
  if (state_->thread.joinable()) state_->thread.join();
}

std::string PacketCapture::problem() const {
  const std::lock_guard lock(state_->mutex);
  return state_->problem;
}

}  // namespace watchrig::scenarios
