#include "system/central/serial_number.hpp"

#include <fstream>

#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

TEST(SerialNumberTest, it_stays_and_is_another_elsewhere) {
  const std::filesystem::path folder = testing::TempDir() + "serial_number_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto number = *open_serial_number(folder / "a");
  EXPECT_THAT(number, testing::MatchesRegex("[0-9A-HJKMNP-TV-Z]+"));
  EXPECT_EQ(number.size(), 16U);
  EXPECT_EQ(*open_serial_number(folder / "a"), number);
  EXPECT_NE(*open_serial_number(folder / "b"), number);
  std::ofstream(folder / "c") << "half a numb";
  const auto damaged = open_serial_number(folder / "c");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, base::ErrorKind::corrupt);
}

}  // namespace
}  // namespace watchrig::central
