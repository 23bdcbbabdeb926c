#include "simulators/camera/personalities/quirky_sdp.hpp"

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

constexpr std::string_view foreign_host = "192.0.2.1", wrong_path = "/elsewhere/";
constexpr std::string_view control = "a=control:", parameters = "a=fmtp:", format = "a=rtpmap:", media = "m=";
/// Of GB/T 28181, and of nothing.
constexpr std::string_view unknown_lines =
    "y=0100000001\r\nf=v/2/4/25/1/512a///\r\nmedia-type: live\r\nx-dimensions\r\n";

/// Behind the host of rtsp://host:port/path.
std::size_t path_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto slash = scheme == url.npos ? url.npos : url.find('/', scheme + 3);
  return std::min(slash, url.size());
}

std::string without_parameter_sets(std::string_view line) {
  std::string kept;
  for (const auto part : base::split(line, ';')) {
    const auto text = base::trim(part);
    const auto first = text.find("sprop-");
    if (first == text.npos) {
      kept += (kept.empty() ? "" : ";") + std::string(text);
    } else if (kept.empty()) {
      kept = text.substr(0, first);  // "a=fmtp:96 " stands before the first
    }
  }
  return kept;
}

std::string with_wrong_clock(std::string_view line) {
  const auto slash = line.find('/');
  return std::string(line.substr(0, slash)) + "/8000";
}

std::string foreign_control(std::string_view value, std::string_view base) {
  auto url = with_foreign_host(base);
  if (value != "*") return url + std::string(value);
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

std::string with_foreign_host(std::string_view url) {
  return fmt::format("rtsp://{}{}", foreign_host, url.substr(path_of(url)));
}

std::string with_wrong_path(std::string_view url) {
  return fmt::format("{}{}", url.substr(0, path_of(url)), wrong_path);
}

std::string quirky_sdp(const Quirks& quirks, std::string_view sdp, std::string_view base) {
  std::string text;
  bool video = false;
  for (const auto part : base::split(sdp, '\n')) {
    std::string line(base::trim(part));
    if (line.empty()) continue;
    if (line.starts_with(media)) {
      if (quirks.has(quirks::sdp_unknown_lines) && !video) text += unknown_lines;
      video = line.starts_with("m=video");
    }
    if (line.starts_with(control)) {
      if (quirks.has(quirks::sdp_without_control)) continue;
      const auto value = std::string_view(line).substr(control.size());
      if (quirks.has(quirks::sdp_foreign_host)) line = std::string(control) + foreign_control(value, base);
    }
    if (line.starts_with(parameters) && video && quirks.has(quirks::sdp_without_parameters))
      line = without_parameter_sets(line);
    if (line.starts_with(format) && video && quirks.has(quirks::sdp_wrong_clock))
      line = with_wrong_clock(line);
    text += line + "\r\n";
  }
  return text;
}

}  // namespace watchrig::camera
