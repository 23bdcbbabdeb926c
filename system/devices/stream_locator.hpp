#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "system/base/result.hpp"

namespace watchrig::devices {

/// Finds out where a device has one of its streams. Asked before the first connection, and again when the
/// place that it named last has yielded nothing.
class StreamLocator {
 public:
  virtual ~StreamLocator() = default;
  /// An rtsp:// address without credentials; runs on the calling coroutine's executor, within a deadline.
  virtual boost::asio::awaitable<base::Result<std::string>> locate() = 0;
};

}  // namespace watchrig::devices
