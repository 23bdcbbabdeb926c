#include "system/devices/onvif/onvif_encoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using ::testing::Contains;
using testing::FakeDevice;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* configuration2 =
    R"(<R xmlns:t="http://www.onvif.org/ver10/schema" xmlns:v="http://maker.example">
  <Configurations token="enc" GovLength="50" Profile="High"><t:Name>n</t:Name><t:UseCount>1</t:UseCount>
  <t:Encoding>H264</t:Encoding><t:Resolution><t:Width>1920</t:Width><t:Height>1080</t:Height></t:Resolution>
  <t:RateControl ConstantBitRate="true"><t:FrameRateLimit>25</t:FrameRateLimit><t:BitrateLimit>4096</t:BitrateLimit></t:RateControl>
  <t:Quality>3</t:Quality><v:Smart>on</v:Smart></Configurations></R>)";
constexpr const char* options2 = R"(<R>
  <Options GovLengthRange="1 100" FrameRatesSupported="25 20.000 12.5 x" ConstantBitRateSupported="true"><Encoding>H264</Encoding>
  <QualityRange><Min>0</Min><Max>6</Max></QualityRange><ResolutionsAvailable><Width>1920</Width><Height>1080</Height></ResolutionsAvailable>
  <ResolutionsAvailable><Width>640</Width><Height>360</Height></ResolutionsAvailable>
  <BitrateRange><Min>64</Min><Max>8192</Max></BitrateRange></Options>
  <Options GovLengthRange="30"><Encoding>H265</Encoding><QualityRange><Min>0</Min><Max>6</Max></QualityRange>
  <ResolutionsAvailable><Width>1920</Width><Height>1080</Height></ResolutionsAvailable></Options>
  <Options><Encoding>MPV4-ES</Encoding></Options></R>)";

/// A device with main and sub stream by version 2, whose encoder takes everything in earnest.
struct EncoderTest : ::testing::Test {
  EncoderTest() {
    device.serve(false, true);
    device.replies["media2 GetProfiles"] = FakeDevice::content(
        R"(<R><Profiles token="a"><Configurations><VideoSource><SourceToken>s</SourceToken></VideoSource>
        <VideoEncoder token="enc"><Resolution><Width>1920</Width><Height>1080</Height></Resolution></VideoEncoder></Configurations></Profiles>
        <Profiles token="b"><Configurations><VideoSource><SourceToken>s</SourceToken></VideoSource>
        <VideoEncoder token="enc2"><Resolution><Width>704</Width><Height>576</Height></Resolution></VideoEncoder></Configurations></Profiles></R>)");
    device.replies["media2 GetVideoEncoderConfigurations"] = FakeDevice::content(configuration2);
    device.replies["media2 GetVideoEncoderConfigurationOptions"] = FakeDevice::content(options2);
    device.replies["media2 SetVideoEncoderConfiguration"] = [this](const http::Request& request) {
      set = request.body;
      return FakeDevice::content("<R/>")(request);
    };
  }

  base::Result<EncoderState> read() {
    return device.run(read_encoder(device.clock, device.contact(), {}),
                      base::Result<EncoderState>(base::Error{}));
  }
  base::Result<EncoderChange> change(std::function<void(EncoderSettings&)> work) {
    const auto apply = [work](EncoderState& state) -> std::optional<EncoderRefusal> {
      work(state.settings);
      return {};
    };
    return device.run(change_encoder(device.clock, device.contact(), {}, apply),
                      base::Result<EncoderChange>(base::Error{}));
  }
  std::string refused(std::function<void(EncoderSettings&)> work) {
    const auto result = change(std::move(work));
    EXPECT_EQ(set, "");
    return result && result->refusal ? result->refusal->member + ": " + result->refusal->reason : "";
  }

  FakeDevice device;
  std::string set;
};

TEST_F(EncoderTest, ReadsSettingsAndWhatTheDeviceCanDo) {
  const auto state = read();
  ASSERT_TRUE(state) << state.error().message;
  const auto& settings = state->settings;
  EXPECT_EQ(settings.codec, media::Codec::h264);
  EXPECT_EQ(settings.size, (PictureSize{1920, 1080}));
  EXPECT_EQ(settings.fps, 25);
  EXPECT_EQ(settings.bitrate_kbps, 4096);
  EXPECT_EQ(settings.gop, 50);
  EXPECT_FALSE(settings.variable);
  ASSERT_EQ(state->options.size(), 2U);
  EXPECT_EQ(state->options[0].rates, (std::vector<double>{25, 20, 12.5}));
  EXPECT_EQ(state->options[1].gop->max, 30);
  EXPECT_FALSE(state->options[1].bitrate_kbps);
  EXPECT_EQ(state->quality.max, 6);
}

