#include "simulators/camera/picture/imaging_unit.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "system/base/clock.hpp"

namespace watchrig::camera {
namespace {

/// Stripes of dark and light, reddish.
media::Picture striped() {
  media::Picture picture(160, 96);
  for (int y = 0; y < 96; ++y) {
    for (int x = 0; x < 160; ++x) picture.luma()[y * 160 + x] = x / 8 % 2 ? 150 : 90;
  }
  std::fill_n(picture.cb(), picture.chroma_size(), std::uint8_t{118});
  std::fill_n(picture.cr(), picture.chroma_size(), std::uint8_t{158});
  return picture;
}

struct ImagingUnitTest : ::testing::Test {
  media::Picture seen(const ImagingSettings& settings) {
    unit.set(settings);
    auto picture = striped();
    unit.apply(picture, clock.now());
    return picture;
  }
  static double mean(const media::Picture& picture) {
    return std::accumulate(picture.luma(), picture.luma() + picture.luma_size(), 0.0) /
           static_cast<double>(picture.luma_size());
  }
  static double edges(const media::Picture& picture) {
    double sum = 0;
    for (std::size_t i = 1; i < picture.luma_size(); ++i)
      sum += std::pow(picture.luma()[i] - picture.luma()[i - 1], 2);
    return sum;
  }

  base::ManualClock clock{base::UtcTime(std::chrono::seconds(1'769'860'800))};
  std::shared_ptr<ptz::MechanicalHead> lens =
      std::make_shared<ptz::MechanicalHead>(ptz::MechanicalHead::Form{}, clock);
  ImagingUnit unit{lens};
};

TEST_F(ImagingUnitTest, LeavesAPictureAsItIsAtFirst) { EXPECT_EQ(seen({}).bytes, striped().bytes); }

TEST_F(ImagingUnitTest, BrightnessAndContrastMoveTheGreys) {
  ImagingSettings settings;
  settings.brightness = 70;
  EXPECT_NEAR(mean(seen(settings)), mean(striped()) + 30, 1);
  settings = {};
  settings.contrast = 0;
  EXPECT_EQ(edges(seen(settings)), 0);
}

TEST_F(ImagingUnitTest, ColoursGoWithSaturationHueAndTheFilter) {
  ImagingSettings settings;
  settings.saturation = 0;
  EXPECT_EQ(seen(settings).cr()[0], 128);
  settings = {};
  settings.ir_cut = "OFF";
  EXPECT_EQ(seen(settings).cb()[0], 128);
  settings = {};
  settings.hue = 100;  // a quarter of a turn
  const auto turned = seen(settings);
  EXPECT_EQ(turned.cb()[0], 98);
  EXPECT_EQ(turned.cr()[0], 118);
}

TEST_F(ImagingUnitTest, ExposureCountsWhenItIsManual) {
  ImagingSettings settings;
  settings.exposure_time = 20000;
  EXPECT_EQ(mean(seen(settings)), mean(striped()));
  settings.exposure = "MANUAL";
  EXPECT_GT(mean(seen(settings)), mean(striped()) + 60);
  settings.exposure_time = 10000;
  unit.set_iris_db(20);
  clock.advance(std::chrono::seconds(10));
  EXPECT_NEAR(unit.iris_db(), 20, 1e-9);
  EXPECT_LT(mean(seen(settings)), mean(striped()) - 40);
}

TEST_F(ImagingUnitTest, OutOfFocusItBlursUnlessTheFocusIsAutomatic) {
  lens->go(ptz::HeadMotor::focus, 0, 1);
  clock.advance(std::chrono::seconds(10));
  EXPECT_LT(edges(seen({})), edges(striped()) / 2);
  ImagingSettings settings;
  settings.focus = "AUTO";
  EXPECT_EQ(edges(seen(settings)), edges(striped()));
  unit.focus_by_hand();
  EXPECT_EQ(unit.settings().focus, "MANUAL");
}

}  // namespace
}  // namespace watchrig::camera
