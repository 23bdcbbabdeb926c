#include "simulators/scene/stream_source.hpp"

#include <condition_variable>

#include <gmock/gmock.h>

#include "simulators/scene/stamp_strip.hpp"
#include "system/media/av_decoder.hpp"
#include "system/media/jpeg_format.hpp"
#include "system/media/parameter_sets.hpp"

namespace watchrig::scene {
namespace {

using namespace std::chrono_literals;

constexpr base::UtcTime noon = base::UtcTime(std::chrono::seconds(1'769'860'800));
constexpr const char* pedestrians = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";

/// Collects units and waits for a number of them. Unit 0 is due at once and may come before the subscription:
/// left out.
class Inbox {
 public:
  StreamSource::Receiver receiver() {
    return [this](const EncodedUnitPtr& unit) {
      if (unit->index == 0) return;
      const std::lock_guard lock(mutex_);
      units_.push_back(unit);
      changed_.notify_all();
    };
  }
  std::vector<EncodedUnitPtr> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 60s, [&] { return units_.size() >= count; });
    return units_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<EncodedUnitPtr> units_;
};

SourceSpec spec(const char* profile, const char* file = "") {
  SourceSpec wanted;
  wanted.file = file;
  wanted.profile = parse_profile(profile).value();
  return wanted;
}

TEST(StreamSource, CapturesEachFrameAtItsExactTime) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  const auto source = registry.open(spec("h264 128x96@29.97 100kbps")).value();
  Inbox inbox;
  const Subscription subscription = source->subscribe(inbox.receiver());
  for (int step = 0; step < 31; ++step) clock.advance(100ms);
  const auto units = inbox.wait_for(90);
  ASSERT_GE(units.size(), 90U);
  const std::uint64_t first = units[0]->index;
  for (std::size_t i = 0; i < 90; ++i) {
    const EncodedUnit& unit = *units[i];
    EXPECT_EQ(unit.index, first + i);
    EXPECT_EQ(unit.captured, noon + 1ns * (unit.index * 1'001'000'000ULL / 30));
    EXPECT_EQ(unit.rtp_timestamp - units[0]->rtp_timestamp,
              static_cast<std::uint32_t>(unit.index * 3003 - first * 3003));
    EXPECT_EQ(unit.digest, media::digest(unit.payload));
    EXPECT_EQ(unit.key, media::is_key(media::Codec::h264, unit.payload));
  }
}

TEST(StreamSource, IsSharedByContentAndProfile) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  const auto one = registry.open(spec("h264 128x96@5 100kbps")).value();
  EXPECT_EQ(registry.open(spec("h264 128x96@5 100kbps")).value(), one);
  EXPECT_NE(registry.open(spec("h264 128x96@5 200kbps")).value(), one);
}

TEST(StreamSource, TellsWhatIsOnItsPicturesOnlyWhenItIsAskedTo) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  const auto source = registry.open(spec("h264 128x96@5 100kbps")).value();
  Inbox inbox;
  const Subscription subscription = source->subscribe(inbox.receiver());
  clock.advance(2s);
  for (const auto& unit : inbox.wait_for(10)) EXPECT_EQ(unit->objects, nullptr);
  source->tell_objects();
  clock.advance(2s);
  EXPECT_NE(inbox.wait_for(20).back()->objects, nullptr);
}

TEST(StreamSource, ComesWithTheSameRtpBaseForTheSameSeed) {
  std::uint32_t bases[3] = {};
  const std::uint64_t seeds[] = {3, 3, 4};
  for (int i = 0; i < 3; ++i) {
    base::ManualClock clock(noon);
    StreamSourceRegistry registry(clock, seeds[i]);
    const auto source = registry.open(spec("pcmu")).value();
    Inbox inbox;
    const Subscription subscription = source->subscribe(inbox.receiver());
    clock.advance(1s);
    const auto unit = inbox.wait_for(1).at(0);
    bases[i] = unit->rtp_timestamp - static_cast<std::uint32_t>(unit->index * 160);
  }
  EXPECT_EQ(bases[0], bases[1]);
  EXPECT_NE(bases[0], bases[2]);
}

TEST(StreamSource, LeavesNoFrameOutWhenItIsLateAndSaysHowLate) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  const auto source = registry.open(spec("h264 64x48@10 50kbps")).value();
  Inbox inbox;
  const Subscription subscription = source->subscribe(inbox.receiver());
  clock.advance(5s);
  const auto units = inbox.wait_for(40);
  for (std::size_t i = 1; i < units.size(); ++i) EXPECT_EQ(units[i]->index, units[i - 1]->index + 1);
  EXPECT_GE(source->stats().lateness_max, 4s);
}

TEST(StreamSource, BurstsForOneReaderAlone) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  const auto source = registry.open(spec("h264 352x288@25 256kbps gop=25")).value();
  Inbox calm;
  Inbox wild;
  const Subscription first = source->subscribe(calm.receiver());
  Subscription second = source->subscribe(wild.receiver());
  ASSERT_TRUE(second.set_burst(8));
  clock.advance(4s);
  const auto burst = wild.wait_for(100);
  const auto normal = calm.wait_for(100);
  ASSERT_TRUE(second.set_burst(1));
  clock.advance(3s);
  const auto after = wild.wait_for(175);
  const auto shared = calm.wait_for(175);
  ASSERT_GE(after.size(), 175U);

