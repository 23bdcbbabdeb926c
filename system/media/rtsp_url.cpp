#include "system/media/rtsp_url.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_url = 2048;

struct Scheme {
  std::string_view text;
  bool tls;
  bool http;
  std::uint16_t port;
};
constexpr Scheme schemes[] = {{"rtsp://", false, false, RtspUrl::usual_port},
                              {"rtsps://", true, false, RtspUrl::usual_tls_port},
                              {"rtsph://", false, true, 80},
                              {"rtspsh://", true, true, 443},
                              {"http://", false, true, 80},
                              {"https://", true, true, 443}};

Error bad_url(std::string_view problem) {
  return {ErrorKind::invalid, fmt::format("RTSP URL {}; expected rtsp://host[:port]/path", problem)};
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_scheme(std::string_view text, std::string_view scheme) {
  return text.size() >= scheme.size() && base::equal_ignoring_case(text.substr(0, scheme.size()), scheme);
}

Result<> read_authority(std::string_view authority, RtspUrl& url) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad_url("has an IPv6 address without ]");
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') return bad_url("has text behind ]");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    const auto [host, text] = base::split_once(authority, ':');
    url.host = host;
    port = text;
  }
  if (url.host.empty()) return bad_url("names no host");
  if (port.empty()) return {};
  const auto number = base::parse_number<std::uint16_t>(port);
  if (!number || *number == 0) return bad_url("has a port that is not 1 to 65535");
  url.port = *number;
  return {};
}

}  // namespace

std::string RtspUrl::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string url = fmt::format("{}{}{}{}", tls ? "rtsps://" : "rtsp://", v6 ? "[" : "", host, v6 ? "]" : "");
  if (port != (tls ? usual_tls_port : usual_port)) url += fmt::format(":{}", port);
  return url + path_and_query;
}

Result<RtspUrl> parse_rtsp_url(std::string_view text) {
  if (text.size() > longest_url) return bad_url("is longer than 2048 bytes");
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 127; })) {
    return bad_url("contains spaces or control characters");
  }
  RtspUrl url;
  const auto scheme = std::find_if(std::begin(schemes), std::end(schemes),
                                   [&](const Scheme& s) { return has_scheme(text, s.text); });
  if (scheme == std::end(schemes)) return bad_url("does not begin with rtsp://");
  url.tls = scheme->tls;
  url.http = scheme->http;
  url.port = scheme->port;
  text.remove_prefix(scheme->text.size());
  // The last @ before the path: passwords with an unescaped @ are common.
  auto end = std::min(text.find_first_of("/?"), text.size());
  if (const auto at = text.substr(0, end).rfind('@'); at != std::string_view::npos) {
    const auto [user, password] = base::split_once(text.substr(0, at), ':');
    url.credentials = {percent_decode(user), percent_decode(password)};
    text.remove_prefix(at + 1);
    end -= at + 1;
  }
  if (const auto read = read_authority(text.substr(0, end), url); !read) return read.error();
  url.path_and_query = text.substr(end, text.find('#', end) - end);
  return url;
}

std::string resolve_control(std::string_view base_url, std::string_view control) {
  if (control.empty() || control == "*") return std::string(base_url);
  if (has_scheme(control, "rtsp://") || has_scheme(control, "rtsps://")) return std::string(control);
  std::string url(base_url);
  if (control.front() == '?') return url + std::string(control);
  while (control.starts_with('/')) control.remove_prefix(1);
  if (!url.ends_with('/')) url += '/';
  return url + std::string(control);
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace watchrig::media
