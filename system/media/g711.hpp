#pragma once

#include <cstdint>

#include "system/base/byte_order.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::media {

/// One 16-bit sample from one byte of G.711 (ITU-T G.711). The codec is PCMU or PCMA, here and below.
std::int16_t g711_sample(Codec codec, std::uint8_t byte);

/// The byte of G.711 for a 16-bit sample, by the decision values of the standard; what is louder than the law
/// can say is said as loud as it can.
std::uint8_t g711_byte(Codec codec, std::int16_t sample);

/// The same sound in the other law, or as it is. PCMU to PCMA and back loses what the laws say differently.
base::Bytes recoded_g711(base::ByteView samples, Codec from, Codec to);

/// From 16-bit samples, each its low byte first; half a sample at the end is left out.
base::Bytes g711_of_linear(base::ByteView pcm16, Codec to);

}  // namespace watchrig::media
