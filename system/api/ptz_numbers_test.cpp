#include "system/api/ptz_numbers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

struct Item {
  std::string token;
  bool operator==(const Item&) const = default;
};

TEST(PtzNumbers, AreThoseOfTheBookThenTheirOwnThenTheLowestFree) {
  const std::vector<Item> items{{"door"}, {"1"}, {"7"}, {"gate"}, {"500"}};
  EXPECT_THAT(numbered(items, {{7, "gate"}, {9, "gone"}}),
              ElementsAre(Pair(1, Item{"1"}), Pair(2, Item{"door"}), Pair(3, Item{"7"}), Pair(4, Item{"500"}),
                          Pair(7, Item{"gate"})));
}

TEST(PtzNumbers, EndAt128) {
  std::vector<Item> items;
  for (int i = 0; i < 200; ++i) items.push_back({"t" + std::to_string(i)});
  EXPECT_THAT(numbered(items, {}), SizeIs(128));
}

}  // namespace
}  // namespace watchrig::api
