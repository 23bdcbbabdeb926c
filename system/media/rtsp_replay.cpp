#include "system/media/rtsp_replay.hpp"

#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/media/rtsp_headers.hpp"

namespace watchrig::media {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

/// `20260131T120000.5Z` (RFC 2326, 3.7).
Result<base::UtcTime> parse_clock(std::string_view text) {
  constexpr std::size_t shortest = 16;  // 20260131T120000Z
  if (text.size() < shortest || text[8] != 'T') {
    return Error{ErrorKind::invalid, fmt::format("Range: \"{:.40}\" is no time as 20260131T120000Z", text)};
  }
  return base::parse_utc(fmt::format("{}-{}-{}T{}:{}:{}", text.substr(0, 4), text.substr(4, 2),
                                     text.substr(6, 2), text.substr(9, 2), text.substr(11, 2),
                                     text.substr(13)));
}

std::string format_clock(base::UtcTime time) {
  std::string text = base::format_utc(time, 9);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

Result<> read_range(std::string_view header, RtspReplay& replay) {
  const auto live = is_live_range(header);
  if (!live) return live.error();
  if (*live) return {};
  const auto [unit, range] = base::split_once(base::trim(base::split_once(header, ';').first), '=');
  if (!base::equal_ignoring_case(unit, "clock")) {
    return Error{ErrorKind::invalid,
                 fmt::format("Range \"{:.60}\": recorded material is played by clock=", header)};
  }
  const auto [first, last] = base::split_once(range, '-');
  const auto from = parse_clock(base::trim(first));
  if (!from) return from.error();
  replay.from = *from;
  if (base::trim(last).empty()) return {};
  const auto to = parse_clock(base::trim(last));
  if (!to) return to.error();
  replay.to = *to;
  return {};
}

Result<double> read_speed(std::string_view header, std::string_view text, std::string_view ways) {
  const auto speed = base::parse_number<double>(text);
  if (!speed || !std::isfinite(*speed) || *speed == 0)
    return Error{ErrorKind::unsupported, fmt::format("{} \"{:.20}\" is no speed", header, text)};
  if (std::abs(*speed) < RtspReplay::slowest || std::abs(*speed) > RtspReplay::fastest) {
    return Error{ErrorKind::unsupported, fmt::format("{} {:.20}: {} to {} are offered{}", header, text,
                                                     RtspReplay::slowest, RtspReplay::fastest, ways)};
  }
  return *speed;
}

}  // namespace

Result<RtspReplay> read_replay(const RtspRequest& request) {
  RtspReplay replay;
  if (const auto range = request.headers.find("Range")) {
    if (const auto read = read_range(*range, replay); !read) return read.error();
  }
  const auto told = [&](std::string_view name) {
    return base::trim(request.headers.find(name).value_or(""));
  };
  replay.rate_control = !base::equal_ignoring_case(told("Rate-Control"), "no");
  replay.key_pictures_only = base::split_once(told("Frames"), '/').first == "intra";
  replay.request = base::parse_number<unsigned>(told("CSeq")).value_or(0);
  if (const auto scale = told("Scale"); !scale.empty()) {
    const auto speed = read_speed("Scale", scale, ", forwards and backwards");
    if (!speed) return speed.error();
    replay.backwards = *speed < 0;
    replay.speed = std::abs(*speed);
  }
  if (const auto told_speed = told("Speed"); !told_speed.empty()) {
    const auto speed = read_speed("Speed", told_speed, "");
    if (!speed) return speed.error();
    if (*speed < 0)
      return Error{ErrorKind::unsupported,
                   fmt::format("Speed {:.20}: backwards is asked for by Scale", told_speed)};
    replay.delivery = *speed;
  }
  if (replay.backwards && replay.from == base::UtcTime::min()) replay.from = base::UtcTime::max();
  if (replay.to && (replay.backwards ? *replay.to > replay.from : *replay.to < replay.from)) {
    return Error{ErrorKind::invalid, replay.backwards
                                         ? "Range: backwards, the later end comes first"
                                         : "Range: it ends before it begins, but Scale is not negative"};
  }
  return replay;
}

std::string clock_range(base::UtcTime from, std::optional<base::UtcTime> to) {
  return fmt::format("clock={}-{}", format_clock(from), to ? format_clock(*to) : "");
}

}  // namespace watchrig::media
