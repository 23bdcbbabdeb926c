#include "simulators/camera/delay_line.hpp"

#include <algorithm>
#include <utility>

#include "system/base/spawn.hpp"

namespace watchrig::camera {

namespace {

constexpr std::size_t max_bytes = 64U << 20;

}  // namespace

DelayLine::DelayLine(boost::asio::any_io_executor executor, const base::Clock& clock)
    : executor_(executor), clock_(clock), timer_(std::move(executor), clock) {}

bool DelayLine::enter(Entry entry) {
  if (closed_ || bytes_ + entry.bytes.size() > max_bytes) return false;
  if (!entries_.empty()) entry.due = std::max(entry.due, entries_.back().due);
  bytes_ += entry.bytes.size();
  entries_.push_back(std::move(entry));
  if (!carrying_) {
    carrying_ = true;
    base::spawn(executor_, carry(shared_from_this()), "camera delay line");
  }
  return true;
}

std::deque<DelayLine::Entry> DelayLine::close() {
  closed_ = true;
  timer_.cancel();
  return std::exchange(entries_, {});
}

boost::asio::awaitable<void> DelayLine::carry(std::shared_ptr<DelayLine> line) {
  while (!line->entries_.empty()) {
    if (line->clock_.now() < line->entries_.front().due) {
      co_await line->timer_.wait_until(line->entries_.front().due);
      continue;
    }
    const Entry entry = std::move(line->entries_.front());
    line->entries_.pop_front();
    line->bytes_ -= entry.bytes.size();
    entry.send(entry.bytes);
  }
  line->carrying_ = false;
}

}  // namespace watchrig::camera
