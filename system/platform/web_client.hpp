#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include <boost/asio/awaitable.hpp>

#include "system/base/clock.hpp"

namespace watchrig::platform {

/// A GET to a server on the internet. Nothing of it is ever logged but the host.
struct WebRequest {
  std::string url;       ///< http:// or https://; whose certificate must be good
  std::string username;  ///< empty: without; else Basic (RFC 7617)
  std::string password;
  std::string authorities;  ///< certificates in PEM that are believed beside those of the operating system
};

struct WebAnswer {
  long status = 0;
  std::string body;
};

/// Asks, and waits for the whole answer of at most `most` bytes. Redirections are not followed: what was
/// meant for one server goes to no other. The deadline is real time. Errors: invalid (no such URL),
/// unavailable (no connection, or a certificate that is not trusted), timeout, cancelled (by `stop`), corrupt
/// (too long, or no HTTP), io.
base::Result<WebAnswer> get_page(const WebRequest& request, std::size_t most, base::Duration deadline,
                                 const std::stop_token& stop = {});

/// Requests of coroutines: one thread, and a bounded queue before it. Any thread.
class WebClient {
 public:
  static constexpr std::size_t most_waiting = 8;
  static constexpr std::size_t most_bytes = 4096;

  explicit WebClient(base::Duration deadline);
  ~WebClient();
  /// Gives up what is waiting and under way, within a second; those who wait are not called any more. Before
  /// their executors end.
  void stop();
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  /// Goes on at the caller's executor, which outlives the client. Errors: those of get_page, and full.
  boost::asio::awaitable<base::Result<WebAnswer>> get(WebRequest request);

 private:
  struct Queue;

  const std::shared_ptr<Queue> queue_;
  std::jthread thread_;
};

}  // namespace watchrig::platform
