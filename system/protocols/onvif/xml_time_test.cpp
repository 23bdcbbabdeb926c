#include "system/protocols/onvif/xml_time.hpp"

#include <gtest/gtest.h>

namespace watchrig::protocols {

using namespace std::chrono_literals;

TEST(XmlTime, DurationsAreRead) {
  EXPECT_EQ(parse_xml_duration("PT60S"), 60s);
  EXPECT_EQ(parse_xml_duration("PT1M"), 60s);
  EXPECT_EQ(parse_xml_duration("P1DT2H3M4.5S"), 26h + 3min + 4500ms);
  EXPECT_EQ(parse_xml_duration("P1Y"), 365 * 24h);
  EXPECT_EQ(parse_xml_duration("P2M"), 60 * 24h);
  EXPECT_EQ(parse_xml_duration("-PT1S"), -1s);
  EXPECT_EQ(parse_xml_duration("P100Y"), 36500 * 24h);
}

TEST(XmlTime, WhatIsNoDurationIsNone) {
  for (const auto* text : {"", "P", "PT", "P1DT", "60S", "PT60", "PTS", "PT1S1M", "PT1X", "P1S", "PT-1S",
                           "PT1e9S", "P101Y", "PT99999999999999999999S", "PT1.2.3S", "PTnanS"}) {
    EXPECT_FALSE(parse_xml_duration(text)) << text;
  }
}

TEST(XmlTime, DurationsAreWrittenAsTheyAreRead) {
  EXPECT_EQ(xml_duration(90500ms), "PT90.5S");
  EXPECT_EQ(parse_xml_duration(xml_duration(-250ms)), -250ms);
}

TEST(XmlTime, TimesHaveAnyZone) {
  const auto noon = base::parse_utc("2026-01-31T12:00:00Z").value();
  EXPECT_EQ(parse_xml_time("2026-01-31T12:00:00Z"), noon);
  EXPECT_EQ(parse_xml_time("2026-01-31T12:00:00"), noon);
  EXPECT_EQ(parse_xml_time("2026-01-31T14:30:00+02:30"), noon);
  EXPECT_EQ(parse_xml_time("2026-01-31T11:00:00.250-01:00"), noon + 250ms);
  EXPECT_EQ(parse_xml_time("2026-01-31T12:00:00.123456789123Z"), noon + 123456789ns);
  for (const auto* text : {"", "2026-01-31", "2026-02-30T00:00:00Z", "2026-01-31T12:00:00+2",
                           "2026-01-31T12:00:00+99:00", "2026-01-31 12:00:00Zulu", "0000-00-00T00:00:00Z"}) {
    EXPECT_FALSE(parse_xml_time(text)) << text;
  }
}

}  // namespace watchrig::protocols
