#include "simulators/scene/street_scene.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace watchrig::scene {
namespace {

using namespace std::chrono_literals;

constexpr base::UtcTime noon = base::UtcTime(1'769'860'800s);

TEST(StreetScene, IsAFunctionOfSeedAndFrame) {
  StreetScene one(320, 180, {25, 1}, 5);
  StreetScene two(320, 180, {25, 1}, 5);
  StreetScene other(320, 180, {25, 1}, 6);
  two.draw(3, noon);  // what was drawn before has no influence
  EXPECT_EQ(one.draw(1000, noon).bytes, two.draw(1000, noon).bytes);
  EXPECT_EQ(one.objects(1000), two.objects(1000));
  EXPECT_NE(one.objects(1000), other.objects(1000));
}

TEST(StreetScene, ShowsTheSameStreetAtAnyFrameRate) {
  const StreetScene main(640, 360, {25, 1}, 5);
  const StreetScene sub(640, 360, {10, 1}, 5);
  EXPECT_EQ(main.objects(500), sub.objects(200));
}

TEST(StreetScene, HasEveryKindOfObjectInsideThePicture) {
  const StreetScene street(640, 360, {1, 1}, 5);
  std::set<ObjectClass> seen;
  for (std::uint64_t frame = 0; frame < 300; ++frame)
    for (const SceneObject& object : street.objects(frame)) {
      seen.insert(object.object_class);
      EXPECT_GE(object.box.x, 0);
      EXPECT_GE(object.box.y, 0);
      EXPECT_LE(object.box.x + object.box.width, 640);
      EXPECT_LE(object.box.y + object.box.height, 360);
      EXPECT_GT(object.box.width * object.box.height, 0);
      EXPECT_EQ(object.plate.empty(), object.object_class != ObjectClass::car);
    }
  EXPECT_EQ(seen.size(), 4U);
}

TEST(StreetScene, NobodyJumps) {
  const StreetScene street(1280, 720, {25, 1}, 5);
  std::map<std::uint32_t, SceneObject> before;
  for (std::uint64_t frame = 0; frame < 200; ++frame) {
    std::map<std::uint32_t, SceneObject> now;
    for (const SceneObject& object : street.objects(frame)) {
      EXPECT_TRUE(now.emplace(object.id, object).second) << "one id twice";
      const auto earlier = before.find(object.id);
      if (earlier == before.end()) continue;
      EXPECT_LE(std::abs(object.box.x - earlier->second.box.x), 12);
      EXPECT_EQ(object.colour, earlier->second.colour);
      EXPECT_EQ(object.plate, earlier->second.plate);
    }
    before = std::move(now);
  }
}

/// The truth is true: where an object is, the picture differs from the empty street, and nowhere else.
TEST(StreetScene, BoxesCoverAllThatMoves) {
  StreetScene street(640, 360, {25, 1}, 5);
  const media::Picture now = street.draw(0, noon);
  const media::Picture later = street.draw(100, noon);
  std::vector<SceneObject> objects = street.objects(0);
  const auto more = street.objects(100);
  objects.insert(objects.end(), more.begin(), more.end());
  for (int y = 60; y < 360; ++y)
    for (int x = 0; x < 640; ++x) {
      const bool covered = std::any_of(objects.begin(), objects.end(), [&](const SceneObject& object) {
        const Box& b = object.box;
        return x >= b.x && x < b.x + b.width && y >= b.y && y < b.y + b.height;
      });
      if (!covered) {
        ASSERT_EQ(now.luma()[y * 640 + x], later.luma()[y * 640 + x]) << x << "," << y;
      }
    }
}

TEST(StreetScene, DrawsTheSmallestPicture) {
  StreetScene street(16, 16, {1, 1}, 5);
  EXPECT_EQ(street.draw(0, noon).bytes.size(), 384U);
}

}  // namespace
}  // namespace watchrig::scene