TEST_F(EncoderTest, IsReadByVersion1WhereVersion2IsAnnouncedOnly) {
  device.serve(true, true);
  device.replies.erase("media2 GetProfiles");
  device.replies["media GetProfiles"] = FakeDevice::content(
      R"(<R><Profiles token="a"><VideoSourceConfiguration><SourceToken>s</SourceToken></VideoSourceConfiguration>
      <VideoEncoderConfiguration token="enc"><Resolution><Width>1280</Width><Height>720</Height></Resolution>
      </VideoEncoderConfiguration></Profiles></R>)");
  device.replies["media GetVideoEncoderConfiguration"] = FakeDevice::content(
      R"(<R><Configuration token="enc"><Encoding>H264</Encoding>
      <Resolution><Width>1280</Width><Height>720</Height></Resolution><Quality>3</Quality>
      <RateControl><FrameRateLimit>12</FrameRateLimit><EncodingInterval>1</EncodingInterval><BitrateLimit>900</BitrateLimit>
      </RateControl><H264><GovLength>24</GovLength></H264></Configuration></R>)");
  device.replies["media GetVideoEncoderConfigurationOptions"] = FakeDevice::content("<R><Options/></R>");
  const auto state = read();
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->settings.size, (PictureSize{1280, 720}));
  EXPECT_EQ(state->settings.fps, 12);
  EXPECT_EQ(state->settings.gop, 24);
}

TEST_F(EncoderTest, SetsWhatIsWantedAndLeavesTheRestAsTheDeviceHasIt) {
  const auto result = change([](EncoderSettings& settings) {
    settings.codec = media::Codec::h265;
    settings.variable = true;
    settings.gop = 30;
  });
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_FALSE(result->refusal);
  EXPECT_THAT(set, HasSubstr("<tt:Encoding>H265</tt:Encoding>"));
  EXPECT_THAT(set, HasSubstr("ConstantBitRate=\"false\""));
  EXPECT_THAT(set, HasSubstr("GovLength=\"30\""));
  EXPECT_THAT(set, HasSubstr("<tt:Name>n</tt:Name>"));
  EXPECT_THAT(set, Not(HasSubstr("Profile=\"High\"")));
  EXPECT_THAT(set, Not(HasSubstr("Smart")));
  // It says what the device has made of it, which is nothing here.
  EXPECT_EQ(result->state.settings.codec, media::Codec::h264);
}

TEST_F(EncoderTest, WhatTheDeviceCannotDoIsRefusedWithWhatItCan) {
  EXPECT_EQ(refused([](auto& s) { s.codec = media::Codec::mjpeg; }), "codec: the device can do H.264, H.265");
  EXPECT_EQ(refused([](auto& s) { s.size = {1280, 720}; }), "size: the device can do 1920x1080, 640x360");
  EXPECT_EQ(refused([](auto& s) { s.fps = 24; }), "fps: the device can do 25, 20, 12.5");
  EXPECT_EQ(refused([](auto& s) { s.gop = 101; }), "gop: the device can do 1 to 100");
  EXPECT_EQ(refused([](auto& s) { s.bitrate_kbps = 63; }), "bitrate_kbps: the device can do 64 to 8192");
  EXPECT_THAT(refused([](auto& s) {
                s.size = {640, 360};
              }),
              HasSubstr("size: the main stream must stay larger"));
}

TEST_F(EncoderTest, WhatStandsOutsideOfTheDevicesOwnLimitsStaysWhileNobodyChangesIt) {
  device.replies["media2 GetVideoEncoderConfigurations"] = FakeDevice::content(
      R"(<R xmlns:t="http://www.onvif.org/ver10/schema"><Configurations token="enc" GovLength="500"><t:Encoding>H264</t:Encoding>
      <t:Resolution><t:Width>1920</t:Width><t:Height>1080</t:Height></t:Resolution><t:RateControl><t:FrameRateLimit>24</t:FrameRateLimit>
      <t:BitrateLimit>99999</t:BitrateLimit></t:RateControl><t:Quality>3</t:Quality></Configurations></R>)");
  EXPECT_EQ(refused([](auto& s) { s.gop = 501; }), "gop: the device can do 1 to 100");
  const auto result = change([](auto& s) { s.quality = 5; });
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->refusal);
  EXPECT_THAT(set, HasSubstr("<tt:Quality>5</tt:Quality>"));
}

