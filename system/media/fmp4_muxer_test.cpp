#include "system/media/fmp4_muxer.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "system/base/byte_order.hpp"
#include "system/base/text.hpp"
#include "system/media/media_file_reader.hpp"
#include "system/media/testing/coded_units.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;

constexpr base::UtcTime noon = base::UtcTime(1'769'860'800s);

std::uint32_t box_type(base::ByteView bytes, std::size_t at) {
  return base::load_be32(bytes.data() + at + 4);
}
constexpr std::uint32_t name(const char (&text)[5]) {
  return std::uint32_t(text[0]) << 24 | std::uint32_t(text[1]) << 16 | std::uint32_t(text[2]) << 8 |
         std::uint32_t(text[3]);
}

/// The init segment and all fragments in one file, as a browser would see them.
std::filesystem::path written(const Fmp4Muxer& muxer, const std::vector<base::Bytes>& fragments) {
  std::string file_name =
      testing::UnitTest::GetInstance()->current_test_info()->name() + std::to_string(::getpid());
  std::replace(file_name.begin(), file_name.end(), '/', '-');
  const auto path = std::filesystem::path(testing::TempDir()) / (file_name + ".mp4");
  std::ofstream file(path, std::ios::binary);
  const auto put = [&](const base::Bytes& bytes) {
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  put(muxer.init_segment());
  for (const base::Bytes& fragment : fragments) put(fragment);
  return path;
}

class Fmp4Video : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, Fmp4Video, testing::Values(Codec::h264, Codec::h265));

TEST_P(Fmp4Video, IsOneFragmentAPictureBitExact) {
  const CodedStream stream = coded_video(GetParam(), 60, noon);
  auto muxer = Fmp4Muxer::open({stream.track}).value();
  EXPECT_EQ(muxer.mime().rfind(
                GetParam() == Codec::h264 ? "video/mp4; codecs=\"avc1." : "video/mp4; codecs=\"hvc1.", 0),
            0U)
      << muxer.mime();
  EXPECT_EQ(box_type(muxer.init_segment(), 0), name("ftyp"));
  std::vector<base::Bytes> fragments;
  for (const AccessUnit& unit : stream.units) {
    auto fragment = muxer.fragment(unit);
    ASSERT_TRUE(fragment) << fragment.error().message;
    ASSERT_GT(fragment->size(), unit.payload.size());
    ASSERT_EQ(box_type(*fragment, 0), name("moof"));
    const std::uint32_t moof = base::load_be32(fragment->data());
    EXPECT_EQ(box_type(*fragment, moof), name("mdat"));
    EXPECT_EQ(moof + base::load_be32(fragment->data() + moof), fragment->size());
    fragments.push_back(std::move(*fragment));
  }
  const auto path = written(muxer, fragments);
  auto reader = MediaFileReader::open(path).value();
  for (const AccessUnit& unit : stream.units) {
    const auto packet = reader.next_packet().value();
    ASSERT_TRUE(packet);
    EXPECT_EQ(digest(packet->payload), digest(unit.payload));
    EXPECT_EQ(packet->pts, unit.time - noon);
    EXPECT_FALSE(packet->hidden);
  }
  EXPECT_EQ(
      base::trim(output_of("ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 " +
                           path.string())),
      "60");
  std::filesystem::remove(path);
}

TEST(Fmp4Muxer, StartsAtAKeyPictureAndKeepsTheGapsOfTheStream) {
  const CodedStream stream = coded_video(Codec::h264, 60, noon);
  auto muxer = Fmp4Muxer::open({stream.track}).value();
  std::vector<base::Bytes> fragments;
  for (std::size_t i = 20; i < 60; ++i) {
    AccessUnit unit = stream.units[i];
    if (i >= 50) unit.time += 5s;
    auto fragment = muxer.fragment(unit).value();
    EXPECT_EQ(fragment.empty(), i < 25);
    fragments.push_back(std::move(fragment));
  }
  EXPECT_TRUE(muxer.fragment(stream.units[59])->empty()) << "older than what was sent";
  const auto path = written(muxer, fragments);
  auto reader = MediaFileReader::open(path).value();
  for (std::size_t i = 25; i < 60; ++i)
    EXPECT_EQ(reader.next_packet().value()->pts,
              stream.units[i].time - stream.units[25].time + (i >= 50 ? 5s : 0s));
  std::filesystem::remove(path);
}

TEST(Fmp4Muxer, KeepsPicturesThatAreLessThanATickApart) {
  CodedStream stream = coded_video(Codec::h264, 10, noon);
  stream.units[5].time = stream.units[4].time + 11'111ns;
  auto muxer = Fmp4Muxer::open({stream.track}).value();
  std::vector<std::uint32_t> durations;
  for (const AccessUnit& unit : stream.units) {
    const auto fragment = muxer.fragment(unit).value();
    ASSERT_FALSE(fragment.empty());
    constexpr std::size_t duration_at = 88;  // of the only sample, in the trun behind mfhd, tfhd and tfdt
    durations.push_back(base::load_be32(fragment.data() + duration_at));
  }
  EXPECT_EQ(durations[5], durations[4]) << "what is a tick behind another is shown as long as it";
  EXPECT_EQ(durations[9], durations[4]);
  EXPECT_GT(durations[4], 1000U);
}

TEST(Fmp4Muxer, TakesParameterSetsFromAKeyPicture) {
  CodedStream stream = coded_video(Codec::h264, 1, noon);
  stream.track.config.clear();
  EXPECT_EQ(Fmp4Muxer::open({stream.track}).error().kind, base::ErrorKind::invalid);
  EXPECT_TRUE(Fmp4Muxer::open({stream.track}, stream.units[0].payload));
}

TEST(Fmp4Muxer, RefusesMjpegWithARemedy) {
  const CodedStream stream = coded_video(Codec::mjpeg, 1, noon);
  EXPECT_EQ(Fmp4Muxer::open({stream.track}).error().kind, base::ErrorKind::unsupported);
}

TEST(Fmp4Muxer, CarriesG711AsAac) {
  const CodedStream video = coded_video(Codec::h264, 50, noon);
  const CodedStream sound = coded_g711(Codec::pcma, 100, noon);
  auto muxer = Fmp4Muxer::open({video.track, sound.track}).value();
  EXPECT_NE(muxer.mime().find(",mp4a.40.2\""), std::string::npos) << muxer.mime();
  std::vector<base::Bytes> fragments;
  for (std::size_t i = 0; i < 50; ++i) {
    fragments.push_back(muxer.fragment(video.units[i]).value());
    fragments.push_back(muxer.fragment(sound.units[2 * i]).value());
    fragments.push_back(muxer.fragment(sound.units[2 * i + 1]).value());
  }
  const auto path = written(muxer, fragments);
  EXPECT_EQ(base::trim(output_of("ffprobe -v error -select_streams a -count_frames -show_entries "
                                 "stream=codec_name,nb_read_frames -of csv=p=0 " +
                                 path.string())),
            "aac,13");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace watchrig::media
