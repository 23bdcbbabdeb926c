#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/metrics.hpp"
#include "system/storage/storage.hpp"
#include "system/storage/testing/fault_files.hpp"

namespace watchrig::storage {

inline const base::UtcTime test_start = base::UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1));

media::Presentation video_tracks(std::uint16_t width = 1280, std::uint16_t height = 720);
media::Presentation video_and_audio_tracks();

/// A picture `at` after test_start; the payload is a function of time, track and size.
media::AccessUnitPtr make_picture(base::Duration at, bool key, std::size_t bytes = 2000);
media::AccessUnitPtr make_sound(base::Duration at, std::size_t bytes = 160);
/// Pictures at 25 a second with a key frame a second, from `at` on.
std::vector<media::AccessUnitPtr> make_video(base::Duration at, std::size_t count, std::size_t bytes = 2000);

bool same_unit(const media::AccessUnit& a, const media::AccessUnit& b);

/// A directory that is removed at the end.
class TestDirectory {
 public:
  TestDirectory();
  ~TestDirectory();
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A storage on a directory of its own, with faults and a clock that a test moves.
struct TestVolume {
  TestDirectory directory;
  base::ManualClock clock{test_start};
  base::Metrics metrics;
  std::shared_ptr<FaultFiles> files = std::make_shared<FaultFiles>();
  Options options;
  std::unique_ptr<Storage> storage;

  TestVolume();
  ~TestVolume();
  const std::filesystem::path& path() const { return options.volumes.front().directory; }
  base::Result<> try_open();
  void open();
  void close();
  std::shared_ptr<ChannelRecorder> record(const std::string& channel, const std::string& stream = "main",
                                          media::Presentation tracks = video_tracks());
  void push(ChannelRecorder& recorder, const std::vector<media::AccessUnitPtr>& units);
  std::vector<media::AccessUnitPtr> read(const std::string& channel,
                                         base::Duration from = base::Duration::zero(),
                                         base::Duration to = std::chrono::hours(24),
                                         const std::string& stream = "main");
  std::vector<Span> spans(const std::string& channel, base::Duration from = base::Duration::zero(),
                          base::Duration to = std::chrono::hours(24));
  std::vector<std::filesystem::path> segment_files() const;

  EventSink sink();
  std::vector<Event> events() const;
  std::size_t count(const std::string& type, const std::string& channel = "") const;
  /// False when none came within 10 s; of any cause unless one is given.
  bool wait_for(const std::string& type, const std::string& cause = "");
  std::optional<Event> find(const std::string& type) const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable told_;
  std::vector<Event> events_;
};

/// Both lists hold the same units; says where they differ.
void expect_same_units(const std::vector<media::AccessUnitPtr>& found,
                       const std::vector<media::AccessUnitPtr>& sent);

base::Bytes read_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, base::ByteView bytes);

}  // namespace watchrig::storage
