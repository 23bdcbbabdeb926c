#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>

#include "system/media/stream_hub.hpp"

namespace watchrig::media {
namespace {

/// A picture of a 2 Mb/s stream at 25 frames a second.
AccessUnitPtr picture(int number) {
  constexpr std::uint32_t bytes = 10'000;
  AccessUnit unit;
  unit.codec = Codec::h264;
  unit.key = true;
  unit.time = base::UtcTime(std::chrono::milliseconds(40) * number);
  unit.payload.assign(bytes + 4, 0x65);
  base::store_be32(unit.payload.data(), bytes);
  return std::make_shared<const AccessUnit>(std::move(unit));
}

/// Relay of one stream to many RTSP readers, up to their sockets: packets are made once, queues filled and
/// emptied.
void relay_fan_out(benchmark::State& state) {
  asio::io_context context;
  const auto hub = std::make_shared<StreamHub>("bench", 1);
  Track track;
  track.codec = Codec::h264;
  hub->set_tracks({track});
  std::vector<std::unique_ptr<RtspFeed>> readers;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    readers.push_back(hub->read_trains(context.get_executor(), 1 << 20));
  }
  std::int64_t bytes = 0;
  int number = 0;
  for (auto _ : state) {
    hub->publish(picture(number++));
    for (const auto& reader : readers) {
      while (const auto train = reader->try_next())
        bytes += static_cast<std::int64_t>((*train)->block.size());
    }
  }
  state.SetBytesProcessed(bytes);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(relay_fan_out)->Arg(1)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace watchrig::media
