#include "system/central/ptz/ptz_book.hpp"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(PtzBook, KeepsNumbersOfAChannelOverRestarts) {
  const auto file =
      std::filesystem::path(::testing::TempDir()) / ("ptz_book" + std::to_string(::getpid()) + ".db");
  {
    const auto book = *PtzBook::open(file);
    ASSERT_TRUE(book->put("c1", PtzKind::preset, 5, "one"));
    ASSERT_TRUE(book->put("c1", PtzKind::preset, 5, "two"));
    ASSERT_TRUE(book->put("c1", PtzKind::preset, 128, "three"));
    ASSERT_TRUE(book->put("c1", PtzKind::tour, 5, "four"));
    ASSERT_TRUE(book->put("c10", PtzKind::preset, 5, "five"));
    ASSERT_TRUE(book->remove("c1", PtzKind::preset, 128));
    ASSERT_TRUE(book->remove("c1", PtzKind::preset, 127));
  }
  const auto book = *PtzBook::open(file);
  EXPECT_THAT(book->entries("c1", PtzKind::preset), ElementsAre(Pair(5, "two")));
  EXPECT_THAT(book->entries("c1", PtzKind::tour), ElementsAre(Pair(5, "four")));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace watchrig::central
