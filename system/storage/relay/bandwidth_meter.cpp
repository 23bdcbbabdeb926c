#include "system/storage/relay/bandwidth_meter.hpp"

#include <boost/asio/this_coro.hpp>

#include "system/base/timer.hpp"

namespace watchrig::storage {

namespace {

constexpr auto shortest = std::chrono::seconds(1), longest = std::chrono::seconds(60);

}  // namespace

BandwidthMeter::Sample BandwidthMeter::take(const base::Clock& clock, const ChannelSet& channels) {
  Sample sample;
  sample.time = clock.now();
  for (const auto& channel : channels.all()) {
    ++sample.reading.channels;
    sample.reading.delivering += channel->is_online() ? 1 : 0;
    for (const auto& [name, stream] : channel->status().streams)
      sample.bytes[channel->id() + " " + name] = stream.relay.bytes;
  }
  return sample;
}

/// A stream that is counted anew since then counts from its begin.
double BandwidthMeter::rate(const Sample& before, const Sample& now) {
  std::uint64_t bytes = 0;
  for (const auto& [stream, count] : now.bytes) {
    const auto old = before.bytes.find(stream);
    const auto known = old == before.bytes.end() || old->second > count ? 0 : old->second;
    bytes += count - known;
  }
  const auto seconds = std::chrono::duration<double>(now.time - before.time).count();
  return 8 * static_cast<double>(bytes) / seconds;
}

boost::asio::awaitable<platform::NvrBandwidth> BandwidthMeter::read(const ChannelSet& channels) {
  Sample before;
  {
    const std::lock_guard lock(mutex_);
    before = last_;
  }
  auto age = real_.now() - before.time;
  if (age < shortest) co_return before.reading;
  if (age > longest) {
    before = take(real_, channels);
    base::Timer timer(co_await boost::asio::this_coro::executor, real_);
    co_await timer.wait_for(shortest);
  }
  auto now = take(real_, channels);
  now.reading.bits_per_second = rate(before, now);
  const auto reading = now.reading;
  const std::lock_guard lock(mutex_);
  last_ = std::move(now);
  co_return reading;
}

}  // namespace watchrig::storage
