#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <sys/resource.h>

#include <benchmark/benchmark.h>

#include "system/storage/crc32c.hpp"
#include "system/storage/recording_export.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;

constexpr int pictures_a_second = 25;
constexpr int seconds = 8;
constexpr int group_of_pictures = 50;
constexpr double time_scale = 4;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Volume {
  std::filesystem::path directory;
  base::Clock clock;
  base::Metrics metrics;
  std::unique_ptr<Storage> storage;
  base::UtcTime start = clock.now();

  /// With a scaled clock the writer commits as often a media second as in operation.
  explicit Volume(double scale = 1) : clock({base::Clock().now(), base::Clock().now(), scale}) {
    std::string name = (std::filesystem::temp_directory_path() / "watchrig-bench-XXXXXX").native();
    directory = ::mkdtemp(name.data());
    Options options;
    options.volumes = {{directory, {}}};
    options.queue_bytes = 1u << 30;
    storage = *Storage::open(options, clock, metrics, [](const Event&) {});
  }
  ~Volume() {
    storage.reset();
    std::filesystem::remove_all(directory);
  }
};

media::Presentation tracks() {
  media::Track track;
  track.codec = media::Codec::h264;
  track.width = 1280;
  track.height = 720;
  return {track};
}

/// 2 Mb/s: 10,000 bytes a picture. Payloads are shared, as the storage never looks at more than their bytes.
media::AccessUnitPtr picture(base::UtcTime start, int index) {
  auto unit = std::make_shared<media::AccessUnit>();
  unit->codec = media::Codec::h264;
  unit->key = index % group_of_pictures == 0;
  unit->time = unit->received = start + index * 40ms;
  unit->rtp_timestamp = static_cast<std::uint32_t>(index) * 3600;
  unit->payload.assign(10'000, static_cast<std::uint8_t>(index));
  return unit;
}

/// Eight seconds of n channels, whose key frames come at different times.
void record_channels(benchmark::State& state) {
  const auto channels = static_cast<std::size_t>(state.range(0));
  double cpu = 0;
  double bits = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Volume volume(time_scale);
    std::vector<std::shared_ptr<ChannelRecorder>> recorders;
    for (std::size_t i = 0; i < channels; ++i) {
      recorders.push_back(*volume.storage->record("c" + std::to_string(i), "main", tracks()));
    }
    std::vector<media::AccessUnitPtr> units;
    const int pushes = pictures_a_second * seconds;
    for (int i = 0; i < pushes + group_of_pictures; ++i) units.push_back(picture(volume.start, i));
    state.ResumeTiming();
    const double before = cpu_seconds();
    std::mutex mutex;
    std::condition_variable never;
    for (int i = 0; i < pushes; ++i) {
      std::unique_lock lock(mutex);
      never.wait_until(lock, volume.clock.real_time(volume.start + i * 40ms));
      for (std::size_t c = 0; c < channels; ++c) {
        recorders[c]->push(units[static_cast<std::size_t>(i) + c % group_of_pictures]);
      }
    }
    static_cast<void>(volume.storage->flush(60s));
    cpu += cpu_seconds() - before;
    bits += 8.0 * static_cast<double>(volume.storage->stats().bytes);
    state.counters["longest_commit_ms"] =
        std::chrono::duration<double, std::milli>(volume.storage->stats().longest_commit).count();
    state.counters["commits"] = static_cast<double>(volume.storage->stats().groups);
    state.PauseTiming();
    recorders.clear();
    volume.storage->stop();
    state.ResumeTiming();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bits / 8));
  state.counters["cpu_s_a_Gb"] = cpu / (bits / 1e9);
}
BENCHMARK(record_channels)->Arg(64)->Iterations(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void check_crc(benchmark::State& state) {
  const base::Bytes bytes(10'000, 0x5a);
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c::of(bytes));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(check_crc);

/// A minute of one 2 Mb/s channel.
struct Recorded : Volume {
  Recorded() {
    const auto recorder = *storage->record("gate", "main", tracks());
    for (int i = 0; i < 60 * pictures_a_second; ++i) recorder->push(picture(start, i));
    static_cast<void>(storage->flush(60s));
  }
};

void read_minute(benchmark::State& state) {
  const Recorded volume;
  std::int64_t bytes = 0;
  for (auto _ : state) {
    auto reader = volume.storage->read("gate", "main", volume.start, volume.start + 60s);
    while (const auto recorded = reader->next())
      bytes += static_cast<std::int64_t>(recorded->unit->payload.size());
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(read_minute)->Unit(benchmark::kMillisecond);

void list_spans_of_a_day(benchmark::State& state) {
  Volume volume;
  const auto recorder = *volume.storage->record("gate", "main", tracks());
  for (int i = 0; i < 2 * 86400; ++i) {
    auto unit = std::make_shared<media::AccessUnit>();
    unit->codec = media::Codec::h264;
    unit->key = true;
    unit->time = volume.start + i * 500ms;
    unit->payload.assign(10, 1);
    recorder->push(std::move(unit));
    if (i % 10000 == 0) static_cast<void>(volume.storage->flush(60s));
  }
  static_cast<void>(volume.storage->flush(60s));
  for (auto _ : state) {
    benchmark::DoNotOptimize(volume.storage->spans("gate", "main", volume.start, volume.start + 24h)->size());
  }
}
BENCHMARK(list_spans_of_a_day)->Unit(benchmark::kMillisecond);

void open_after_index_was_deleted(benchmark::State& state) {
  Recorded volume;
  Options options;
  options.volumes = {{volume.directory, {}}};
  volume.storage.reset();
  for (auto _ : state) {
    std::filesystem::remove(volume.directory / "index.sqlite");
    auto opened = Storage::open(options, volume.clock, volume.metrics, [](const Event&) {});
    benchmark::DoNotOptimize(opened.has_value());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * 15'000'000);
}
BENCHMARK(open_after_index_was_deleted)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace watchrig::storage
