#include "system/media/g711.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace watchrig::media {

namespace {

constexpr unsigned bias = 0x84;  // of mu-law, so that each segment begins at a power of two
constexpr unsigned loudest_mu = 32635, loudest_a = 32767;

unsigned magnitude_of(std::int16_t sample, unsigned loudest) {
  return std::min(static_cast<unsigned>(std::abs(int{sample})), loudest);
}

std::uint8_t mu_law_byte(std::int16_t sample) {
  const unsigned magnitude = magnitude_of(sample, loudest_mu) + bias;
  const auto segment = static_cast<unsigned>(std::bit_width(magnitude >> 8));
  const unsigned code = (sample < 0 ? 0x80U : 0U) | segment << 4 | (magnitude >> (segment + 3) & 0x0f);
  return static_cast<std::uint8_t>(~code);
}

std::uint8_t a_law_byte(std::int16_t sample) {
  // A-law has no zero: what is not negative is at least a half step above it.
  const unsigned magnitude = sample < 0 ? magnitude_of(static_cast<std::int16_t>(sample + 1), loudest_a)
                                        : magnitude_of(sample, loudest_a);
  const auto segment = static_cast<unsigned>(std::bit_width(magnitude >> 8));
  const unsigned step = magnitude >> (segment == 0 ? 4 : segment + 3) & 0x0f;
  return static_cast<std::uint8_t>(((sample < 0 ? 0U : 0x80U) | segment << 4 | step) ^ 0x55);
}

}  // namespace

std::int16_t g711_sample(Codec codec, std::uint8_t byte) {
  if (codec == Codec::pcmu) {
    const unsigned code = ~unsigned{byte} & 0xff;
    const int magnitude = static_cast<int>((((code & 0x0f) << 3) + 0x84) << (code >> 4 & 7)) - 0x84;
    return static_cast<std::int16_t>((code & 0x80) != 0 ? -magnitude : magnitude);
  }
  const unsigned code = unsigned{byte} ^ 0x55;
  const unsigned segment = code >> 4 & 7;
  int magnitude = static_cast<int>((code & 0x0f) << 4) + 8;
  if (segment != 0) magnitude = (magnitude + 0x100) << (segment - 1);
  return static_cast<std::int16_t>((code & 0x80) != 0 ? magnitude : -magnitude);
}

std::uint8_t g711_byte(Codec codec, std::int16_t sample) {
  return codec == Codec::pcmu ? mu_law_byte(sample) : a_law_byte(sample);
}

base::Bytes recoded_g711(base::ByteView samples, Codec from, Codec to) {
  base::Bytes recoded(samples.begin(), samples.end());
  if (from == to) return recoded;
  for (auto& byte : recoded) byte = g711_byte(to, g711_sample(from, byte));
  return recoded;
}

base::Bytes g711_of_linear(base::ByteView pcm16, Codec to) {
  base::Bytes coded(pcm16.size() / 2);
  for (std::size_t i = 0; i < coded.size(); ++i) {
    const unsigned bits = pcm16[2 * i] | unsigned{pcm16[2 * i + 1]} << 8;
    coded[i] = g711_byte(to, static_cast<std::int16_t>(bits));
  }
  return coded;
}

}  // namespace watchrig::media
