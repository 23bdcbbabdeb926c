#include "system/media/sdp_oddities.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/media/rtsp_quirks.hpp"

namespace watchrig::media {

namespace {

constexpr std::string_view known_lines = "vosiuepcbtrzkam";  // RFC 8866, 5
constexpr std::string_view video_encodings[] = {"H264", "H265", "HEVC", "JPEG"};

bool known(std::string_view line) {
  return line.size() >= 2 && line[1] == '=' && known_lines.find(line[0]) != known_lines.npos;
}

/// The rate of `a=rtpmap:96 H264/8000`, where it is video and wrong.
std::string_view wrong_clock(std::string_view line) {
  if (!line.starts_with("a=rtpmap:")) return {};
  const auto [encoding, rate] = base::split_once(base::trim(base::split_once(line, ' ').second), '/');
  const auto name = base::trim(encoding);
  const bool video = std::ranges::any_of(
      video_encodings, [&](std::string_view one) { return base::equal_ignoring_case(one, name); });
  return video && base::trim(rate) != "90000" ? rate : std::string_view{};
}

}  // namespace

std::vector<SdpOddity> sdp_oddities(std::string_view text, const SessionDescription& description) {
  std::vector<SdpOddity> oddities;
  const auto add = [&](std::string_view name, std::string detail) {
    if (std::ranges::find(oddities, name, &SdpOddity::name) == oddities.end())
      oddities.push_back({name, std::move(detail)});
  };
  for (const auto part : base::split(text, '\n')) {
    const auto line = base::trim(part);
    if (line.empty()) continue;
    if (!known(line))
      add(rtsp_quirks::sdp_unknown_lines, fmt::format("its description has the line \"{:.40}\"", line));
    if (const auto rate = wrong_clock(line); !rate.empty())
      add(rtsp_quirks::sdp_wrong_clock,
          fmt::format("its description has video at {:.20} Hz; 90000 is what is meant", rate));
  }
  for (const auto& media : description.media) {
    const auto& track = media.track;
    if (media.control.empty())
      add(rtsp_quirks::sdp_without_control,
          "its description does not say how a track is set up; the address of the stream is taken");
    if ((track.codec == Codec::h264 || track.codec == Codec::h265) && track.config.empty())
      add(rtsp_quirks::sdp_without_parameters,
          "its description has no parameter sets; they are taken from the stream");
  }
  return oddities;
}

}  // namespace watchrig::media
