#include "system/media/mp4_writer.hpp"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "system/base/text.hpp"
#include "system/media/g711_to_aac.hpp"
#include "system/media/media_file_reader.hpp"
#include "system/media/testing/coded_units.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;

constexpr base::UtcTime noon = base::UtcTime(1'769'860'800s);

class Mp4WriterTest : public testing::TestWithParam<Codec> {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = fmt::format("{}-{}.mp4", info->name(), ::getpid());
    std::replace(name.begin(), name.end(), '/', '-');
    path_ = std::filesystem::path(testing::TempDir()) / name;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string probe(const std::string& options) const {
    return output_of("ffprobe -v error " + options + " -of csv=p=0 " + path_.string());
  }
  std::string frames() const {
    return std::string(
        base::trim(probe("-count_frames -select_streams v -show_entries stream=nb_read_frames")));
  }
  std::vector<std::string> frame_times() const {
    std::vector<std::string> times;
    const std::string text = probe("-select_streams v -show_entries frame=pts");
    // Lines without a time are side data.
    for (const auto line : base::split(text, '\n'))
      if (const auto time = base::split_once(base::trim(line), ',').first; !time.empty())
        times.emplace_back(time);
    return times;
  }

  std::filesystem::path path_;
};

INSTANTIATE_TEST_SUITE_P(Codecs, Mp4WriterTest, testing::Values(Codec::h264, Codec::h265, Codec::mjpeg));

TEST_P(Mp4WriterTest, KeepsEveryPayloadBitExact) {
  const CodedStream stream = coded_video(GetParam(), 60, noon);
  auto writer = Mp4Writer::create(path_, {{stream.track}, noon, noon + 1h}).value();
  for (const AccessUnit& unit : stream.units) ASSERT_TRUE(writer.write(unit));
  const auto totals = writer.finish();
  ASSERT_TRUE(totals) << totals.error().message;
  EXPECT_EQ(totals->shown, 60U);

  auto reader = MediaFileReader::open(path_).value();
  EXPECT_EQ(reader.presentation().at(0).config, stream.track.config);
  EXPECT_EQ(reader.presentation().at(0).width, 192);
  for (const AccessUnit& unit : stream.units) {
    const auto packet = reader.next_packet().value();
    ASSERT_TRUE(packet);
    EXPECT_EQ(digest(packet->payload), digest(unit.payload));
    EXPECT_EQ(packet->key, unit.key);
    EXPECT_EQ(packet->pts, unit.time - noon);
  }
  EXPECT_FALSE(reader.next_packet().value());
}

TEST_P(Mp4WriterTest, CopyByFfmpegIsBitExactToo) {
  const CodedStream stream = coded_video(GetParam(), 30, noon);
  auto writer = Mp4Writer::create(path_, {{stream.track}, noon, noon + 1h}).value();
  for (const AccessUnit& unit : stream.units) ASSERT_TRUE(writer.write(unit));
  ASSERT_TRUE(writer.finish());
  const auto copy = path_.string() + ".copy.mp4";
  output_of("ffmpeg -v error -y -i " + path_.string() + " -c copy " + copy);
  auto reader = MediaFileReader::open(copy).value();
  for (const AccessUnit& unit : stream.units) {
    const auto packet = reader.next_packet().value();
    ASSERT_TRUE(packet);
    EXPECT_EQ(digest(packet->payload), digest(unit.payload));
  }
  std::filesystem::remove(copy);
}

TEST_P(Mp4WriterTest, CutsInsideAGopToTheFrame) {
  const CodedStream stream = coded_video(GetParam(), 100, noon);
  // From picture 33 to picture 74 inclusive; decoding starts at the key picture 25.
  const base::UtcTime from = stream.units[33].time;
  const base::UtcTime to = stream.units[75].time;
  auto writer = Mp4Writer::create(path_, {{stream.track}, from, to}).value();
  for (std::size_t i = 25; i < stream.units.size(); ++i) ASSERT_TRUE(writer.write(stream.units[i]));
  const auto totals = writer.finish().value();
  EXPECT_EQ(totals.shown, 42U);
  // Every JPEG stands for itself, so none is needed before the cut.
  const bool all_keys = GetParam() == Codec::mjpeg;
  EXPECT_EQ(totals.hidden, all_keys ? 0U : 8U);
  EXPECT_EQ(totals.skipped, all_keys ? 33U : 25U);

  EXPECT_EQ(frames(), "42");
  const auto times = frame_times();
  ASSERT_EQ(times.size(), 42U);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_EQ(times[i], std::to_string(i * 3600));
  EXPECT_EQ(base::trim(probe("-show_entries format=duration")), "1.680000");
  EXPECT_EQ(base::trim(probe("-select_streams v -show_entries stream=time_base")), "1/90000");

  auto reader = MediaFileReader::open(path_).value();
  for (std::size_t i = all_keys ? 33 : 25; i < 75; ++i) {
    const auto packet = reader.next_packet().value();
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->hidden, i < 33) << i;
    EXPECT_EQ(digest(packet->payload), digest(stream.units[i].payload)) << i;
  }
}

