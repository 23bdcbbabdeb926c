#include "system/storage/testing/encoded_video.hpp"

#include <gtest/gtest.h>

#include "system/media/av_encoder.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {

EncodedVideo encode_video(int count, int width, base::Duration at) {
  constexpr auto interval = std::chrono::milliseconds(40);
  auto encoder = media::VideoEncoder::open({media::Codec::h264, width, 96, {25, 1}, 200'000, 25});
  EXPECT_TRUE(encoder) << encoder.error().message;
  EncodedVideo video{{encoder->track()}, {}};
  const media::Picture picture(width, 96);
  for (int i = 0; i < count; ++i) {
    auto encoded = encoder->encode(picture);
    EXPECT_TRUE(encoded) << encoded.error().message;
    auto unit = std::make_shared<media::AccessUnit>();
    unit->codec = media::Codec::h264;
    unit->key = encoded->key;
    unit->time = unit->received = test_start + at + i * interval;
    unit->rtp_timestamp = static_cast<std::uint32_t>(i) * 3600;
    unit->payload = std::move(encoded->payload);
    video.units.push_back(std::move(unit));
  }
  return video;
}

}  // namespace watchrig::storage
