#include "system/media/rtsp_message.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace watchrig::media {
namespace {

using base::Bytes;
using base::ErrorKind;
using Stray = RtspReader::Stray;

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

Bytes frame(std::uint8_t channel, std::size_t size) {
  Bytes data{'$', channel, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  data.resize(4 + size, 0x80);
  return data;
}

struct Taken {
  std::vector<RtspRequest> requests;
  std::vector<RtspResponse> responses;
  std::vector<std::pair<int, std::size_t>> frames;
  std::size_t stray = 0;
  std::size_t left = 0;
  std::optional<base::Error> error;
};

/// Feeds the bytes in pieces and keeps what was not consumed, as a connection does.
Taken take(Stray stray, const Bytes& data, std::size_t piece = SIZE_MAX) {
  RtspReader reader(stray);
  Taken taken;
  Bytes buffer;
  for (std::size_t at = 0; at < data.size();) {
    const auto size = std::min(piece, data.size() - at);
    buffer.insert(buffer.end(), data.begin() + static_cast<long>(at),
                  data.begin() + static_cast<long>(at + size));
    at += size;
    for (;;) {
      auto step = reader.next(buffer);
      if (!step) {
        taken.error = step.error();
        return taken;
      }
      if (auto* request = std::get_if<RtspRequest>(&step->item)) taken.requests.push_back(*request);
      if (auto* response = std::get_if<RtspResponse>(&step->item)) taken.responses.push_back(*response);
      if (auto* f = std::get_if<InterleavedFrame>(&step->item))
        taken.frames.emplace_back(f->channel, f->payload.size());
      taken.stray += step->stray;
      if (step->consumed == 0) break;
      buffer.erase(buffer.begin(), buffer.begin() + static_cast<long>(step->consumed));
    }
  }
  taken.left = buffer.size();
  return taken;
}

Taken take(Stray stray, std::string_view text) { return take(stray, bytes(text)); }

TEST(RtspReader, takes_pipelined_messages_and_frames_in_any_pieces) {
  Bytes data = bytes("OPTIONS rtsp://h/a RTSP/1.0\r\nCSeq: 00000007\r\n\r\n");
  for (const Bytes& more : {frame(0, 100), frame(255, 65535), frame(1, 0),
                            bytes("SET_PARAMETER * RTSP/1.0\r\ncseq:8\r\nContent-Length: "
                                  "4\r\n\r\na\r\nbRTSP/1.0 200 OK\r\n\r\n")}) {
    data.insert(data.end(), more.begin(), more.end());
  }
  for (const std::size_t piece : {1UL, 3UL, 1000UL, SIZE_MAX}) {
    const auto taken = take(Stray::refuse, data, piece);
    ASSERT_FALSE(taken.error) << taken.error->message;
    ASSERT_EQ(taken.requests.size(), 2U);
    EXPECT_EQ(sequence_of(taken.requests[0].headers), 7U);
    EXPECT_EQ(taken.requests[1].body, "a\r\nb");
    ASSERT_EQ(taken.responses.size(), 1U);
    EXPECT_EQ(taken.frames, (std::vector<std::pair<int, std::size_t>>{{0, 100}, {255, 65535}, {1, 0}}));
    EXPECT_EQ(taken.left, 0U);
  }
}

TEST(RtspReader, tolerates_bare_line_feeds_folding_and_empty_lines_between) {
  const auto taken = take(Stray::refuse, "\r\n\nRTSP/1.0 200 OK\nPublic: OPTIONS,\n PLAY\n\n\r\n");
  ASSERT_EQ(taken.responses.size(), 1U);
  EXPECT_EQ(taken.responses[0].headers.find("PUBLIC"), "OPTIONS, PLAY");
  EXPECT_EQ(taken.left, 0U);
}

TEST(RtspReader, server_refuses_what_is_no_rtsp) {
  for (const char* text :
       {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\n", "OPTIONS\r\n\r\n", "OPTIONS rtsp://h\r\n\r\n",
        " x y RTSP/1.0\r\n", "A rtsp://h RTSP/1.0\r\nno colon\r\n\r\n",
        "A rtsp://h RTSP/1.0\r\nx\x01: y\r\n\r\n", "A rtsp://h RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        "A rtsp://h RTSP/1.0\r\nContent-Length: 4x\r\n\r\n",
        "A rtsp://h RTSP/1.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "A rtsp://h RTSP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "RTSP/1.0 2000 OK\r\n\r\n"}) {
    const auto taken = take(Stray::refuse, text);
    ASSERT_TRUE(taken.error) << text;
    EXPECT_EQ(taken.error->kind, ErrorKind::invalid) << text;
  }
}

TEST(RtspReader, limits_start_line_headers_and_body) {
  const std::string start = "OPTIONS rtsp://h RTSP/1.0\r\n";
  std::string many = start;
  for (std::size_t i = 0; i <= max_rtsp_headers; ++i) many += "a: b\r\n";
  const std::string endless(100'000, 'A');
  for (const std::string& text :
       {endless, fmt::format("{}X: {}", start, endless), many, start + "Content-Length: 70000\r\n\r\n"}) {
    const auto taken = take(Stray::refuse, bytes(text), 4096);
    ASSERT_TRUE(taken.error);
    EXPECT_EQ(taken.error->kind, ErrorKind::full);
  }
  EXPECT_EQ(take(Stray::skip, bytes(endless), 4096).left, 0U);
}

TEST(RtspReader, client_skips_stray_bytes_between_messages) {
  for (const std::size_t piece : {1UL, 7UL, SIZE_MAX}) {
    Bytes data = bytes(std::string("\0\x01$garbage RTS R$\xff\xff", 19));
    for (const Bytes& more : {frame(0, 200), frame(2, 50), bytes("xx\n"), frame(0, 30), frame(0, 9),
                              bytes("--junk--RTSP/1.0 454 Session Not Found\r\nCSeq: 3\r\n\r\n")}) {
      data.insert(data.end(), more.begin(), more.end());
    }
    const auto taken = take(Stray::skip, data, piece);
    ASSERT_FALSE(taken.error);
    EXPECT_EQ(taken.frames, (std::vector<std::pair<int, std::size_t>>{{0, 200}, {2, 50}, {0, 30}, {0, 9}}))
        << piece;
    ASSERT_EQ(taken.responses.size(), 1U);
    EXPECT_EQ(taken.responses[0].status, 454);
    EXPECT_EQ(taken.stray, 19U + 3U + 8U);
  }
}

TEST(RtspReader, client_does_not_hang_at_a_malformed_status_line) {
  const auto taken = take(Stray::skip, "RTSP/1.0 abc\r\n\r\nRTSP/1.0 200 OK\r\n\r\n");
  ASSERT_EQ(taken.responses.size(), 1U);
  EXPECT_EQ(taken.left, 0U);
}

TEST(RtspMessage, is_written_as_it_is_read) {
  RtspResponse response;
  response.status = 461;
  response.headers.add("CSeq", "12345678");
  response.body = "v=0\r\n";
  EXPECT_EQ(serialise(response),
            "RTSP/1.0 461 Unsupported Transport\r\nCSeq: 12345678\r\nContent-Length: 5\r\n\r\nv=0\r\n");
  const auto taken = take(Stray::refuse, serialise(response));
  ASSERT_EQ(taken.responses.size(), 1U);
  EXPECT_EQ(taken.responses[0].body, response.body);

  RtspRequest request;
  request.method = "PLAY";
  request.uri = "rtsp://h/a b";
  request.headers.add("Range", "npt=0-");
  EXPECT_EQ(serialise(request), "PLAY rtsp://h/a b RTSP/1.0\r\nRange: npt=0-\r\n\r\n");
}

TEST(RtspMessage, cseq_has_at_most_nine_digits) {
  const auto sequence = [](std::string value) {
    RtspHeaders headers;
    headers.add("CSeq", std::move(value));
    return sequence_of(headers);
  };
  EXPECT_EQ(sequence("99999999"), 99999999U);
  EXPECT_EQ(sequence("999999999"), 999999999U);
  EXPECT_FALSE(sequence("1000000000"));
  EXPECT_FALSE(sequence("-1"));
  EXPECT_FALSE(sequence("1.5"));
  EXPECT_FALSE(sequence(""));
}

}  // namespace
}  // namespace watchrig::media
