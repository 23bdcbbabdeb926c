#include "system/media/rtsp_url.hpp"

#include <gtest/gtest.h>

namespace watchrig::media {
namespace {

TEST(RtspUrl, reads_every_part) {
  const auto url =
      parse_rtsp_url("RTSP://ad%40min:p@ss:w%3Ard@192.168.1.9:8554/live/main?channel=1&subtype=0#x");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->host, "192.168.1.9");
  EXPECT_EQ(url->port, 8554);
  EXPECT_EQ(url->credentials, (Credentials{"ad@min", "p@ss:w:rd"}));
  EXPECT_EQ(url->text(), "rtsp://192.168.1.9:8554/live/main?channel=1&subtype=0");
}

TEST(RtspUrl, has_defaults) {
  EXPECT_EQ(parse_rtsp_url("rtsp://camera")->text(), "rtsp://camera");
  EXPECT_EQ(parse_rtsp_url("rtsp://camera")->port, 554);
  EXPECT_EQ(parse_rtsp_url("rtsp://[fe80::1]:80/a")->host, "fe80::1");
  EXPECT_EQ(parse_rtsp_url("rtsp://[fe80::1]:80/a")->text(), "rtsp://[fe80::1]:80/a");
}

TEST(RtspUrl, refuses_what_cannot_be_connected) {
  for (const std::string& text :
       {std::string(), std::string("rtsp:/h"), std::string("rtsp://"), std::string("rtsp:///a"),
        std::string("rtsp://h:0/"), std::string("rtsp://h:65536/"), std::string("rtsp://h:x/"),
        std::string("rtsp://[::1"), std::string("rtsp://[::1]x"), std::string("rtsp://h/a b"),
        std::string("rtsp://h/\r\nEvil: 1"), "rtsp://h/" + std::string(3000, 'a')}) {
    EXPECT_FALSE(parse_rtsp_url(text)) << text;
  }
}

TEST(RtspUrl, of_tls_has_a_port_of_its_own) {
  const auto url = parse_rtsp_url("rtsps://camera/a");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->port, 322);
  EXPECT_EQ(url->text(), "rtsps://camera/a");
  EXPECT_EQ(parse_rtsp_url("RTSPS://[::1]:554/a")->text(), "rtsps://[::1]:554/a");
  EXPECT_EQ(parse_rtsp_url("rtsp://camera:322/a")->text(), "rtsp://camera:322/a");
  EXPECT_FALSE(parse_rtsp_url("rtsp://camera/a")->tls);
}

TEST(RtspUrl, through_http_has_the_ports_of_http) {
  const auto url = parse_rtsp_url("http://admin:secret@camera/a?b=c");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_TRUE(url->http);
  EXPECT_FALSE(url->tls);
  EXPECT_EQ(url->port, 80);
  EXPECT_EQ(url->text(), "rtsp://camera:80/a?b=c");
  EXPECT_EQ(parse_rtsp_url("HTTPS://camera/a")->port, 443);
  EXPECT_TRUE(parse_rtsp_url("https://camera/a")->tls);
  EXPECT_EQ(parse_rtsp_url("rtsph://camera:8080/a")->port, 8080);
  EXPECT_TRUE(parse_rtsp_url("rtspsh://camera/a")->tls);
  EXPECT_FALSE(parse_rtsp_url("rtsp://camera/a")->http);
}

TEST(RtspUrl, control_is_appended_unless_absolute) {
  EXPECT_EQ(resolve_control("rtsp://h/a/", "track1"), "rtsp://h/a/track1");
  EXPECT_EQ(resolve_control("rtsp://h/a", "track1"), "rtsp://h/a/track1");
  EXPECT_EQ(resolve_control("rtsp://h/a", "/track1"), "rtsp://h/a/track1");
  EXPECT_EQ(resolve_control("rtsp://h/a?x=1", "trackID=0"), "rtsp://h/a?x=1/trackID=0");
  EXPECT_EQ(resolve_control("rtsp://h/a", "?track=1"), "rtsp://h/a?track=1");
  EXPECT_EQ(resolve_control("rtsp://h/a", "rtsp://10.0.0.1/b"), "rtsp://10.0.0.1/b");
  EXPECT_EQ(resolve_control("rtsp://h/a", "*"), "rtsp://h/a");
  EXPECT_EQ(resolve_control("rtsp://h/a", ""), "rtsp://h/a");
}

TEST(PercentDecode, keeps_what_is_no_escape) {
  EXPECT_EQ(percent_decode("a%20b%2fc%"), "a b/c%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
}

}  // namespace
}  // namespace watchrig::media
