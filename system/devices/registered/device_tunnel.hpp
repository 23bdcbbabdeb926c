#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::devices {

/// A connection that a device is to make, between the one who waits for it, who owns this, and the desk at
/// which it arrives.
class DeviceTunnel : public std::enable_shared_from_this<DeviceTunnel> {
 public:
  using Tcp = boost::asio::ip::tcp;

  /// The executor of the one who waits, which runs one handler at a time; `patience` is real time, from now.
  DeviceTunnel(boost::asio::any_io_executor executor, base::Duration patience);

  /// Until it has come, or failed, or the patience is over. On the executor, before anything else runs there.
  boost::asio::awaitable<void> wait();
  /// What has come, on that executor. Errors: unavailable, timeout.
  base::Result<Tcp::socket> take(const boost::asio::any_io_executor& executor);

  /// False when nobody needs it any more. Any thread, as fail().
  bool deliver(Tcp::socket socket);
  void fail(std::string reason);

 private:
  void wake();

  const base::Duration patience_;
  boost::asio::steady_timer arrival_;
  std::mutex mutex_;
  bool over_ = false;
  std::optional<Tcp::socket> socket_;
  std::string failure_;
};

}  // namespace watchrig::devices
