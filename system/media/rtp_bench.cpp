#include <benchmark/benchmark.h>

#include "system/media/parameter_sets.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtp_receiver.hpp"

namespace watchrig::media {
namespace {

/// One second of H.264 at 2 Mb/s and 25 pictures a second: a key picture of 50 kB, the others of 8.3 kB.
std::vector<base::Bytes> second_of_video() {
  std::vector<base::Bytes> units;
  for (int i = 0; i < 25; ++i) {
    base::Bytes nal(i == 0 ? 50000 : 8300, 0x55);
    nal[0] = i == 0 ? 0x65 : 0x41;
    nal[1] = 0x88;
    units.emplace_back();
    append_nal(units.back(), nal);
  }
  return units;
}

Track video() {
  Track track;
  track.codec = Codec::h264;
  return track;
}

void count(benchmark::State& state, std::size_t packets, std::size_t bytes) {
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
  state.counters["Gb/s"] = benchmark::Counter(static_cast<double>(bytes) * 8e-9, benchmark::Counter::kIsRate);
}

/// A minute of it as packets, more than the caches hold.
std::vector<RtpTrainPtr> minute_of_packets() {
  const auto units = second_of_video();
  RtpPacketizer packetizer(video(), 0, 1);
  std::vector<RtpTrainPtr> trains;
  for (std::uint32_t i = 0; i < 60 * 25; ++i) {
    trains.push_back(*packetizer.packetize(units[i % 25], i % 25 == 0, i * 3600, base::UtcTime{}));
  }
  return trains;
}

void depacketise(benchmark::State& state) {
  const auto trains = minute_of_packets();
  RtpReceiverOptions options;
  options.ordered = state.range(0) != 0;
  std::size_t packets = 0, bytes = 0, damaged = 0;
  for (auto _ : state) {
    RtpReceiver receiver(video(), options, [&](AccessUnitPtr unit) { bytes += unit->payload.size(); });
    base::UtcTime now = base::UtcTime{} + std::chrono::hours(1);
    for (const RtpTrainPtr& train : trains) {
      now += std::chrono::milliseconds(40);
      for (const std::uint32_t offset : train->packets) {
        const std::uint8_t* frame = train->block.data() + offset;
        receiver.push({frame + 4, base::load_be16(frame + 2)}, now);
      }
    }
    packets += receiver.stats().packets;
    damaged += receiver.stats().lost + receiver.stats().damaged_units;
  }
  if (damaged != 0 || bytes == 0) state.SkipWithError("lost packets");
  count(state, packets, bytes);
}
BENCHMARK(depacketise)->ArgName("ordered")->Arg(1)->Arg(0);

void packetise(benchmark::State& state) {
  const auto units = second_of_video();
  RtpPacketizer packetizer(video(), 0, 1);
  std::size_t packets = 0, bytes = 0;
  std::uint32_t timestamp = 0;
  for (auto _ : state) {
    for (const base::Bytes& unit : units) {
      const RtpTrainPtr train = *packetizer.packetize(unit, false, timestamp += 3600, base::UtcTime{});
      benchmark::DoNotOptimize(train->block.data());
      packets += train->packets.size();
      bytes += train->block.size();
    }
  }
  count(state, packets, bytes);
}
BENCHMARK(packetise);

}  // namespace
}  // namespace watchrig::media
