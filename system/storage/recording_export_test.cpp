#include "system/storage/recording_export.hpp"

#include <cstdio>

#include <gtest/gtest.h>

#include "system/storage/testing/encoded_video.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

using namespace std::chrono_literals;

std::string run(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[256];
  while (pipe && std::fgets(buffer, sizeof buffer, pipe)) output += buffer;
  if (pipe) ::pclose(pipe);
  return output;
}

struct ExportTest : testing::Test {
  TestVolume volume;
  media::Presentation tracks;
  std::filesystem::path path = volume.directory.path() / "clip.mp4";

  void SetUp() override { volume.open(); }

  std::vector<media::AccessUnitPtr> encode(int count, int width, base::Duration at) {
    auto video = encode_video(count, width, at);
    tracks = video.tracks;
    return std::move(video.units);
  }

  auto export_range(base::Duration from, base::Duration to) {
    return export_mp4(*volume.storage, "gate", "main", test_start + from, test_start + to, path);
  }
};

TEST_F(ExportTest, HoldsExactlyTheFramesAskedFor) {
  const auto sent = encode(75, 128, 0ms);
  volume.push(*volume.record("gate", "main", tracks), sent);
  ASSERT_TRUE(volume.storage->flush());
  const auto summary = export_range(680ms, 1880ms);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->frames, 30u);
  EXPECT_EQ(summary->from, test_start + 680ms);
  EXPECT_EQ(summary->to, test_start + 1840ms);
  EXPECT_EQ(run("ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of "
                "csv=p=0 " +
                path.native()),
            "30\n");
}

TEST_F(ExportTest, BeginsWithItsFirstPictureWhenMoreWasAskedFor) {
  const auto sent = encode(50, 128, 24h);
  volume.push(*volume.record("gate", "main", tracks), sent);
  ASSERT_TRUE(volume.storage->flush());
  ASSERT_TRUE(export_range(0s, 100h));
  EXPECT_EQ(run("ffprobe -v error -show_entries format=start_time,duration -of csv=p=0 " + path.native()),
            "0.000000,2.000000\n");
}

TEST_F(ExportTest, NothingRecordedIsAnErrorAndLeavesNoFile) {
  EXPECT_EQ(export_range(0s, 1s).error().kind, base::ErrorKind::not_found);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ExportTest, AChangeOfResolutionIsRefusedWithItsTime) {
  const auto first = encode(25, 128, 0ms);
  const auto recorder = volume.record("gate", "main", tracks);
  volume.push(*recorder, first);
  const auto second = encode(25, 160, 1s);
  recorder->present(tracks);
  volume.push(*recorder, second);
  ASSERT_TRUE(volume.storage->flush());
  const auto both = export_range(0s, 2s);
  ASSERT_FALSE(both);
  EXPECT_NE(both.error().message.find("00:00:01.000Z"), std::string::npos) << both.error().message;
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(export_range(1s, 2s)->frames, 25u);
}

TEST_F(ExportTest, APathThatCannotBeWrittenIsAnError) {
  volume.push(*volume.record("gate", "main", tracks = video_tracks()), encode(25, 128, 0ms));
  ASSERT_TRUE(volume.storage->flush());
  path = "/proc/no-such-folder/clip.mp4";
  EXPECT_FALSE(export_range(0s, 1s));
}

TEST_F(ExportTest, SaysSoWhenItIsOvertakenByWhatIsOverwritten) {
  volume.close();
  volume.options.full.overwrite = true;
  volume.files->report_capacity(std::uint64_t{5} << 20);
  volume.open();
  const auto sent = encode(1000, 128, 0ms);
  for (const auto& unit : sent) {
    // Filler data (ITU-T H.264, 7.3.2.7), so that few pictures fill a segment.
    constexpr std::uint8_t filler[] = {0, 0, 0x27, 0x10, 0x0c};
    auto& payload = std::const_pointer_cast<media::AccessUnit>(unit)->payload;
    payload.insert(payload.end(), std::begin(filler), std::end(filler));
    payload.resize(payload.size() + 9999, 0xff);
  }
  const auto recorder = volume.record("gate", "main", tracks);
  const auto record = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i += 25) {
      volume.push(*recorder, {sent.begin() + static_cast<std::ptrdiff_t>(i),
                              sent.begin() + static_cast<std::ptrdiff_t>(i + 25)});
      EXPECT_TRUE(volume.storage->flush());
    }
  };
  record(0, 400);
  bool first = true;
  const auto exported = export_mp4(*volume.storage, "gate", "main", test_start, test_start + 1h, path,
                                   [&](const media::AccessUnit&) {
                                     if (std::exchange(first, false)) record(400, 1000);
                                     return true;
                                   });
  ASSERT_FALSE(exported);
  EXPECT_EQ(exported.error().kind, base::ErrorKind::not_found);
  EXPECT_NE(exported.error().message.find("made room"), std::string::npos) << exported.error().message;
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace watchrig::storage