TEST_P(Mp4WriterTest, CutsBetweenTwoFrames) {
  const CodedStream stream = coded_video(GetParam(), 50, noon);
  const base::UtcTime from = stream.units[10].time + 1ns;
  auto writer = Mp4Writer::create(path_, {{stream.track}, from, stream.units[40].time + 1ns}).value();
  for (const AccessUnit& unit : stream.units) ASSERT_TRUE(writer.write(unit));
  EXPECT_EQ(writer.finish()->shown, 30U);
  EXPECT_EQ(frames(), "30");
}

TEST_P(Mp4WriterTest, GapsStayGaps) {
  const CodedStream stream = coded_video(GetParam(), 60, noon);
  auto writer = Mp4Writer::create(path_, {{stream.track}, noon, noon + 1h}).value();
  for (std::size_t i = 0; i < 60; ++i) {
    AccessUnit unit = stream.units[i];
    if (i >= 25) unit.time += 10min;
    ASSERT_TRUE(writer.write(unit));
  }
  ASSERT_TRUE(writer.finish());
  const auto times = frame_times();
  ASSERT_EQ(times.size(), 60U);
  EXPECT_EQ(times[24], std::to_string(24 * 3600));
  EXPECT_EQ(times[25], std::to_string(25 * 3600 + 600 * 90000));
  EXPECT_EQ(base::trim(probe("-show_entries format=duration")), "602.400000");
}

TEST_P(Mp4WriterTest, TakesParameterSetsFromTheFirstKeyPicture) {
  CodedStream stream = coded_video(GetParam(), 60, noon);
  stream.track.config.clear();
  stream.track.width = stream.track.height = 0;
  auto writer = Mp4Writer::create(path_, {{stream.track}, noon, noon + 1h}).value();
  // Without the key picture in front: all up to the next one is left out.
  for (std::size_t i = 3; i < 60; ++i) ASSERT_TRUE(writer.write(stream.units[i]));
  const auto totals = writer.finish().value();
  EXPECT_EQ(totals.skipped, GetParam() == Codec::mjpeg ? 0U : 22U);
  EXPECT_EQ(frames(), GetParam() == Codec::mjpeg ? "57" : "35");
}

TEST_P(Mp4WriterTest, KeepsPicturesThatAreLessThanATickApart) {
  CodedStream stream = coded_video(GetParam(), 30, noon);
  for (const std::size_t i : {5, 6, 7}) stream.units[i].time = stream.units[i - 1].time + 11'111ns;
  auto writer = Mp4Writer::create(path_, {{stream.track}, noon, noon + 1h}).value();
  for (const AccessUnit& unit : stream.units) ASSERT_TRUE(writer.write(unit));
  EXPECT_EQ(writer.finish().value().shown, 30U);
  auto reader = MediaFileReader::open(path_).value();
  for (const AccessUnit& unit : stream.units) {
    const auto packet = reader.next_packet().value();
    ASSERT_TRUE(packet);
    EXPECT_EQ(digest(packet->payload), digest(unit.payload));
  }
}

