#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "simulators/scene/unit_producer.hpp"
#include "system/media/mp4_writer.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::scene {
namespace {

using namespace std::chrono_literals;

class Passthrough : public testing::TestWithParam<media::Codec> {
 protected:
  /// Ten pictures at 5 a second; parameter sets only where MP4 keeps them when `bare`.
  void write_file(bool bare) {
    auto encoder = media::VideoEncoder::open({GetParam(), 128, 96, {5, 1}, 200'000, 5}).value();
    auto writer =
        media::Mp4Writer::create(path_, {{encoder.track()}, base::UtcTime{}, base::UtcTime(1h)}).value();
    for (int i = 0; i < 10; ++i) {
      media::Picture picture(128, 96);
      std::fill_n(picture.luma(), picture.luma_size(), static_cast<std::uint8_t>(20 * i + 16));
      auto coded = encoder.encode(picture).value();
      media::AccessUnit unit;
      unit.codec = GetParam();
      unit.key = coded.key;
      unit.time = base::UtcTime(200ms * i);
      media::NalReader reader(coded.payload);
      while (reader.next())
        if (!bare || !media::is_parameter_set(GetParam(), media::nal_type(GetParam(), reader.nal()[0])))
          media::append_nal(unit.payload, reader.nal());
      ASSERT_TRUE(writer.write(unit));
      whole_.push_back(std::move(coded.payload));
    }
    ASSERT_TRUE(writer.finish());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) / ("passthrough-" + std::to_string(::getpid()) + ".mp4");
  std::vector<base::Bytes> whole_;
};

INSTANTIATE_TEST_SUITE_P(Codecs, Passthrough, testing::Values(media::Codec::h264, media::Codec::h265));

TEST_P(Passthrough, RepeatsTheFilesPicturesByteForByte) {
  write_file(false);
  StreamProfile profile;
  auto producer = open_passthrough(path_, profile);
  ASSERT_TRUE(producer) << producer.error().message;
  EXPECT_EQ(profile.codec, GetParam());
  EXPECT_EQ(profile.width, 128);
  EXPECT_EQ(profile.height, 96);
  EXPECT_EQ(profile.rate, (media::FrameRate{5, 1}));
  for (std::size_t i = 0; i < 25; ++i) {
    const auto unit = (*producer)->produce(i);
    ASSERT_TRUE(unit) << unit.error().message;
    EXPECT_EQ(unit->payload, whole_[i % 10]) << i;
    EXPECT_EQ(unit->key, i % 5 == 0) << i;
  }
}

TEST_P(Passthrough, PutsParameterSetsInFrontOfKeyPicturesAsCamerasDo) {
  write_file(true);
  StreamProfile profile;
  auto producer = open_passthrough(path_, profile).value();
  for (std::size_t i = 0; i < 10; ++i) {
    const auto unit = producer->produce(i).value();
    EXPECT_EQ(media::find_parameter_sets(GetParam(), unit.payload),
              unit.key ? producer->track().config : base::Bytes{});
  }
}

}  // namespace
}  // namespace watchrig::scene
