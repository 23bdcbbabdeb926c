#include "system/media/sdp.hpp"

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/media/sdp_codec.hpp"

namespace watchrig::media {

namespace {

constexpr std::size_t most_bytes = 64 * 1024, most_sections = 64, most_formats = 32;

base::Error corrupt(std::string what) {
  return {base::ErrorKind::corrupt, "session description: " + std::move(what)};
}

// The lines of one m= section, or those before the first.
struct Section {
  std::string_view media;
  std::vector<std::string_view> attributes;
};

struct Line {
  char kind;
  std::string_view value;
};

std::vector<Line> read_lines(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    const std::string_view line = base::trim(text.substr(0, end));
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (line.size() >= 2 && line[1] == '=') lines.push_back({line[0], base::trim(line.substr(2))});
  }
  return lines;
}

// `name:value` of an attribute when it has this name.
std::optional<std::string_view> attribute(std::string_view line, std::string_view name) {
  const auto [key, value] = base::split_once(line, ':');
  if (!base::equal_ignoring_case(base::trim(key), name)) return std::nullopt;
  return base::trim(value);
}

std::string_view find_attribute(const Section& section, std::string_view name) {
  for (const std::string_view line : section.attributes) {
    if (const auto value = attribute(line, name)) return *value;
  }
  return {};
}

// What follows the payload type in `a=rtpmap:96 H264/90000`.
std::string_view find_for_format(const Section& section, std::string_view name, std::uint8_t payload_type) {
  for (const std::string_view line : section.attributes) {
    const auto value = attribute(line, name);
    if (!value) continue;
    const auto [format, rest] = base::split_once(*value, ' ');
    if (base::parse_number<std::uint8_t>(base::trim(format)) == payload_type) return base::trim(rest);
  }
  return {};
}

SdpFormat describe_format(const Section& section, std::uint8_t payload_type) {
  SdpFormat format;
  format.payload_type = payload_type;
  const auto parts = base::split(find_for_format(section, "rtpmap", payload_type), '/');
  format.encoding = base::trim(parts[0]);
  if (parts.size() > 1)
    format.clock_rate = base::parse_number<std::uint32_t>(base::trim(parts[1])).value_or(0);
  if (parts.size() > 2) format.channels = base::parse_number<std::uint32_t>(base::trim(parts[2])).value_or(0);
  format.parameters = find_for_format(section, "fmtp", payload_type);
  format.dimensions = find_attribute(section, "x-dimensions");
  if (format.dimensions.empty()) format.dimensions = find_for_format(section, "framesize", payload_type);
  return format;
}

// The words of `m=video 0 RTP/AVP 96 97`.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (const std::string_view word : base::split(text, ' ')) {
    if (!base::trim(word).empty()) found.push_back(base::trim(word));
  }
  return found;
}

base::Result<Track> choose_track(const Section& section) {
  const auto parts = words(section.media);
  const auto unsupported = [](std::string reason) {
    return base::Error{base::ErrorKind::unsupported, std::move(reason)};
  };
  if (parts.size() < 4) return unsupported("no payload type is given");
  if (!base::equal_ignoring_case(parts[0], "video") && !base::equal_ignoring_case(parts[0], "audio")) {
    return unsupported(fmt::format("media of type \"{}\" are not supported", parts[0]));
  }
  if (!base::equal_ignoring_case(parts[2].substr(0, 7), "RTP/AVP")) {
    return unsupported(fmt::format("transport \"{}\" is not supported", parts[2]));
  }
  base::Result<Track> first = unsupported("no payload type is given");
  for (std::size_t i = 3; i < parts.size() && i < 3 + most_formats; ++i) {
    const auto payload_type = base::parse_number<std::uint8_t>(parts[i]);
    if (!payload_type || *payload_type > 127) continue;
    auto track = make_track(describe_format(section, *payload_type));
    if (track.has_value()) {
      if (is_video(track->codec) == base::equal_ignoring_case(parts[0], "video")) return track;
      continue;
    }
    if (i == 3) first = std::move(track);
  }
  return first;
}

void read_section(const Section& section, SessionDescription& description) {
  auto track = choose_track(section);
  if (track.has_error()) {
    description.ignored.push_back({std::string(section.media), std::move(track).error().message});
    return;
  }
  SdpMedia media;
  media.track = std::move(*track);
  media.control = find_attribute(section, "control");
  const auto rate = base::parse_number<double>(find_attribute(section, "framerate"));
  if (rate && *rate > 0 && *rate <= 1000) media.frame_rate = rate;
  description.media.push_back(std::move(media));
}

std::string section_text(const Track& track, std::size_t index, const SdpOptions& options) {
  const int type = track.payload_type;
  const std::size_t port = options.port == 0 ? 0 : options.port + 2 * index;
  std::string text =
      fmt::format("m={} {} RTP/AVP {}\r\na=rtpmap:{} {}\r\n", is_video(track.codec) ? "video" : "audio", port,
                  type, type, rtpmap_text(track));
  if (const std::string fmtp = fmtp_text(track); !fmtp.empty())
    text += fmt::format("a=fmtp:{} {}\r\n", type, fmtp);
  if (track.codec == Codec::mjpeg && track.width != 0) {
    text += fmt::format("a=x-dimensions:{},{}\r\n", track.width, track.height);
  }
  text += fmt::format("a=control:{}{}\r\n", options.control_prefix, index);
  if (options.heard_from) text += index < *options.heard_from ? "a=recvonly\r\n" : "a=sendonly\r\n";
  return text;
}

}  // namespace

base::Result<SessionDescription> parse_sdp(std::string_view text) {
  if (text.size() > most_bytes) return corrupt("longer than 64 KiB");
  std::vector<Section> sections(1);
  SessionDescription description;
  for (const Line& line : read_lines(text)) {
    if (line.kind == 'm') {
      if (sections.size() > most_sections) return corrupt("more than 64 media sections");
      sections.push_back({line.value, {}});
    } else if (line.kind == 'a') {
      sections.back().attributes.push_back(line.value);
    } else if (line.kind == 's' && sections.size() == 1) {
      description.name = line.value;
    }
  }
  if (sections.size() == 1) return corrupt("no media section (m=)");
  description.control = find_attribute(sections[0], "control");
  for (std::size_t i = 1; i < sections.size(); ++i) read_section(sections[i], description);
  return description;
}

std::string write_sdp(const Presentation& tracks, const SdpOptions& options) {
  const std::string_view family = options.address.find(':') != std::string::npos ? "IP6" : "IP4";
  std::string text = fmt::format(
      "v=0\r\no=- {} {} IN {} {}\r\ns={}\r\nc=IN {} {}\r\nt=0 0\r\na=control:*\r\n", options.session,
      options.session, family, options.address, options.name.empty() ? "-" : options.name, family,
      options.port != 0 ? options.address
      : family == "IP6" ? "::"
                        : "0.0.0.0");
  for (std::size_t i = 0; i < tracks.size(); ++i) text += section_text(tracks[i], i, options);
  return text;
}

Presentation presentation(const SessionDescription& description) {
  Presentation tracks;
  for (const SdpMedia& media : description.media) tracks.push_back(media.track);
  return tracks;
}

}  // namespace watchrig::media