  std::size_t bytes[2] = {};
  for (std::size_t i = 25; i < 100; ++i) {
    bytes[0] += normal[i]->payload.size();
    bytes[1] += burst[i]->payload.size();
    EXPECT_EQ(burst[i]->index, normal[i]->index);
    EXPECT_EQ(burst[i]->rtp_timestamp, normal[i]->rtp_timestamp);
  }
  EXPECT_GT(bytes[1], bytes[0] * 5);
  // A change of encoder is a key picture on both ways.
  for (std::size_t i = 1; i < 175; ++i) {
    const bool was_shared = after[i - 1] == shared[i - 1];
    if (was_shared != (after[i] == shared[i])) {
      EXPECT_TRUE(after[i]->key) << i;
    }
  }
  EXPECT_EQ(after[174], shared[174]);
}

TEST(StreamSource, JpegsAreAsReceiversMakeThem) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  const auto source = registry.open(spec("mjpeg 128x96@10 500kbps")).value();
  Inbox inbox;
  const Subscription subscription = source->subscribe(inbox.receiver());
  clock.advance(1s);
  for (const auto& unit : inbox.wait_for(5)) {
    const auto canonical = media::canonical_jpeg(unit->payload);
    ASSERT_TRUE(canonical) << canonical.error().message;
    EXPECT_EQ(unit->payload, *canonical);
    EXPECT_EQ(unit->digest, media::digest(*canonical));
  }
}

TEST(StreamSource, PlaysAFileInALoopWithStamps) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  const auto opened = registry.open(spec("h264 192x144@10 200kbps", pedestrians));
  ASSERT_TRUE(opened) << opened.error().message;
  Inbox inbox;
  const Subscription subscription = (*opened)->subscribe(inbox.receiver());
  clock.advance(90s);
  const auto units = inbox.wait_for(850);
  ASSERT_GE(units.size(), 850U);
  auto decoder = media::VideoDecoder::open((*opened)->track()).value();
  for (const auto& unit : units) {
    const auto pictures = decoder.decode(unit->payload);
    ASSERT_TRUE(pictures);
    if (pictures->empty()) continue;
    EXPECT_EQ(read_stamp(pictures->front().picture), (Stamp{std::uint32_t(unit->index), unit->captured}));
  }
}

TEST(StreamSource, RefusesWhatItCannotPlayAndSaysWhy) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  EXPECT_EQ(registry.open(spec("passthrough")).error().kind, base::ErrorKind::invalid);
  EXPECT_EQ(registry.open(spec("passthrough", pedestrians)).error().kind, base::ErrorKind::unsupported);
  EXPECT_EQ(registry.open(spec("h264 64x48@5 50kbps", "/nowhere.avi")).error().kind,
            base::ErrorKind::not_found);
  const auto sound = registry.open(spec("pcma")).value();
  EXPECT_EQ(sound->subscribe([](const EncodedUnitPtr&) {}).set_burst(2).error().kind,
            base::ErrorKind::unsupported);
}

TEST(StreamSource, SoundComesInPacketsOfTwentyMilliseconds) {
  base::ManualClock clock(noon);
  StreamSourceRegistry registry(clock, 3);
  for (const auto& [profile, size] : {std::pair("pcmu", 160U), std::pair("pcma", 160U)}) {
    const auto source = registry.open(spec(profile)).value();
    Inbox inbox;
    const Subscription subscription = source->subscribe(inbox.receiver());
    clock.advance(200ms);
    for (const auto& unit : inbox.wait_for(8)) EXPECT_EQ(unit->payload.size(), size);
    EXPECT_EQ(source->track().clock_rate, 8000U);
  }
  const auto aac = registry.open(spec("aac")).value();
  EXPECT_EQ(aac->track().clock_rate, 16000U);
  EXPECT_FALSE(aac->track().config.empty());
}

}  // namespace
}  // namespace watchrig::scene
