#include "system/base/clock.hpp"

#include <gtest/gtest.h>

namespace watchrig::base {
namespace {

using namespace std::chrono_literals;

const UtcTime new_year = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

UtcTime utc(std::string_view text) { return parse_utc(text).value(); }

TEST(Clock, TwoClocksWithTheSameSettingsAgree) {
  const auto settings =
      Clock::parse("epoch=2026-01-01T00:00:00Z,scale=60,start=2030-01-01T00:00:00Z").value();
  const Clock a(settings);
  const Clock b(settings);
  EXPECT_LT(std::chrono::abs(a.now() - b.now()), 60s);
  EXPECT_EQ(a.real(60s), 1s);
}

TEST(Clock, ModelTimeAndRealTimeAreInverse) {
  const Clock clock(Clock::Settings{new_year, new_year, 60});
  const auto later = clock.now() + 1h;
  const auto real = clock.real_time(later) - std::chrono::steady_clock::now();
  EXPECT_GT(real, 55s);
  EXPECT_LE(real, 60s);
}

TEST(Clock, SettingsSurviveTheirText) {
  const Clock::Settings settings{utc("2026-01-31T12:00:00.123456789Z"), utc("2026-03-29T00:30:00Z"), 0.5};
  const auto read = Clock::parse(Clock::format(settings)).value();
  EXPECT_EQ(read.epoch, settings.epoch);
  EXPECT_EQ(read.start, settings.start);
  EXPECT_EQ(read.scale, settings.scale);
}

TEST(Clock, BadSettingsAreRefused) {
  for (const char* text : {"scale=0", "scale=0.0009", "scale=100001", "scale=fast", "epoch=yesterday",
                           "speed=2", "epoch=2026-13-01T00:00:00Z"}) {
    EXPECT_FALSE(Clock::parse(text)) << text;
  }
  EXPECT_TRUE(Clock::parse("scale=0.001"));
  EXPECT_TRUE(Clock::parse("scale=100000"));
  EXPECT_TRUE(Clock::parse(""));
}

TEST(Utc, IsReadAsItIsWritten) {
  const auto time = new_year + 3h + 4min + 5s + 6ms + 7us + 8ns;
  EXPECT_EQ(format_utc(time), "2026-01-01T03:04:05.006Z");
  EXPECT_EQ(format_utc(time, 0), "2026-01-01T03:04:05Z");
  EXPECT_EQ(utc(format_utc(time, 9)), time);
  EXPECT_EQ(utc("1969-12-31T23:59:59.5Z").time_since_epoch(), -500ms);
}

TEST(Utc, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01 00:00:00Z", "+026-01-01T00:00:00Z", "2026-01-01T00:00:00.1a3Z", "1677-12-31T23:59:59Z",
        "2262-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "0010-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_utc(text)) << text;
  }
  for (const char* text : {"1678-01-01T00:00:00Z", "2261-12-31T23:59:59Z"}) {
    EXPECT_EQ(format_utc(utc(text), 0), text);
  }
}

TEST(DurationText, AllUnits) {
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("2min").value(), 120s);
  EXPECT_EQ(parse_duration("3h").value(), 3h);
  EXPECT_EQ(parse_duration("1d").value(), 24h);
  EXPECT_EQ(parse_duration("-40us").value(), -40us);
  for (const char* text : {"", "5", "s", "5 s", "five s", "1e300s", "1.2.3s"})
    EXPECT_FALSE(parse_duration(text)) << text;
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(0s), "0s");
}

}  // namespace
}  // namespace watchrig::base
