#include "system/storage/testing/test_volume.hpp"

#include <algorithm>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "system/storage/segment_log.hpp"

namespace watchrig::storage {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

media::Presentation video_tracks(std::uint16_t width, std::uint16_t height) {
  media::Track track;
  track.codec = media::Codec::h264;
  track.width = width;
  track.height = height;
  track.config = {0, 0, 0, 4, 0x67, 0x64, 0, 0x1f, 0, 0, 0, 2, 0x68, 0xee};
  return {track};
}

media::Presentation video_and_audio_tracks() {
  auto tracks = video_tracks();
  media::Track sound;
  sound.codec = media::Codec::pcmu;
  sound.clock_rate = 8000;
  sound.payload_type = 0;
  sound.channels = 1;
  tracks.push_back(sound);
  return tracks;
}

namespace {

media::AccessUnitPtr make_unit(std::uint16_t track, media::Codec codec, base::Duration at, bool key,
                               std::size_t bytes) {
  auto unit = std::make_shared<media::AccessUnit>();
  unit->track = track;
  unit->codec = codec;
  unit->key = key;
  unit->time = test_start + at;
  unit->received = unit->time + 1234us;
  unit->rtp_timestamp = static_cast<std::uint32_t>(at.count() / 11111);
  if (at.count() % 3 != 0) unit->sender_time = unit->time - 7s;
  unit->payload.resize(bytes);
  auto state = static_cast<std::uint64_t>(at.count()) * 2 + track + bytes;
  for (auto& byte : unit->payload) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    byte = static_cast<std::uint8_t>(state >> 56);
  }
  return unit;
}

}  // namespace

media::AccessUnitPtr make_picture(base::Duration at, bool key, std::size_t bytes) {
  return make_unit(0, media::Codec::h264, at, key, bytes);
}

media::AccessUnitPtr make_sound(base::Duration at, std::size_t bytes) {
  return make_unit(1, media::Codec::pcmu, at, true, bytes);
}

std::vector<media::AccessUnitPtr> make_video(base::Duration at, std::size_t count, std::size_t bytes) {
  std::vector<media::AccessUnitPtr> units;
  for (std::size_t i = 0; i < count; ++i) {
    units.push_back(make_picture(at + 40ms * static_cast<int>(i), i % 25 == 0, bytes));
  }
  return units;
}

bool same_unit(const media::AccessUnit& a, const media::AccessUnit& b) {
  return a.track == b.track && a.codec == b.codec && a.key == b.key && a.damaged == b.damaged &&
         a.rtp_timestamp == b.rtp_timestamp && a.time == b.time && a.received == b.received &&
         a.sender_time == b.sender_time && a.payload == b.payload;
}

TestDirectory::TestDirectory() {
  std::string name = (fs::temp_directory_path() / "watchrig-storage-XXXXXX").native();
  path_ = ::mkdtemp(name.data());
}

TestDirectory::~TestDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

TestVolume::TestVolume() {
  options.volumes = {{directory.path() / "volume", files}};
  options.segment_bytes = 1u << 20;
  options.full.reserve_bytes = 0;
}

TestVolume::~TestVolume() {
  files->stall(false);
  close();
}

base::Result<> TestVolume::try_open() {
  auto opened = Storage::open(options, clock, metrics, sink());
  if (!opened) return opened.error();
  storage = std::move(*opened);
  return {};
}

void TestVolume::open() {
  const auto opened = try_open();
  ASSERT_TRUE(opened) << opened.error().message;
}

void TestVolume::close() { storage.reset(); }

std::shared_ptr<ChannelRecorder> TestVolume::record(const std::string& channel, const std::string& stream,
                                                    media::Presentation tracks) {
  auto recorder = storage->record(channel, stream, std::move(tracks));
  EXPECT_TRUE(recorder) << recorder.error().message;
  return *recorder;
}

void TestVolume::push(ChannelRecorder& recorder, const std::vector<media::AccessUnitPtr>& units) {
  for (const auto& unit : units) recorder.push(unit);
}

std::vector<media::AccessUnitPtr> TestVolume::read(const std::string& channel, base::Duration from,
                                                   base::Duration to, const std::string& stream) {
  std::vector<media::AccessUnitPtr> units;
  auto reader = storage->read(channel, stream, test_start + from, test_start + to);
  if (!reader) return units;
  while (auto recorded = reader->next()) units.push_back(recorded->unit);
  return units;
}

std::vector<Span> TestVolume::spans(const std::string& channel, base::Duration from, base::Duration to) {
  auto found = storage->spans(channel, "main", test_start + from, test_start + to);
  EXPECT_TRUE(found) << found.error().message;
  return *found;
}

std::vector<fs::path> TestVolume::segment_files() const {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(path())) {
    if (segment_number(entry.path())) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

EventSink TestVolume::sink() {
  return [this](const Event& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    told_.notify_all();
  };
}

bool TestVolume::wait_for(const std::string& type, const std::string& cause) {
  const auto is_that = [&](const Event& event) {
    return event.type == type && (cause.empty() || event.cause == cause);
  };
  std::unique_lock lock(mutex_);
  return told_.wait_for(lock, std::chrono::seconds(10),
                        [&] { return std::ranges::any_of(events_, is_that); });
}

std::vector<Event> TestVolume::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::size_t TestVolume::count(const std::string& type, const std::string& channel) const {
  const auto all = events();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Event& event) {
    return event.type == type && (channel.empty() || event.channel == channel);
  }));
}

std::optional<Event> TestVolume::find(const std::string& type) const {
  for (const Event& event : events()) {
    if (event.type == type) return event;
  }
  return std::nullopt;
}

void expect_same_units(const std::vector<media::AccessUnitPtr>& found,
                       const std::vector<media::AccessUnitPtr>& sent) {
  EXPECT_EQ(found.size(), sent.size());
  for (std::size_t i = 0; i < std::min(found.size(), sent.size()); ++i) {
    ASSERT_TRUE(same_unit(*found[i], *sent[i])) << "unit " << i;
  }
}

base::Bytes read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return base::Bytes(std::istreambuf_iterator<char>(in), {});
}

void write_bytes(const fs::path& path, base::ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace watchrig::storage
