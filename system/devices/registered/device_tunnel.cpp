#include "system/devices/registered/device_tunnel.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace watchrig::devices {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::Error;
using base::ErrorKind;
using base::Result;
using boost::system::error_code;

DeviceTunnel::DeviceTunnel(asio::any_io_executor executor, base::Duration patience)
    : patience_(patience), arrival_(std::move(executor)) {
  arrival_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(patience));
}

asio::awaitable<void> DeviceTunnel::wait() {
  error_code ignored;
  co_await arrival_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Result<tcp::socket> DeviceTunnel::take(const asio::any_io_executor& executor) {
  const std::lock_guard lock(mutex_);
  over_ = true;
  if (!socket_) {
    if (!failure_.empty()) return Error{ErrorKind::unavailable, failure_};
    return Error{ErrorKind::timeout, fmt::format("is registered but makes no connection within {}",
                                                 base::format_duration(patience_))};
  }
  // From the desk's executor to this one.
  error_code failure;
  const auto protocol = socket_->local_endpoint(failure).protocol();
  tcp::socket own(executor);
  const auto native = failure ? tcp::socket::native_handle_type{} : socket_->release(failure);
  if (!failure) own.assign(protocol, native, failure);
  if (failure) return Error{ErrorKind::unavailable, failure.message()};
  return own;
}

bool DeviceTunnel::deliver(tcp::socket socket) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return false;
    socket_ = std::move(socket);
  }
  wake();
  return true;
}

void DeviceTunnel::fail(std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    failure_ = std::move(reason);
  }
  wake();
}

/// Weakly: the one who waits may be gone with its executor before this is run.
void DeviceTunnel::wake() {
  asio::post(arrival_.get_executor(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->arrival_.cancel();
  });
}

}  // namespace watchrig::devices
