#include "system/media/sdp_codec.hpp"

#include <fmt/format.h>

#include "system/base/base64.hpp"
#include "system/base/text.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::media {

namespace {

base::Error unsupported(std::string reason) { return {base::ErrorKind::unsupported, std::move(reason)}; }

// Static payload types of RFC 3551, 6 that are handled.
std::string_view static_encoding(std::uint8_t payload_type) {
  switch (payload_type) {
    case 0:
      return "PCMU";
    case 8:
      return "PCMA";
    case 26:
      return "JPEG";
    default:
      return {};
  }
}

std::optional<Codec> find_codec(std::string_view encoding) {
  constexpr std::pair<std::string_view, Codec> codecs[] = {
      {"H264", Codec::h264}, {"H265", Codec::h265}, {"HEVC", Codec::h265},        {"JPEG", Codec::mjpeg},
      {"PCMU", Codec::pcmu}, {"PCMA", Codec::pcma}, {"MPEG4-GENERIC", Codec::aac}};
  for (const auto& [name, codec] : codecs) {
    if (base::equal_ignoring_case(encoding, name)) return codec;
  }
  return std::nullopt;
}

// Values may hold `=` (Base64), so that only the first one separates.
std::string_view parameter(std::string_view parameters, std::string_view name) {
  for (const std::string_view part : base::split(parameters, ';')) {
    const auto [key, value] = base::split_once(part, '=');
    if (!base::equal_ignoring_case(base::trim(key), name)) continue;
    std::string_view text = base::trim(value);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    return text;
  }
  return {};
}

void append_sprop(base::Bytes& nals, std::string_view list) {
  for (const std::string_view part : base::split(list, ',')) {
    const auto nal = base::from_base64(base::trim(part));
    if (nal && !nal->empty()) append_nal(nals, *nal);
  }
}

void set_parameter_sets(Track& track, std::string_view parameters) {
  base::Bytes nals;
  if (track.codec == Codec::h264) {
    append_sprop(nals, parameter(parameters, "sprop-parameter-sets"));
  } else {
    append_sprop(nals, parameter(parameters, "sprop-vps"));
    append_sprop(nals, parameter(parameters, "sprop-sps"));
    append_sprop(nals, parameter(parameters, "sprop-pps"));
  }
  update_parameter_sets(track, nals);
}

void set_dimensions(Track& track, std::string_view text) {
  const auto [width, height] = base::split_once(text, text.find(',') != text.npos ? ',' : '-');
  track.width = base::parse_number<std::uint16_t>(base::trim(width)).value_or(0);
  track.height = base::parse_number<std::uint16_t>(base::trim(height)).value_or(0);
}

std::optional<base::Bytes> from_hex(std::string_view text) {
  base::Bytes bytes;
  if (text.size() % 2 != 0 || text.size() > 128) return std::nullopt;
  for (; !text.empty(); text.remove_prefix(2)) {
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
    if (error != std::errc() || end != text.data() + 2) return std::nullopt;
    bytes.push_back(byte);
  }
  return bytes;
}

base::Result<> set_aac(Track& track, std::string_view parameters) {
  const std::string_view mode = parameter(parameters, "mode");
  if (!base::equal_ignoring_case(mode, "AAC-hbr") && parameter(parameters, "sizelength") != "13") {
    return unsupported(fmt::format("AAC mode \"{}\" is not supported, only AAC-hbr", mode));
  }
  for (const auto& [name, value] :
       {std::pair{"sizelength", "13"}, {"indexlength", "3"}, {"indexdeltalength", "3"}}) {
    const std::string_view given = parameter(parameters, name);
    if (!given.empty() && given != value)
      return unsupported(fmt::format("AAC with {}={} is not supported", name, given));
  }
  auto config = from_hex(parameter(parameters, "config"));
  if (!config || config->size() < 2) return unsupported("AAC without a readable config is not supported");
  track.config = std::move(*config);
  return {};
}

// What an unreadable or missing clock rate is taken for.
std::uint32_t usual_rate(Codec codec) { return is_video(codec) ? 90000 : 8000; }

std::string sprop(const Track& track, std::uint8_t type) {
  std::string list;
  NalReader reader(track.config);
  while (reader.next()) {
    if (nal_type(track.codec, reader.nal()[0]) != type) continue;
    if (!list.empty()) list += ',';
    list += base::to_base64(reader.nal());
  }
  return list;
}

std::string h264_fmtp(const Track& track) {
  std::string text = "packetization-mode=1";
  const std::string sps = sprop(track, 7), pps = sprop(track, 8);
  const auto codec = codec_string(track);
  if (sps.empty() || pps.empty() || codec.has_error()) return text;
  return text + fmt::format(";profile-level-id={};sprop-parameter-sets={},{}", codec->substr(5), sps, pps);
}

std::string h265_fmtp(const Track& track) {
  const std::string vps = sprop(track, 32), sps = sprop(track, 33), pps = sprop(track, 34);
  if (vps.empty() || sps.empty() || pps.empty()) return {};
  return fmt::format("sprop-vps={};sprop-sps={};sprop-pps={}", vps, sps, pps);
}

}  // namespace

