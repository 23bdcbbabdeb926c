#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "system/base/bounded_queue.hpp"
#include "system/base/clock.hpp"

namespace watchrig::platform {

/// One entry for a log server, RFC 5424.
struct SyslogEntry {
  unsigned severity = 6;  ///< 3 error, 4 warning, 6 informational (6.2.1)
  base::UtcTime time;
  std::string type;     ///< MSGID; at most 32 characters are sent
  std::string message;  ///< UTF-8; control characters become blanks
};

/// The entry as text, of facility local0, without framing.
std::string syslog_text(const SyslogEntry& entry, const std::string& host);

struct SyslogServer {
  std::string host;
  std::uint16_t port = 514;
  bool tcp = false;  ///< with octet counting, RFC 6587, 3.4.1; else UDP, RFC 5426
  bool operator==(const SyslogServer&) const = default;
};

/// Sends entries to a log server in their order. One that cannot be reached by TCP is tried again, at each of
/// its addresses, entries wait meanwhile, and of too many the oldest are lost, counted. By UDP its name is
/// looked up when the settings change or a datagram cannot be sent. Any thread.
class SyslogSender {
 public:
  static constexpr std::size_t most_waiting = 10'000;

  explicit SyslogSender(boost::asio::any_io_executor executor);
  ~SyslogSender();

  /// For entries that are not yet sent, too; nothing: they are dropped.
  void set_server(std::optional<SyslogServer> server);
  /// Never waits.
  void send(const SyslogEntry& entry);
  /// Sent, waiting and lost ones.
  base::QueueStats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace watchrig::platform