TEST_F(Mp4WriterTest, SkipsUnitsThatDoNotRiseOrAreForeign) {
  const CodedStream stream = coded_video(Codec::h264, 10, noon);
  auto writer = Mp4Writer::create(path_, {{stream.track}, noon, noon + 1h}).value();
  for (const std::size_t i : {0U, 1U, 1U, 0U, 2U}) ASSERT_TRUE(writer.write(stream.units[i]));
  AccessUnit foreign = stream.units[3];
  foreign.track = 7;
  ASSERT_TRUE(writer.write(foreign));
  const auto totals = writer.finish().value();
  EXPECT_EQ(totals.shown, 3U);
  EXPECT_EQ(totals.skipped, 3U);
}

TEST_F(Mp4WriterTest, SaysWhenThereIsNothingToExport) {
  const CodedStream stream = coded_video(Codec::h264, 3, noon);
  auto empty = Mp4Writer::create(path_, {{stream.track}, noon, noon + 1s}).value();
  EXPECT_EQ(empty.finish().error().kind, base::ErrorKind::not_found);
  auto before = Mp4Writer::create(path_, {{stream.track}, noon + 1h, noon + 2h}).value();
  for (const AccessUnit& unit : stream.units) ASSERT_TRUE(before.write(unit));
  EXPECT_EQ(before.finish().error().kind, base::ErrorKind::not_found);
  EXPECT_FALSE(Mp4Writer::create(path_, {{stream.track}, noon, noon}));
  EXPECT_FALSE(Mp4Writer::create("/nowhere/x.mp4", {{stream.track}, noon, noon + 1s}));
}

class FullSink final : public Mp4Sink {
 public:
  base::Result<void> write_at(std::uint64_t offset, base::ByteView bytes) override {
    if (offset + bytes.size() > 20'000) return base::Error{base::ErrorKind::full, "the disk is full"};
    return {};
  }
};

TEST_F(Mp4WriterTest, TheSinksErrorComesBack) {
  const CodedStream stream = coded_video(Codec::h264, 200, noon);
  FullSink sink;
  auto writer = Mp4Writer::create(sink, {{stream.track}, noon, noon + 1h}).value();
  for (const AccessUnit& unit : stream.units)
    if (!writer.write(unit)) break;
  const auto finished = writer.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, base::ErrorKind::full);
}

TEST_F(Mp4WriterTest, BrokenParameterSetsAreAnError) {
  CodedStream stream = coded_video(Codec::h264, 1, noon);
  stream.units[0].payload = {0, 0, 0, 2, 0x67, 0xff, 0, 0, 0, 1, 0x68, 0, 0, 0, 2, 0x65, 0x88};
  stream.track.config.clear();
  Mp4MemorySink sink;
  auto writer = Mp4Writer::create(sink, {{stream.track}, noon, noon + 1h}).value();
  EXPECT_FALSE(writer.write(stream.units[0]));
  EXPECT_FALSE(writer.finish());
}

TEST_F(Mp4WriterTest, G711BecomesAacInStepWithThePictures) {
  const CodedStream video = coded_video(Codec::h264, 75, noon);
  const CodedStream sound = coded_g711(Codec::pcmu, 150, noon);
  auto writer = Mp4Writer::create(path_, {{video.track, sound.track}, noon, noon + 3s}).value();
  for (std::size_t i = 0; i < 75; ++i) {
    ASSERT_TRUE(writer.write(video.units[i]));
    ASSERT_TRUE(writer.write(sound.units[2 * i]));
    ASSERT_TRUE(writer.write(sound.units[2 * i + 1]));
  }
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(base::trim(probe("-select_streams a -show_entries stream=codec_name,sample_rate")), "aac,8000");
  EXPECT_EQ(frames(), "75");
  const std::string start(base::trim(probe("-select_streams a -show_entries stream=start_time")));
  EXPECT_NEAR(std::stod(start), 0, 0.001);
  const std::string duration(base::trim(probe("-select_streams a -show_entries stream=duration")));
  EXPECT_NEAR(std::stod(duration), 3.0, 0.13);
}

}  // namespace
}  // namespace watchrig::media
