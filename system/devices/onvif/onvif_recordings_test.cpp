#include "system/devices/onvif/onvif_recordings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Span = DeviceRecording::Span;

base::UtcTime at(int seconds) { return base::UtcTime(1h + std::chrono::seconds(seconds)); }

TEST(OnvifRecordingsTest, ChangesMakeSpansWithinThePeriod) {
  EXPECT_THAT(spans_of({{at(10), true}, {at(20), false}, {at(30), true}}, true, at(0), at(40)),
              ElementsAre(Span{at(10), at(20)}, Span{at(30), at(40)}));
  EXPECT_THAT(spans_of({{at(10), false}, {at(30), true}}, true, at(0), at(20)),
              ElementsAre(Span{at(0), at(10)}));
}

TEST(OnvifRecordingsTest, WithoutChangesTheStateIsWhatWasSaid) {
  EXPECT_THAT(spans_of({}, true, at(0), at(40)), ElementsAre(Span{at(0), at(40)}));
  EXPECT_THAT(spans_of({}, false, at(0), at(40)), IsEmpty());
}

TEST(OnvifRecordingsTest, WhatHappenedBeforeThePeriodCounts) {
  EXPECT_THAT(spans_of({{at(-20), true}, {at(-10), false}}, true, at(0), at(40)), IsEmpty());
  EXPECT_THAT(spans_of({{at(-20), false}, {at(-10), true}}, true, at(0), at(40)),
              ElementsAre(Span{at(0), at(40)}));
}

TEST(OnvifRecordingsTest, OrderAndRepetitionsDoNotMatter) {
  EXPECT_THAT(spans_of({{at(30), true}, {at(20), false}, {at(10), true}, {at(12), true}, {at(22), false}},
                       true, at(0), at(40)),
              ElementsAre(Span{at(10), at(20)}, Span{at(30), at(40)}));
  EXPECT_THAT(spans_of({{at(10), true}, {at(10), false}}, true, at(0), at(40)), IsEmpty());
}

}  // namespace
}  // namespace watchrig::devices
