#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "scenarios/engine/process_ports.hpp"

namespace watchrig::scenarios {

/// What the processes of one scenario said to each other: headers (128 bytes a packet) of everything on the
/// loopback interface to or from their ports, in pcap files that wireshark opens. The last 8 to 16 MiB are
/// kept, in two files.
class PacketCapture {
 public:
  /// `pids` gives the processes as they are now; their ports are looked up once a second of real time.
  PacketCapture(const std::filesystem::path& folder, std::function<std::vector<pid_t>()> pids);
  ~PacketCapture();

  void stop();
  /// Why there is no capture, or no complete one; empty when there is.
  std::string problem() const;
  /// The files, oldest first; the first exists only when the second was full once.
  static constexpr const char* files[] = {"capture-before.pcap", "capture.pcap"};

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The filter (pcap-filter(7)) for these ports; empty when there are none.
std::string capture_filter(const Ports& ports);

}  // namespace watchrig::scenarios
