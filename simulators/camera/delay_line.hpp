#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "system/base/byte_order.hpp"
#include "system/base/timer.hpp"

namespace watchrig::camera {

/// Packets on a long wire: each leaves at its time, none before the one that entered before it. Bounded to 64
/// MiB. On one executor.
class DelayLine : public std::enable_shared_from_this<DelayLine> {
 public:
  using Send = std::function<void(base::ByteView)>;
  struct Entry {
    base::UtcTime due;
    base::Bytes bytes;
    Send send;
    std::uint16_t track = 0;  ///< for whoever must account for what close() gives back
    std::uint64_t unit = 0;
  };

  DelayLine(boost::asio::any_io_executor executor, const base::Clock& clock);

  bool empty() const { return entries_.empty(); }
  /// False when the line is full: the packet is lost then.
  bool enter(Entry entry);
  /// Carries nothing more; gives back what had not left yet.
  std::deque<Entry> close();

 private:
  static boost::asio::awaitable<void> carry(std::shared_ptr<DelayLine> line);

  boost::asio::any_io_executor executor_;
  const base::Clock& clock_;
  base::Timer timer_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  bool carrying_ = false;
  bool closed_ = false;
};

}  // namespace watchrig::camera
