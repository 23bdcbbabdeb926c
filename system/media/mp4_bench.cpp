#include <filesystem>

#include <benchmark/benchmark.h>

#include "system/media/fmp4_muxer.hpp"
#include "system/media/mp4_writer.hpp"

namespace watchrig::media {
namespace {

/// Ten seconds at 2 Mb/s and 25 pictures a second, in which only sizes and the parameter sets are real.
struct Recording {
  Recording() {
    const base::Bytes sps = {0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xec, 0x04, 0x40, 0x00,
                             0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc6, 0x0c, 0xa8};
    const base::Bytes pps = {0x68, 0xce, 0x0f, 0xc8};
    for (const auto& nal : {sps, pps}) append(track.config, nal);
    track.codec = Codec::h264;
    track.width = 1280;
    track.height = 720;
    for (int i = 0; i < 250; ++i) {
      AccessUnit unit;
      unit.codec = Codec::h264;
      unit.key = i % 50 == 0;
      unit.time = base::UtcTime(std::chrono::milliseconds(40 * i));
      base::Bytes slice(unit.key ? 60'000 : 9'000, 0x5a);
      slice[0] = unit.key ? 0x65 : 0x41;
      append(unit.payload, slice);
      bytes += unit.payload.size();
      units.push_back(std::move(unit));
    }
  }
  static void append(base::Bytes& to, const base::Bytes& nal) {
    const std::size_t at = to.size();
    to.resize(at + 4);
    base::store_be32(to.data() + at, static_cast<std::uint32_t>(nal.size()));
    to.insert(to.end(), nal.begin(), nal.end());
  }
  Track track;
  std::vector<AccessUnit> units;
  std::size_t bytes = 0;
};

void report(benchmark::State& state, const Recording& recording) {
  state.SetItemsProcessed(state.iterations() * std::int64_t(recording.units.size()));
  state.SetBytesProcessed(state.iterations() * std::int64_t(recording.bytes));
}

void export_to_file(benchmark::State& state) {
  const Recording recording;
  const auto path = std::filesystem::temp_directory_path() / "watchrig-mp4-bench.mp4";
  for (auto _ : state) {
    auto writer =
        Mp4Writer::create(path, {{recording.track}, base::UtcTime{}, base::UtcTime(std::chrono::hours(1))})
            .value();
    for (const AccessUnit& unit : recording.units) writer.write(unit).value();
    benchmark::DoNotOptimize(writer.finish().value());
  }
  std::filesystem::remove(path);
  report(state, recording);
}
BENCHMARK(export_to_file)->Unit(benchmark::kMillisecond);

void live_fragments(benchmark::State& state) {
  const Recording recording;
  for (auto _ : state) {
    auto muxer = Fmp4Muxer::open({recording.track}).value();
    for (const AccessUnit& unit : recording.units) benchmark::DoNotOptimize(muxer.fragment(unit).value());
  }
  report(state, recording);
}
BENCHMARK(live_fragments)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace watchrig::media
