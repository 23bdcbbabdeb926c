#pragma once

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::media {

/// The parameter sets of an MP4 sample entry and how long the lengths in its samples are.
struct DecoderConfiguration {
  base::Bytes parameter_sets;  ///< in the form of Track::config
  int length_size = 4;         ///< 1, 2 or 4 bytes
};

/// The `avcC` or `hvcC` of a track whose samples have 4-byte lengths (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1).
/// Error `invalid` when the track has no parameter sets or broken ones.
base::Result<base::Bytes> make_decoder_configuration(const Track& track);

/// Reads `avcC` or `hvcC`. Error `corrupt` when it ends early.
base::Result<DecoderConfiguration> parse_decoder_configuration(Codec codec, base::ByteView bytes);

}  // namespace watchrig::media
