#include "system/storage/capacity_estimate.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace watchrig::storage {
namespace {

using Estimate = CapacityEstimate;

TEST(CapacityEstimate, AnHourIsThatOfTheManualsTable) {
  constexpr std::pair<int, int> table[] = {{96, 42},    {128, 56},   {160, 70},   {192, 84},   {224, 98},
                                           {256, 112},  {320, 140},  {384, 168},  {448, 196},  {512, 225},
                                           {640, 281},  {768, 337},  {896, 393},  {1024, 450}, {1280, 562},
                                           {1536, 675}, {1792, 787}, {2048, 900}, {1, 42},     {95, 42}};
  for (const auto& [kbps, megabytes] : table) EXPECT_EQ(Estimate::megabytes_an_hour(kbps), megabytes) << kbps;
}

TEST(CapacityEstimate, GoesBothWays) {
  EXPECT_EQ(Estimate::megabytes(4, 30 * 24, 200), 576'000);
  EXPECT_EQ(Estimate::hours(4, 576'000, 200), 30 * 24);
  EXPECT_EQ(Estimate::hours(4, 575'999, 200), 30 * 24 - 1) << "it would not suffice";
  const auto an_hour = Estimate::megabytes_an_hour(Estimate::most_kbps);
  const auto most = Estimate::megabytes(Estimate::most_channels, Estimate::most_hours, an_hour);
  EXPECT_EQ(Estimate::hours(Estimate::most_channels, most, an_hour), Estimate::most_hours)
      << "nothing overflows";
}

}  // namespace
}  // namespace watchrig::storage
