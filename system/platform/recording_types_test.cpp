#include "system/platform/recording_types.hpp"

#include <gtest/gtest.h>

namespace watchrig::platform {
namespace {

using Names = std::vector<std::string>;

TEST(RecordingTypes, HaveNamesInOneOrder) {
  EXPECT_EQ(recording_type_names(0), Names());
  EXPECT_EQ(recording_type_names(input_recording | manual_recording), (Names{"manual", "input"}));
  EXPECT_EQ(recording_type_names(any_recording),
            (Names{"regular", "manual", "motion", "tampering", "input"}));
  EXPECT_EQ(recording_type_names(1U << 31), Names()) << "one of a later program";
}

TEST(RecordingTypes, AreFoundByTheirNames) {
  EXPECT_EQ(recording_types_from({}).value(), 0U);
  EXPECT_EQ(recording_types_from({"motion", "regular", "motion"}).value(),
            motion_recording | regular_recording);
  const auto unknown = recording_types_from({"motion", "alarm"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, base::ErrorKind::invalid);
  EXPECT_EQ(unknown.error().message,
            "there is no type of recordings \"alarm\": set it to regular, manual, motion, tampering, input");
}

}  // namespace
}  // namespace watchrig::platform
