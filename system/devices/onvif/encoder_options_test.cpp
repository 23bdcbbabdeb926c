#include "system/devices/onvif/encoder_options.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace watchrig::devices {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string size(int width, int height) {
  return fmt::format("<ResolutionsAvailable><Width>{}</Width><Height>{}</Height></ResolutionsAvailable>",
                     width, height);
}

class EncoderOptionsTest : public ::testing::Test {
 protected:
  EncoderOptionsTest() { settings.size = {640, 360}; }
  EncoderState read2(const std::string& attributes, const std::string& content) {
    document.load_string(
        ("<R><Options " + attributes + "><Encoding>H264</Encoding>" + content + "</Options></R>").c_str());
    return read_encoder_options2(document.document_element(), settings);
  }
  EncoderState read1(const std::string& content) {
    document.load_string(("<R><Options>" + content + "</Options></R>").c_str());
    return read_encoder_options1(document.document_element(), settings);
  }
  pugi::xml_document document;
  EncoderSettings settings;
};

TEST_F(EncoderOptionsTest, NothingIsLeftOutOfWhatCanBe) {
  const auto state =
      read2(R"(GovLengthRange="0 400" FrameRatesSupported="25 12.5 25")",
            size(640, 360) + size(640, 360) + "<BitrateRange><Min>0</Min><Max>8</Max></BitrateRange>");
  EXPECT_THAT(state.unusable, IsEmpty());
  EXPECT_THAT(state.options[0].sizes, ElementsAre(PictureSize{640, 360}));
  EXPECT_THAT(state.options[0].rates, ElementsAre(25, 12.5));
  EXPECT_EQ(state.options[0].gop->min, 1);
  EXPECT_EQ(state.options[0].bitrate_kbps->min, 1);
}

TEST_F(EncoderOptionsTest, WhatCannotBeIsLeftOutAndNamed) {
  const auto state = read2(R"(GovLengthRange="400 1" FrameRatesSupported="full 25 0 -5")",
                           size(0, 0) + size(640, 360) + size(16385, 9) +
                               "<BitrateRange><Min>9</Min><Max>1</Max></BitrateRange>"
                               "<QualityRange><Min>x</Min><Max>6</Max></QualityRange>");
  const auto& options = state.options[0];
  EXPECT_FALSE(options.gop || options.bitrate_kbps);
  EXPECT_THAT(options.rates, ElementsAre(25));
  EXPECT_THAT(options.sizes, ElementsAre(PictureSize{640, 360}));
  EXPECT_EQ(state.quality.max, 100);
  EXPECT_THAT(state.unusable,
              ElementsAre("H.264: ResolutionsAvailable \"0\" x \"0\"",
                          "H.264: ResolutionsAvailable \"16385\" x \"9\"",
                          "H.264: FrameRatesSupported \"full\"", "H.264: FrameRatesSupported \"0\"",
                          "H.264: FrameRatesSupported \"-5\"", "H.264: BitrateRange \"9\" to \"1\"",
                          "H.264: GovLengthRange \"400 1\"", "H.264: QualityRange \"x\" to \"6\""));
}

TEST_F(EncoderOptionsTest, OfTooManyOnlyTheOneInUseIsBelieved) {
  std::string most;
  for (int i = 0; i < static_cast<int>(EncoderState::most_options); ++i) most += size(640 + i, 360);
  EXPECT_EQ(read2("", most).options[0].sizes.size(), EncoderState::most_options);
  const auto more = read2("", most + size(320, 180));
  EXPECT_THAT(more.options[0].sizes, ElementsAre(PictureSize{640, 360}));
  EXPECT_THAT(more.unusable, ElementsAre("H.264: 129 sizes"));
}

TEST_F(EncoderOptionsTest, Version1IsReadLikewise) {
  const auto state = read1("<QualityRange><Min>6</Min><Max>1</Max></QualityRange><JPEG>" + size(0, 9) +
                           "</JPEG><H264><GovLengthRange><Min>-9</Min><Max>0</Max></GovLengthRange>"
                           "<FrameRateRange><Min>30</Min><Max>1</Max></FrameRateRange></H264>");
  EXPECT_THAT(state.unusable,
              ElementsAre("H.264: FrameRateRange \"30\" to \"1\"", "H.264: GovLengthRange \"-9\" to \"0\"",
                          "MJPEG: ResolutionsAvailable \"0\" x \"9\"", "all: QualityRange \"6\" to \"1\""));
}

}  // namespace
}  // namespace watchrig::devices
