#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>

#include "system/base/timer.hpp"
#include "system/devices/discovery/address_range.hpp"
#include "system/devices/discovery/found_device.hpp"

namespace watchrig::devices {

struct SearchOrder {
  /// Where to look; none: everybody on the segments of this machine's own addresses.
  std::vector<AddressRange> ranges;
  std::string manufacturer;  ///< what others have made is left out; empty: nothing is
  std::chrono::milliseconds time = std::chrono::seconds(4);  ///< for answers, after the last probe
  std::function<void(double)> progress = [](double) {};      ///< 0 to 1; on the search's executor
  /// This machine's own, from which everybody is asked; none: all of them.
  std::vector<std::string> own_addresses = {};
};

/// What came in answer to a search, by what became of it.
struct SearchCounts {
  std::uint64_t answers = 0;       ///< datagrams
  std::uint64_t malformed = 0;     ///< no message of WS-Discovery, or none of a video device
  std::uint64_t unasked = 0;       ///< answers to something that was not asked
  std::uint64_t outside = 0;       ///< from an address that was not looked at
  std::uint64_t elsewhere = 0;     ///< that lead to another host or protocol, which was not followed
  std::uint64_t too_fast = 0;      ///< beyond those that are read in a second
  std::uint64_t too_many = 0;      ///< devices beyond those that are kept, of all or of one host
  std::uint64_t other_makers = 0;  ///< devices that were left out
};

struct SearchState {
  enum class Phase { none, running, stopped, done };
  Phase phase = Phase::none;
  base::UtcTime began;
  base::UtcTime ended;
  double progress = 0;
  SearchCounts counts;
  std::vector<std::string> notes;    ///< the first oddities, for a person
  std::vector<FoundDevice> devices;  ///< one for each endpoint and host
};
std::string_view to_string(SearchState::Phase phase);

/// Looks for devices by WS-Discovery, one search at a time, and keeps what the last one has found. What
/// answers is believed as far as it speaks of its own address. Waits for peers in real time. Any thread.
class DeviceSearch : public std::enable_shared_from_this<DeviceSearch> {
 public:
  static constexpr std::uint64_t most_addresses = 4096;
  static constexpr std::size_t most_devices = 2000;
  static constexpr std::size_t most_of_a_host = 64;
  static constexpr std::uint64_t most_answers_a_second = 2000;
  static constexpr std::size_t most_notes = 20;
  static constexpr auto longest = std::chrono::seconds(60);  ///< then devices are asked no more

  /// Makes what one device that nobody knows yet is believed by, where it speaks HTTPS.
  using Trust = std::function<base::TlsTrust()>;

  /// On an executor that serves one thing at a time; the clock outlives its work.
  DeviceSearch(boost::asio::any_io_executor executor, const base::Clock& clock, Trust trust);

  /// Errors: conflict (one is running), full (more than 4096 addresses), io (no socket).
  base::Result<> start(SearchOrder order);
  /// What is found stays.
  void stop();
  SearchState state() const;
  /// What is known of a device by now, if it is one of those that were found.
  void replace(const FoundDevice& device) { moved(device, device.service.host); }
  /// The same of one that was at that host before.
  void moved(const FoundDevice& device, const std::string& from);

 private:
  using Udp = boost::asio::ip::udp;
  /// A socket at one of this machine's addresses.
  struct Way {
    explicit Way(const boost::asio::any_io_executor& executor) : socket(executor) {}
    Udp::socket socket;
  };

  static boost::asio::awaitable<void> run(std::shared_ptr<DeviceSearch> self);
  static boost::asio::awaitable<void> ask_everybody(std::shared_ptr<DeviceSearch> self);
  static boost::asio::awaitable<void> ask_addresses(std::shared_ptr<DeviceSearch> self);
  static boost::asio::awaitable<void> receive(std::shared_ptr<DeviceSearch> self, std::shared_ptr<Way> way);
  static boost::asio::awaitable<void> question(std::shared_ptr<DeviceSearch> self, std::uint64_t search);
  base::Result<> open();
  base::Result<> open_way(const std::string& address);
  std::string probe(bool by_device_type);
  void send(Way& way, const std::string& datagram, std::uint32_t to);
  void take(std::string_view datagram, const Udp::endpoint& from);
  bool is_in_time();
  bool is_wanted(std::uint32_t host);
  bool refuse(std::uint64_t& count, std::uint32_t host, const std::string& why);
  bool is_answer(const base::Result<protocols::DiscoveryMessage>& message, std::uint32_t host);
  void note_rival(const std::string& endpoint, std::uint32_t host);
  void add(const protocols::DiscoveryTarget& target, std::uint32_t host);
  void keep_asking();
  void answered(FoundDevice device);
  void keep(FoundDevice device);
  boost::asio::awaitable<bool> pause(std::chrono::milliseconds time);
  void advance(double progress);
  void note(std::string text);
  void end();

  const boost::asio::any_io_executor executor_;
  const base::Clock& clock_;
  const Trust trust_;
  const base::Clock real_;
  base::Timer timer_;
  // On the executor.
  SearchOrder order_;
  std::vector<std::shared_ptr<Way>> ways_;
  std::set<std::string> asked_;                            ///< ids of our probes
  std::set<std::pair<std::string, std::uint32_t>> known_;  ///< endpoints, and the hosts that claim them
  std::map<std::uint32_t, std::size_t> of_host_;
  std::deque<FoundDevice> to_ask_;
  /// Those and the ones being asked, by endpoint and host.
  std::map<std::pair<std::string, std::string>, FoundDevice> unanswered_;
  std::size_t asking_ = 0;
  std::uint64_t search_ = 0;  ///< tells answers to an older search apart
  base::UtcTime second_;      ///< in which `in_second_` answers came
  std::uint64_t in_second_ = 0;
  std::mt19937_64 random_{std::random_device{}()};

  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  SearchState state_;  ///< under mutex_
};

}  // namespace watchrig::devices