base::Result<Track> make_track(const SdpFormat& format) {
  const std::string_view encoding =
      format.encoding.empty() ? static_encoding(format.payload_type) : format.encoding;
  const auto codec = find_codec(encoding);
  if (!codec) {
    return unsupported(encoding.empty() ? fmt::format("payload type {} has no rtpmap", format.payload_type)
                                        : fmt::format("codec \"{}\" is not supported", encoding));
  }
  Track track;
  track.codec = *codec;
  track.payload_type = format.payload_type;
  track.clock_rate = format.clock_rate;
  if (is_video(*codec) || format.clock_rate == 0) track.clock_rate = usual_rate(*codec);
  if (!is_video(*codec)) {
    if (format.channels > 8)
      return unsupported(fmt::format("{} audio channels are not supported", format.channels));
    track.channels = static_cast<std::uint8_t>(format.channels == 0 ? 1 : format.channels);
  }
  if (*codec == Codec::h264 || *codec == Codec::h265) set_parameter_sets(track, format.parameters);
  if (is_video(*codec) && track.width == 0) set_dimensions(track, format.dimensions);
  const std::string_view don = parameter(format.parameters, "sprop-max-don-diff");
  if (*codec == Codec::h265 && !don.empty() && don != "0")
    return unsupported("H.265 with interleaved NAL units is not supported");
  if (*codec == Codec::h264 && parameter(format.parameters, "packetization-mode") == "2") {
    return unsupported("H.264 with interleaved NAL units (packetization-mode 2) is not supported");
  }
  if (*codec == Codec::aac) {
    if (const auto set = set_aac(track, format.parameters); set.has_error()) return set.error();
  }
  return track;
}

std::string rtpmap_text(const Track& track) {
  switch (track.codec) {
    case Codec::h264:
      return "H264/90000";
    case Codec::h265:
      return "H265/90000";
    case Codec::mjpeg:
      return "JPEG/90000";
    case Codec::aac:
      return fmt::format("MPEG4-GENERIC/{}/{}", track.clock_rate, std::max<int>(track.channels, 1));
    case Codec::pcmu:
      return fmt::format("PCMU/{}", track.clock_rate);
    case Codec::pcma:
      break;
  }
  return fmt::format("PCMA/{}", track.clock_rate);
}

std::string fmtp_text(const Track& track) {
  if (track.codec == Codec::h264) return h264_fmtp(track);
  if (track.codec == Codec::h265) return h265_fmtp(track);
  if (track.codec != Codec::aac) return {};
  return fmt::format(
      "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config={}",
      base::to_hex(track.config.data(), track.config.size()));
}

}  // namespace watchrig::media
