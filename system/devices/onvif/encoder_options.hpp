#pragma once

#include <optional>
#include <string_view>

#include <pugixml.hpp>

#include "system/devices/stream_encoding.hpp"

namespace watchrig::devices {

/// What a device says its encoders can do, from its answer by version 2 of the media service or version 1.
/// What no encoder can do is left out and named in `unusable`; of more than EncoderState::most_options sizes
/// or rates only that in `settings` is kept.
EncoderState read_encoder_options2(pugi::xml_node answer, EncoderSettings settings);
EncoderState read_encoder_options1(pugi::xml_node answer, EncoderSettings settings);

/// "H264", "H265" or "JPEG"; nothing for what we do not know.
std::optional<media::Codec> codec_of(std::string_view encoding);
const char* encoding_of(media::Codec codec);

/// A number that can be reckoned with.
std::optional<double> number_of(std::string_view text);

}  // namespace watchrig::devices
