#include "system/media/rtsp_message.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::size_t frame_header = 4;
constexpr std::size_t longest_start_line = 8 * 1024;

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > ' ' && c < 127 && !std::strchr("()<>@,;:\\\"/[]?={}", c);
  });
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' || c == '\t'; });
}

/// The next line without its end, or nothing when it is not complete; `at` moves behind it.
std::optional<std::string_view> take_line(std::string_view text, std::size_t& at) {
  const auto end = text.find('\n', at);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(at, end - at);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  at = end + 1;
  return line;
}

using Message = std::variant<std::monostate, RtspRequest, RtspResponse>;

Message parse_start_line(std::string_view line) {
  if (!printable(line)) return {};
  const auto [first, rest] = base::split_once(line, ' ');
  if (first.starts_with("RTSP/")) {
    const auto [code, reason] = base::split_once(rest, ' ');
    const auto status = base::parse_number<int>(code);
    if (code.size() != 3 || !status || *status < 100) return {};
    RtspResponse response;
    response.status = *status;
    response.reason = reason;
    return response;
  }
  const auto [uri, version] = base::split_once(base::trim(rest), ' ');
  if (!is_token(first) || uri.empty() || !base::trim(version).starts_with("RTSP/")) return {};
  RtspRequest request;
  request.method = first;
  request.uri = uri;
  request.version = base::trim(version);
  return request;
}

Result<> add_header(RtspHeaders& headers, std::string_view line, bool lenient) {
  if (line.front() == ' ' || line.front() == '\t') {
    headers.extend_last(base::trim(line));
    return {};
  }
  const auto colon = line.find(':');
  const auto name = base::trim(line.substr(0, colon));
  if (colon == std::string_view::npos || !is_token(name) || !printable(line)) {
    if (lenient) return {};
    return Error{ErrorKind::invalid, fmt::format("malformed RTSP header line of {} bytes", line.size())};
  }
  if (headers.fields().size() >= max_rtsp_headers) {
    return Error{ErrorKind::full, fmt::format("RTSP message with more than {} headers", max_rtsp_headers)};
  }
  headers.add(std::string(name), std::string(base::trim(line.substr(colon + 1))));
  return {};
}

Result<std::size_t> content_length(const RtspHeaders& headers) {
  std::optional<std::size_t> length;
  for (const auto value : headers.all("Content-Length")) {
    const auto number = value.starts_with('-') ? std::nullopt : base::parse_number<std::size_t>(value);
    if (!number || (length && *length != *number)) {
      return Error{ErrorKind::invalid,
                   fmt::format("RTSP Content-Length \"{:.40}\" is no usable number", value)};
    }
    length = number;
  }
  return length.value_or(0);
}

Error too_large() {
  return {ErrorKind::full, fmt::format("RTSP message larger than {} bytes", max_rtsp_message)};
}

/// False while the headers are not complete. `at` ends behind the empty line.
Result<bool> read_headers(std::string_view text, std::size_t& at, RtspHeaders& headers, bool lenient) {
  for (;;) {
    const auto line = take_line(text, at);
    if (!line) return false;
    if (line->empty()) return true;
    if (const auto added = add_header(headers, *line, lenient); !added) return added.error();
  }
}

void write_fields(std::string& text, const RtspHeaders& headers, const std::string& body) {
  for (const auto& [name, value] : headers.fields())
    fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
  if (!body.empty()) fmt::format_to(std::back_inserter(text), "Content-Length: {}\r\n", body.size());
  text += "\r\n";
  text += body;
}

}  // namespace

std::optional<std::string_view> RtspHeaders::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (base::equal_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> RtspHeaders::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (base::equal_ignoring_case(key, name)) values.emplace_back(value);
  }
  return values;
}

void RtspHeaders::extend_last(std::string_view more) {
  if (!fields_.empty()) fields_.back().second.append(" ").append(more);
}

std::string serialise(const RtspRequest& request) {
  std::string text = fmt::format("{} {} {}\r\n", request.method, request.uri, request.version);
  write_fields(text, request.headers, request.body);
  return text;
}

std::string serialise(const RtspResponse& response) {
  const std::string_view reason = response.reason.empty() ? status_phrase(response.status) : response.reason;
  std::string text = fmt::format("RTSP/1.0 {} {}\r\n", response.status, reason);
  write_fields(text, response.headers, response.body);
  return text;
}

std::optional<std::uint32_t> sequence_of(const RtspHeaders& headers) {
  const auto value = headers.find("CSeq");
  if (!value || value->size() > 9) return std::nullopt;
  return base::parse_number<std::uint32_t>(*value);
}