TEST_F(EncoderTest, WithoutAChangeNothingIsSet) {
  ASSERT_TRUE(change([](EncoderSettings&) {}));
  EXPECT_THAT(device.asked, Not(Contains("media2 SetVideoEncoderConfiguration")));
}

TEST_F(EncoderTest, ADeviceThatRefusesIsQuoted) {
  device.replies["media2 SetVideoEncoderConfiguration"] = [](const auto&) {
    return FakeDevice::fault(400, "ter:ConfigModify");
  };
  const auto result = change([](EncoderSettings& settings) { settings.fps = 20; });
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("ter:ConfigModify"));
}

TEST_F(EncoderTest, AbsurdAnswersAreErrors) {
  device.replies["media2 GetVideoEncoderConfigurations"] =
      FakeDevice::content("<R><Configurations token=\"other\"/></R>");
  EXPECT_THAT(read().error().message, HasSubstr("does not tell of its encoder \"enc\""));
  device.replies["media2 GetVideoEncoderConfigurations"] =
      FakeDevice::content("<R><Configurations token=\"enc\"><Encoding>VP9</Encoding></Configurations></R>");
  EXPECT_THAT(read().error().message, HasSubstr("\"VP9\""));
  device.replies["media2 GetVideoEncoderConfigurations"] = FakeDevice::content(
      "<R><Configurations token=\"enc\" "
      "GovLength=\"-\"><Encoding>H264</Encoding><RateControl><FrameRateLimit>1e999</FrameRateLimit>"
      "<BitrateLimit>nan</BitrateLimit></RateControl></Configurations></R>");
  device.replies["media2 GetVideoEncoderConfigurationOptions"] = FakeDevice::content(
      "<R><Options GovLengthRange=\"9 1\" "
      "FrameRatesSupported=\"\"><Encoding>H264</Encoding><BitrateRange><Min>9</Min><Max>1</Max></"
      "BitrateRange>"
      "<ResolutionsAvailable><Width>-1</Width><Height>99999999999</Height></ResolutionsAvailable></Options></"
      "R>");
  const auto state = read();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->settings.fps, 0);
  EXPECT_EQ(state->settings.bitrate_kbps, 0);
  EXPECT_TRUE(state->options[0].sizes.empty());
  EXPECT_FALSE(state->options[0].bitrate_kbps);
}

TEST_F(EncoderTest, OlderDevicesAreSetByVersion1) {
  device.serve(true, false);
  device.replies["media GetProfiles"] = FakeDevice::content(
      R"(<R><Profiles token="a"><VideoEncoderConfiguration token="enc"/></Profiles></R>)");
  device.replies["media GetVideoEncoderConfiguration"] = FakeDevice::content(
      R"(<R xmlns:t="http://www.onvif.org/ver10/schema"><Configuration token="enc"><t:Encoding>JPEG</t:Encoding>
      <t:Resolution><t:Width>640</t:Width><t:Height>480</t:Height></t:Resolution><t:Quality>5</t:Quality><t:RateControl>
      <t:FrameRateLimit>10</t:FrameRateLimit><t:EncodingInterval>1</t:EncodingInterval><t:BitrateLimit>1000</t:BitrateLimit></t:RateControl>
      <t:Multicast/><t:SessionTimeout>PT60S</t:SessionTimeout></Configuration></R>)");
  device.replies["media GetVideoEncoderConfigurationOptions"] = FakeDevice::content(
      R"(<R><Options><QualityRange><Min>1</Min><Max>10</Max></QualityRange><JPEG/><H264><GovLengthRange><Min>1</Min><Max>60</Max></GovLengthRange>
      <FrameRateRange><Min>1</Min><Max>30</Max></FrameRateRange></H264></Options></R>)");
  device.replies["media SetVideoEncoderConfiguration"] = [this](const http::Request& request) {
    set = request.body;
    return FakeDevice::content("<R/>")(request);
  };
  EXPECT_THAT(refused([](auto& s) { s.codec = media::Codec::h265; }), HasSubstr("codec"));
  EXPECT_THAT(refused([](auto& s) { s.variable = true; }), HasSubstr("rate_mode"));
  ASSERT_TRUE(change([](auto& s) {
    s.codec = media::Codec::h264;
    s.gop = 20;
  }));
  EXPECT_THAT(set, HasSubstr("</tt:RateControl><tt:H264><tt:GovLength>20</tt:GovLength>"));
  EXPECT_THAT(set, HasSubstr("<trt:ForcePersistence>true"));
}

}  // namespace
}  // namespace watchrig::devices
