#include "system/media/rtsp_headers.hpp"

#include <gtest/gtest.h>

namespace watchrig::media {
namespace {

using Ports = std::pair<std::uint16_t, std::uint16_t>;
using Channels = std::pair<std::uint8_t, std::uint8_t>;

TEST(TransportHeader, reads_alternatives_in_order) {
  const auto read = parse_transport(
      "RTP/AVP;multicast;port=1000-1001, rtp/avp/udp;unicast;client_port=5000-5001;mode=\"PLAY\","
      "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=0000ABCD,RTP/SAVP/TCP;interleaved=0-1,RTP/AVP;mode=record");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 5U);
  EXPECT_FALSE((*read)[0].supported);
  EXPECT_TRUE((*read)[1].supported && !(*read)[1].tcp);
  EXPECT_EQ((*read)[1].client_port, Ports(5000, 5001));
  EXPECT_TRUE((*read)[2].supported && (*read)[2].tcp);
  EXPECT_EQ((*read)[2].interleaved, Channels(2, 3));
  EXPECT_EQ((*read)[2].ssrc, 0xABCDU);
  EXPECT_FALSE((*read)[3].supported);
  EXPECT_FALSE((*read)[4].supported);
}

TEST(TransportHeader, single_port_means_the_next_for_rtcp) {
  EXPECT_EQ((*parse_transport("RTP/AVP;client_port=6000"))[0].client_port, Ports(6000, 6001));
}

TEST(TransportHeader, refuses_numbers_out_of_range) {
  for (const char* text :
       {"RTP/AVP;client_port=70000-70001", "RTP/AVP;client_port=-1", "RTP/AVP;client_port=5000-x",
        "RTP/AVP/TCP;interleaved=0-256", "RTP/AVP/TCP;interleaved=255", "RTP/AVP/TCP;interleaved=4-4",
        "RTP/AVP;client_port=", "RTP/AVP;client_port=65535"}) {
    EXPECT_FALSE(parse_transport(text)) << text;
  }
}

TEST(TransportHeader, is_written_as_it_is_read) {
  RtspTransport udp;
  udp.client_port = Ports(5000, 5001);
  udp.server_port = Ports(6000, 6001);
  EXPECT_EQ(format_transport(udp), "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001");
  RtspTransport tcp;
  tcp.tcp = true;
  tcp.interleaved = Channels(0, 1);
  tcp.ssrc = 0xABC;
  EXPECT_EQ(format_transport(tcp), "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000ABC");
}

TEST(SessionHeader, reads_timeout_with_blanks_and_limits_it) {
  EXPECT_EQ(parse_session("12345678")->timeout, std::chrono::seconds(60));
  EXPECT_EQ(parse_session(" abc ; Timeout = 30 ")->id, "abc");
  EXPECT_EQ(parse_session(" abc ; Timeout = 30 ")->timeout, std::chrono::seconds(30));
  EXPECT_EQ(parse_session("a;timeout=4000000000")->timeout, std::chrono::seconds(86400));
  EXPECT_EQ(parse_session("a;timeout=0;timeout=-5")->timeout, std::chrono::seconds(60));
  EXPECT_FALSE(parse_session(" ;timeout=3"));
}

TEST(RangeHeader, tells_a_live_start_from_a_position) {
  for (const char* text :
       {"npt=0-", "npt=0.000-", "npt=now-", "NPT=0.0-20", "npt=00:00:00-;time=19970123T143720Z"}) {
    ASSERT_TRUE(is_live_range(text)) << text;
    EXPECT_TRUE(*is_live_range(text)) << text;
  }
  for (const char* text : {"npt=10-", "npt=-5", "clock=19961108T143720.25Z-", "smpte=0:10:00-"}) {
    ASSERT_TRUE(is_live_range(text)) << text;
    EXPECT_FALSE(*is_live_range(text)) << text;
  }
  for (const char* text : {"", "npt", "npt=", "npt=-", "bytes=0-"}) EXPECT_FALSE(is_live_range(text)) << text;
}

}  // namespace
}  // namespace watchrig::media
