#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::base {

/// Makes connections to a peer that is not reached by its address. Any thread.
class Dialer {
 public:
  virtual ~Dialer() = default;
  /// A connection to a service of the peer ("http", "rtsp"), on the calling coroutine's executor, which runs
  /// one handler at a time. `patience` is real time. Errors: unavailable, timeout.
  virtual boost::asio::awaitable<Result<boost::asio::ip::tcp::socket>> dial(std::string service,
                                                                            Duration patience) = 0;
};

}  // namespace watchrig::base
