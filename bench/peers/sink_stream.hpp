#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/byte_order.hpp"

namespace watchrig::bench {

/// One RTSP stream over TCP that is read and thrown away: DESCRIBE, SETUP of its first video track and PLAY,
/// then the packets are counted. Knows no socket. It is written for cheapness and so shares no code with the
/// client under test.
class SinkStream {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Counts {
    std::uint64_t packets = 0;
    std::uint64_t lost = 0;   ///< by the gaps of their sequence numbers
    std::uint64_t units = 0;  ///< packets with the marker
    std::uint64_t bytes = 0;  ///< of RTP
  };

  explicit SinkStream(std::string url) : url_(std::move(url)) {}

  /// The first request.
  std::string begin();
  /// Takes what has come at `now` and gives what is to be sent. A failure is told by failure().
  std::string take(base::ByteView bytes, Time now);
  /// What keeps the session alive.
  std::string keep_alive();

  bool playing() const { return step_ == Step::playing; }
  /// Why the stream cannot be read; empty while it can.
  const std::string& failure() const { return failure_; }

  /// Counts from now on.
  void open_window();
  const Counts& counts() const { return counts_; }
  /// Of each unit of the window, in microseconds: from its RTP timestamp to the arrival of its last packet.
  /// Their zero is arbitrary, so only differences mean something.
  const std::vector<std::int64_t>& transits() const { return transits_; }

 private:
  enum class Step { describing, setting_up, starting, playing };

  std::size_t take_one(base::ByteView bytes, Time now, std::string& requests);
  std::string answer(std::string_view head, std::string_view body);
  void count(base::ByteView rtp, Time now);
  std::string request(std::string_view method, std::string_view url, std::string_view headers);

  const std::string url_;
  std::string session_;
  std::string failure_;
  Step step_ = Step::describing;
  unsigned cseq_ = 0;
  base::Bytes pending_;
  std::optional<std::uint16_t> sequence_;
  std::optional<std::uint32_t> timestamp_;
  std::int64_t ticks_ = 0;
  bool window_ = false;
  Counts counts_;
  std::vector<std::int64_t> transits_;
};

}  // namespace watchrig::bench
