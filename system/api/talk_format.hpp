#pragma once

#include <optional>
#include <string_view>

#include "system/base/byte_order.hpp"
#include "system/central/field_error.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::api {

/// How a client writes the samples of its speech: 8000 a second, of one channel.
struct TalkFormat {
  std::optional<media::Codec> law;  ///< PCMU or PCMA; nothing: 16 bits each, the low byte first
  std::size_t sample_bytes() const { return law ? 1 : 2; }
};

/// Reads `{"encoding":"pcmu","sampling_rate":8000}`. The field of an error is the member that is wrong.
central::FieldResult<TalkFormat> talk_format_from(std::string_view text);

/// Whole samples as a device understands them.
base::Bytes spoken(const TalkFormat& format, std::string_view samples, media::Codec law);

}  // namespace watchrig::api
