#include "system/media/rtsp_headers.hpp"

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

template <class Number>
Result<std::pair<Number, Number>> parse_pair(std::string_view name, std::string_view text) {
  const auto [first, second] = base::split_once(text, '-');
  const auto low = base::parse_number<Number>(first);
  // One port or channel alone means the next one for RTCP.
  const auto high = second.empty() && low ? std::optional<Number>(static_cast<Number>(*low + 1))
                                          : base::parse_number<Number>(second);
  if (!low || !high || *low == *high || (second.empty() && *high == 0)) {
    return Error{ErrorKind::invalid, fmt::format("Transport: {}={:.40} is out of range", name, text)};
  }
  return std::pair(*low, *high);
}

template <class Number>
Result<> read_pair(std::string_view name, std::string_view text,
                   std::optional<std::pair<Number, Number>>& into) {
  auto pair = parse_pair<Number>(name, text);
  if (!pair) return std::move(pair).error();
  into = *pair;
  return {};
}

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<> read_parameter(std::string_view part, RtspTransport& transport) {
  const auto [name, raw] = base::split_once(base::trim(part), '=');
  const auto value = unquote(base::trim(raw));
  if (base::equal_ignoring_case(name, "multicast")) transport.supported = false;
  if (base::equal_ignoring_case(name, "mode"))
    transport.supported &= base::equal_ignoring_case(value, "play");
  if (base::equal_ignoring_case(name, "source")) transport.source = value;
  if (base::equal_ignoring_case(name, "ssrc")) transport.ssrc = parse_hex(value);
  if (base::equal_ignoring_case(name, "interleaved")) return read_pair(name, value, transport.interleaved);
  if (base::equal_ignoring_case(name, "client_port")) return read_pair(name, value, transport.client_port);
  if (base::equal_ignoring_case(name, "server_port")) return read_pair(name, value, transport.server_port);
  return {};
}

}  // namespace

Result<std::vector<RtspTransport>> parse_transport(std::string_view header) {
  std::vector<RtspTransport> transports;
  for (const auto text : base::split(header, ',')) {
    const auto parts = base::split(base::trim(text), ';');
    RtspTransport transport;
    const auto protocol = base::trim(parts[0]);
    transport.tcp = base::equal_ignoring_case(protocol, "RTP/AVP/TCP");
    transport.supported = transport.tcp || base::equal_ignoring_case(protocol, "RTP/AVP") ||
                          base::equal_ignoring_case(protocol, "RTP/AVP/UDP");
    for (std::size_t i = 1; i < parts.size(); ++i) {
      auto read = read_parameter(parts[i], transport);
      if (!read) return std::move(read).error();
    }
    transports.push_back(std::move(transport));
  }
  return transports;
}

std::string format_transport(const RtspTransport& transport) {
  std::string text = transport.tcp ? "RTP/AVP/TCP;unicast" : "RTP/AVP;unicast";
  const auto pair = [&text](std::string_view name, const auto& value) {
    if (value) text += fmt::format(";{}={}-{}", name, value->first, value->second);
  };
  if (!transport.source.empty()) text += ";source=" + transport.source;
  pair("client_port", transport.client_port);
  pair("server_port", transport.server_port);
  pair("interleaved", transport.interleaved);
  if (transport.ssrc) text += fmt::format(";ssrc={:08X}", *transport.ssrc);
  return text;
}

Result<RtspSessionHeader> parse_session(std::string_view header) {
  const auto parts = base::split(header, ';');
  RtspSessionHeader session;
  session.id = base::trim(parts[0]);
  if (session.id.empty()) return Error{ErrorKind::invalid, "Session header without an id"};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto [name, value] = base::split_once(base::trim(parts[i]), '=');
    const auto seconds = base::parse_number<std::uint32_t>(base::trim(value));
    if (!base::equal_ignoring_case(base::trim(name), "timeout") || !seconds || *seconds == 0) continue;
    session.timeout = std::chrono::seconds(std::min(*seconds, 86400U));
  }
  return session;
}

Result<bool> is_live_range(std::string_view header) {
  const auto [unit, range] = base::split_once(base::trim(base::split_once(header, ';').first), '=');
  const auto [from, to] = base::split_once(range, '-');
  const bool known = base::equal_ignoring_case(unit, "npt") || base::equal_ignoring_case(unit, "clock") ||
                     base::equal_ignoring_case(unit, "smpte");
  if (!known || range.find('-') == std::string_view::npos || (from.empty() && to.empty())) {
    return Error{ErrorKind::invalid, fmt::format("Range \"{:.60}\" is none of npt, clock, smpte", header)};
  }
  if (!base::equal_ignoring_case(unit, "npt")) return false;
  return base::trim(from) == "now" ||
         (!from.empty() && from.find_first_not_of("0:. ") == std::string_view::npos);
}

}  // namespace watchrig::media
