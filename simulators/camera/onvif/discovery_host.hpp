#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>

#include "simulators/kernel/dice.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/base/timer.hpp"
#include "system/protocols/onvif/discovery_message.hpp"

namespace watchrig::camera {

/// Speaks WS-Discovery (ONVIF Core 7) for all cameras of a rig: one socket hears what goes to everybody on
/// the loopback interface, and one for each address of cameras what goes there; answers leave from the
/// camera's own address. Everything runs on the executor, which serves one thing at a time.
class DiscoveryHost : public std::enable_shared_from_this<DiscoveryHost> {
 public:
  /// Answers to everybody's probes are spread over so long (WS-Discovery, APP_MAX_DELAY).
  static constexpr base::Duration longest_delay = std::chrono::milliseconds(500);
  static constexpr std::size_t most_pending = 20'000;  ///< answers that wait; those beyond are not given

  struct Member {
    std::string address;  ///< in 127.0.0.0/8
    /// What the camera tells of itself; nothing when it does not want to be found. On the executor.
    std::function<std::optional<protocols::DiscoveryTarget>()> describe;
  };

  /// The clock outlives the executor's work.
  DiscoveryHost(boost::asio::any_io_executor executor, const base::Clock& clock, std::uint64_t seed);

  /// The camera is there from now on, and says Hello. Any thread. Error unavailable: the port is taken by a
  /// program that does not share it.
  base::Result<> join(const std::string& camera, Member member);
  /// It says Hello once more, because it tells other things of itself than before. Any thread.
  void announce(const std::string& camera);
  /// It is gone, with a Bye or without one. Any thread; on the executor the Bye has left on return.
  void leave(const std::string& camera, bool bye);
  /// On the executor.
  void stop();

 private:
  using Udp = boost::asio::ip::udp;
  struct Attendance {
    Member member;
    protocols::AppSequence sequence;
  };
  struct Answer {
    std::string camera;
    protocols::DiscoveryKind kind;
    std::string relates_to;
    Udp::endpoint to;
  };
  using Socket = std::shared_ptr<Udp::socket>;

  base::Result<> open(const std::string& address);
  base::Result<Socket> open_socket(const std::string& address);
  static boost::asio::awaitable<void> receive(std::shared_ptr<DiscoveryHost> self, Socket socket,
                                              std::string address);
  void take(std::string_view datagram, const Udp::endpoint& from, const std::string& address);
  bool is_new(std::string id);
  void answer_later(base::UtcTime when, Answer answer);
  static boost::asio::awaitable<void> answer_in_time(std::shared_ptr<DiscoveryHost> self);
  void answer_now(const Answer& answer);
  void send(Attendance& camera, protocols::DiscoveryMessage message, const Udp::endpoint& to);
  void tell_everybody(const std::string& camera, protocols::DiscoveryKind kind);
  Socket socket_of(const std::string& address) const;

  const boost::asio::any_io_executor executor_;
  const base::Clock& clock_;
  const std::uint64_t seed_;
  const kernel::Dice ids_;
  mutable std::mutex mutex_;
  std::map<std::string, Socket> sockets_;  ///< by address, and by that of the group; under mutex_
  std::map<std::string, Attendance> cameras_;
  std::multimap<base::UtcTime, Answer> pending_;
  bool answering_ = false;  ///< somebody waits for the time of the first pending one
  base::Timer timer_;
  std::deque<std::string> heard_;  ///< ids of the newest questions, which clients send twice
  std::uint64_t messages_ = 0;
};

}  // namespace watchrig::camera