Result<RtspReader::Step> RtspReader::next(base::ByteView buffer) {
  if (buffer.empty()) return Step{};
  if (buffer[0] == '$' && !lost_) {
    if (buffer.size() < frame_header) return Step{};
    const std::size_t size = frame_header + base::load_be16(&buffer[2]);
    if (buffer.size() < size) return Step{};
    return Step{size, 0, InterleavedFrame{buffer[1], buffer.subspan(frame_header, size - frame_header)}};
  }
  if (lost_) {
    const std::size_t stray = resynchronise(buffer, 0);
    if (stray > 0 || lost_) return Step{stray, stray, std::monostate{}};
    return next(buffer);
  }
  const std::string_view text(reinterpret_cast<const char*>(buffer.data()), buffer.size());
  if (text[0] == '\r' || text[0] == '\n') {  // tolerated between messages, as HTTP does
    const auto end = std::min(text.find_first_not_of("\r\n"), text.size());
    return Step{end, 0, std::monostate{}};
  }
  return message(text);
}

Result<RtspReader::Step> RtspReader::message(std::string_view text) {
  std::size_t at = 0;
  const auto line = take_line(text, at);
  if (!line && text.size() < longest_start_line &&
      (stray_ == Stray::refuse || printable(text.substr(0, text.find('\r'))))) {
    return Step{};
  }
  Message parsed = line && line->size() <= longest_start_line ? parse_start_line(*line) : Message{};
  if (std::holds_alternative<std::monostate>(parsed)) {
    if (stray_ == Stray::skip) {
      lost_ = true;
      const base::ByteView buffer(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
      const std::size_t stray = resynchronise(buffer, 1);
      return Step{stray, stray, std::monostate{}};
    }
    const bool long_line = !line || line->size() > longest_start_line;
    return Error{long_line ? ErrorKind::full : ErrorKind::invalid,
                 "the peer does not speak RTSP (malformed start line)"};
  }
  auto* request = std::get_if<RtspRequest>(&parsed);
  auto* response = std::get_if<RtspResponse>(&parsed);
  auto complete =
      read_headers(text, at, request ? request->headers : response->headers, stray_ == Stray::skip);
  if (!complete) return std::move(complete).error();
  if (!*complete) {
    if (text.size() >= max_rtsp_message) return too_large();
    return Step{};
  }
  auto length = content_length(request ? request->headers : response->headers);
  if (!length) return std::move(length).error();
  if (*length > max_rtsp_message || at + *length > max_rtsp_message) return too_large();
  if (text.size() < at + *length) return Step{};
  (request ? request->body : response->body) = text.substr(at, *length);
  if (request) return Step{at + *length, 0, std::move(*request)};
  return Step{at + *length, 0, std::move(*response)};
}

/// Looks for a response or a frame that is credible: RTP or RTCP version 2 inside, long enough, and followed
/// by another frame or message. Returns how many bytes in front of it are stray; still lost_ when more bytes
/// must tell.
std::size_t RtspReader::resynchronise(base::ByteView buffer, std::size_t from) {
  const std::string_view text(reinterpret_cast<const char*>(buffer.data()), buffer.size());
  constexpr std::string_view response = "RTSP/1.0 ";
  for (std::size_t at = from; at < buffer.size(); ++at) {
    const auto rest = buffer.subspan(at);
    if (text[at] == 'R') {
      const auto size = std::min(response.size(), rest.size());
      if (text.substr(at, size) != response.substr(0, size)) continue;
      lost_ = size < response.size();
      return at;
    }
    if (text[at] != '$') continue;
    if (rest.size() <= frame_header) return at;
    const std::size_t size = frame_header + base::load_be16(&rest[2]);
    if (size < frame_header + 8 || rest[4] >> 6 != 2) continue;
    if (rest.size() <= size) return at;
    if (rest[size] != '$' && rest[size] != 'R') continue;
    lost_ = false;
    return at;
  }
  return buffer.size();
}

std::string_view status_phrase(int status) {
  static constexpr std::pair<int, std::string_view> phrases[] = {
      {200, "OK"},
      {301, "Moved Permanently"},
      {302, "Moved Temporarily"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Time-out"},
      {413, "Request Entity Too Large"},
      {415, "Unsupported Media Type"},
      {451, "Parameter Not Understood"},
      {453, "Not Enough Bandwidth"},
      {454, "Session Not Found"},
      {455, "Method Not Valid In This State"},
      {456, "Header Field Not Valid for Resource"},
      {457, "Invalid Range"},
      {459, "Aggregate Operation Not Allowed"},
      {460, "Only Aggregate Operation Allowed"},
      {461, "Unsupported Transport"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "RTSP Version Not Supported"},
      {551, "Option not supported"},
  };
  for (const auto& [code, phrase] : phrases) {
    if (code == status) return phrase;
  }
  return "Unknown";
}

}  // namespace watchrig::media
