#include "system/devices/registered/refusal_book.hpp"

#include <gtest/gtest.h>

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;

TEST(RefusalBookTest, OneThatTriesAgainIsToldOfAfterAWhile) {
  RefusalBook book;
  const base::UtcTime start{1h};
  EXPECT_TRUE(book.note("gate-1", "192.0.2.1", "wrong password", start));
  for (auto now = start + 2s; now < start + 10min; now += 2s)
    EXPECT_FALSE(book.note("gate-1", "192.0.2.1", "wrong password", now));
  EXPECT_TRUE(book.note("gate-1", "192.0.2.1", "wrong password", start + 10min));
  EXPECT_EQ(book.refused().at(0).attempts, 301U);
  EXPECT_TRUE(book.note("gate-1", "192.0.2.2", "wrong password", start + 10min + 1s));
  EXPECT_EQ(book.refused().at(0).attempts, 1U);
  book.forget("gate-1");
  EXPECT_TRUE(book.refused().empty());
}

TEST(RefusalBookTest, ManyIdsAreNotAllToldOf) {
  RefusalBook book;
  base::UtcTime now{1h};
  std::size_t told = 0;
  for (int i = 0; i < 1000; ++i) told += book.note(std::to_string(i), "192.0.2.1", "unknown", now) ? 1 : 0;
  EXPECT_EQ(told, RefusalBook::most_told);
  EXPECT_EQ(book.refused().size(), RefusalBook::most);
  EXPECT_EQ(book.refused().back().device_id, "999");
  EXPECT_TRUE(book.note("x", "192.0.2.1", "unknown", now + 1min));
}

}  // namespace
}  // namespace watchrig::devices
