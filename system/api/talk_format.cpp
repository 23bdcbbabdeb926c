#include "system/api/talk_format.hpp"

#include <fmt/format.h>

#include "system/api/request_fields.hpp"
#include "system/media/g711.hpp"
#include "system/media/rtsp_talk.hpp"

namespace watchrig::api {

central::FieldResult<TalkFormat> talk_format_from(std::string_view text) {
  http::Request told;
  told.body = text;
  BodyFields fields(told);
  const auto encoding = fields.text("encoding");
  const auto rate = fields.number("sampling_rate", media::RtspTalk::sample_rate);
  fields.no_others();
  TalkFormat format;
  if (encoding == "pcmu") {
    format.law = media::Codec::pcmu;
  } else if (encoding == "pcma") {
    format.law = media::Codec::pcma;
  } else if (encoding != "pcm16") {
    fields.refuse("encoding", "must be pcmu, pcma or pcm16");
  }
  if (rate != media::RtspTalk::sample_rate)
    fields.refuse("sampling_rate",
                  fmt::format("must be {}: convert before you send", media::RtspTalk::sample_rate));
  if (fields.error()) return *fields.error();
  return format;
}

base::Bytes spoken(const TalkFormat& format, std::string_view samples, media::Codec law) {
  const base::ByteView bytes(reinterpret_cast<const std::uint8_t*>(samples.data()), samples.size());
  return format.law ? media::recoded_g711(bytes, *format.law, law) : media::g711_of_linear(bytes, law);
}

}  // namespace watchrig::api
