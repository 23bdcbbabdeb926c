#include "system/media/g711.hpp"

#include <gmock/gmock.h>

namespace watchrig::media {
namespace {

using ::testing::ElementsAre;

constexpr Codec laws[] = {Codec::pcmu, Codec::pcma};

TEST(G711, decodes_the_corners_of_the_curve) {
  EXPECT_EQ(g711_sample(Codec::pcmu, 0xff), 0);
  EXPECT_EQ(g711_sample(Codec::pcmu, 0x00), -32124);
  EXPECT_EQ(g711_sample(Codec::pcmu, 0x80), 32124);
  EXPECT_EQ(g711_sample(Codec::pcma, 0xd5), 8);
  EXPECT_EQ(g711_sample(Codec::pcma, 0x2a), -32256);
  EXPECT_EQ(g711_sample(Codec::pcma, 0xaa), 32256);
}

TEST(G711, every_byte_comes_back_from_its_sample) {
  for (const auto law : laws) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      const auto sample = g711_sample(law, static_cast<std::uint8_t>(byte));
      // Mu-law has a zero of either sign; they sound alike.
      EXPECT_EQ(g711_sample(law, g711_byte(law, sample)), sample) << to_string(law) << " " << byte;
      if (sample == 0) continue;
      EXPECT_EQ(g711_byte(law, sample), byte) << to_string(law);
    }
  }
}

TEST(G711, a_sample_becomes_one_of_those_beside_it) {
  for (const auto law : laws) {
    int last = INT16_MIN;
    for (int sample = INT16_MIN; sample <= INT16_MAX; sample += 37) {
      const int said = g711_sample(law, g711_byte(law, static_cast<std::int16_t>(sample)));
      EXPECT_GE(said, last) << "louder is never softer";
      last = said;
      // Half a step, of which each segment has sixteen; mu-law's are shifted by 132.
      const int half_step = std::max(8, (std::abs(sample) + 132) / 32);
      EXPECT_LE(std::abs(said - sample), half_step) << to_string(law) << " " << sample;
    }
  }
}

TEST(G711, the_loudest_stays_loud) {
  for (const auto law : laws) {
    EXPECT_GT(g711_sample(law, g711_byte(law, INT16_MAX)), 32000);
    EXPECT_LT(g711_sample(law, g711_byte(law, INT16_MIN)), -32000);
  }
}

TEST(G711, between_the_laws_only_what_they_say_differently_is_lost) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto mu = static_cast<std::uint8_t>(byte);
    const auto a = recoded_g711({&mu, 1}, Codec::pcmu, Codec::pcma);
    const int there = g711_sample(Codec::pcmu, mu), here = g711_sample(Codec::pcma, a.front());
    EXPECT_LE(std::abs(there - here), 8 + std::abs(there) / 16) << byte;
    EXPECT_THAT(recoded_g711({&mu, 1}, Codec::pcmu, Codec::pcmu), ElementsAre(mu));
  }
}

TEST(G711, linear_samples_have_their_low_byte_first) {
  const base::Bytes pcm{0x00, 0x00, 0xff, 0x7f, 0x00, 0x80, 0x12};
  EXPECT_THAT(g711_of_linear(pcm, Codec::pcmu), ElementsAre(0xff, 0x80, 0x00));
  EXPECT_THAT(g711_of_linear(pcm, Codec::pcma), ElementsAre(0xd5, 0xaa, 0x2a));
}

}  // namespace
}  // namespace watchrig::media
