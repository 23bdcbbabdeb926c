#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/object.hpp>

#include "system/central/event_log.hpp"
#include "system/central/settings/settings.hpp"

namespace watchrig::central {

/// Where a relay is and whether it is wanted.
struct RelayPlan {
  bool enabled = false;
  std::string host;
  std::uint16_t port = 0;
  std::optional<bool> ip6;  ///< only addresses of this family; none: any
};

/// Where clients of a relay enter the server: the connection of one that has come by a tunnel, for HTTP or
/// HTTPS, which is to end when `wanted` is no longer so. Any thread.
using RelayDoor =
    std::function<void(boost::asio::ip::tcp::socket, bool encrypted, std::function<bool()> wanted)>;

/// Keeps this server known to a relay, as a section of the settings says, and lets in who comes by it
/// (REGISTRATION_PROTOCOL.md). Any thread.
///
/// A relay that is lost is tried again after 5 s, then after twice as long each time up to 5 minutes, each by
/// a quarter more or less; the first pause counts again when a connection has held for a minute. One that
/// refuses is asked again after 5 minutes. Events, with the section's name in front: `.registered`, and
/// `.failed` when it is so no more, or for another reason.
class RelayLink {
 public:
  struct Kind {
    std::string section;  ///< of the settings; also the first word of the events
    std::string what;     ///< for people: "P2P"
    RelayPlan (*plan)(const boost::json::object& values);
    /// What the server says of itself, with the address from which it has connected.
    std::function<boost::json::object(const boost::asio::ip::address& own)> introduction;
  };
  struct Parts {
    const base::Clock& clock;
    Settings& settings;
    EventLog& events;
    RelayDoor door;
  };
  /// Its parts outlive it and the executor's last handler. `patience` is the real time for what a relay has
  /// to do at once.
  RelayLink(Kind kind, Parts parts, boost::asio::any_io_executor executor,
            base::Duration patience = std::chrono::seconds(10));
  ~RelayLink();
  RelayLink(const RelayLink&) = delete;
  RelayLink& operator=(const RelayLink&) = delete;

  /// {"state":"off|connecting|registered|failed|refused","server","port","since","next","reason","tunnels"};
  /// what is not known is left out.
  boost::json::object status() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace watchrig::central
