#include "bench/peers/sink_stream.hpp"

#include <charconv>

#include <fmt/format.h>

namespace watchrig::bench {
namespace {

constexpr std::size_t frame_header = 4;
constexpr std::size_t rtp_header = 12;
constexpr std::size_t longest_answer = 64 * 1024;

std::string_view text_of(base::ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The value of a line `name` + value, or empty.
std::string_view value_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text.substr(0, text.find_first_of("\r\n"));
}

std::size_t content_length(std::string_view head) {
  const auto value = value_after(head, "\r\nContent-Length:");
  std::size_t length = 0;
  std::from_chars(value.data(), value.data() + value.size(), length);
  return length;
}

}  // namespace

std::string SinkStream::request(std::string_view method, std::string_view url, std::string_view headers) {
  return fmt::format("{} {} RTSP/1.0\r\nCSeq: {}\r\n{}\r\n", method, url, ++cseq_, headers);
}

std::string SinkStream::begin() { return request("DESCRIBE", url_, "Accept: application/sdp\r\n"); }

std::string SinkStream::keep_alive() {
  return request("GET_PARAMETER", url_, fmt::format("Session: {}\r\n", session_));
}

std::string SinkStream::take(base::ByteView bytes, Time now) {
  std::string requests;
  const bool carried = !pending_.empty();
  if (carried) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    bytes = pending_;
  }
  std::size_t used = 0;
  while (failure_.empty() && used < bytes.size()) {
    const auto one = take_one(bytes.subspan(used), now, requests);
    if (one == 0) break;
    used += one;
  }
  base::Bytes rest(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
  pending_.swap(rest);
  return requests;
}

/// How many bytes a whole frame or answer takes; 0 when it is not whole yet.
std::size_t SinkStream::take_one(base::ByteView bytes, Time now, std::string& requests) {
  if (bytes[0] == '$') {
    if (bytes.size() < frame_header) return 0;
    const std::size_t size = frame_header + base::load_be16(bytes.data() + 2);
    if (bytes.size() < size) return 0;
    if (bytes[1] == 0) count(bytes.subspan(frame_header, size - frame_header), now);
    return size;
  }
  const auto text = text_of(bytes);
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (text.size() > longest_answer) failure_ = "an answer without an end";
    return 0;
  }
  const auto head = text.substr(0, end + 2);
  const std::size_t size = end + 4 + content_length(head);
  if (text.size() < size) return 0;
  requests += answer(head, text.substr(end + 4, size - end - 4));
  return size;
}

std::string SinkStream::answer(std::string_view head, std::string_view body) {
  if (!head.starts_with("RTSP/1.0 200")) {
    failure_ = std::string(head.substr(0, head.find('\r')));
    return {};
  }
  switch (step_) {
    case Step::describing: {
      const auto video = body.find("m=video");
      const auto control =
          value_after(video == std::string_view::npos ? "" : body.substr(video), "a=control:");
      if (control.empty()) {
        failure_ = "no video track with a control URL";
        return {};
      }
      step_ = Step::setting_up;
      std::string url(control);
      if (!control.starts_with("rtsp://")) url = fmt::format("{}/{}", url_, control);
      return request("SETUP", url, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    }
    case Step::setting_up: {
      const auto session = value_after(head, "\r\nSession:");
      session_ = std::string(session.substr(0, session.find(';')));
      step_ = Step::starting;
      return request("PLAY", url_, fmt::format("Session: {}\r\nRange: npt=0.000-\r\n", session_));
    }
    case Step::starting:
      step_ = Step::playing;
      return {};
    case Step::playing:
      return {};
  }
  return {};
}

void SinkStream::count(base::ByteView rtp, Time now) {
  if (rtp.size() < rtp_header) return;
  const auto sequence = base::load_be16(rtp.data() + 2);
  const auto timestamp = base::load_be32(rtp.data() + 4);
  const auto missing = sequence_ ? static_cast<std::uint16_t>(sequence - *sequence_ - 1) : std::uint16_t{0};
  sequence_ = sequence;
  ticks_ += timestamp_ ? static_cast<std::int32_t>(timestamp - *timestamp_) : 0;
  timestamp_ = timestamp;
  if (!window_) return;
  ++counts_.packets;
  counts_.lost += missing;
  counts_.bytes += rtp.size();
  if ((rtp[1] & 0x80) == 0) return;
  ++counts_.units;
  const auto arrival = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  transits_.push_back(arrival - ticks_ * 100 / 9);
}

void SinkStream::open_window() { window_ = true; }

}  // namespace watchrig::bench
