#include <cmath>
#include <numbers>

#include "simulators/scene/unit_producer.hpp"

namespace watchrig::scene {
namespace {

class ToneProducer final : public UnitProducer {
 public:
  explicit ToneProducer(media::AudioEncoder encoder) : encoder_(std::move(encoder)) {}

  const media::Track& track() const override { return encoder_.track(); }

  base::Result<media::EncodedPicture> produce(std::uint64_t index) override {
    const auto count = std::uint64_t(encoder_.frame_samples());
    samples_.resize(count);
    // AAC gives nothing for its first frames; a unit always carries sound.
    for (;;) {
      for (std::uint64_t i = 0; i < count; ++i) samples_[i] = sample_at(index * count + i);
      auto coded = encoder_.encode(samples_);
      if (!coded) return coded.error();
      if (!coded->empty()) return media::EncodedPicture{true, std::move(*coded)};
    }
  }

 private:
  std::int16_t sample_at(std::uint64_t sample) const {
    const std::uint64_t rate = encoder_.track().clock_rate;
    const double second = double(sample % rate) / double(rate);
    const double pitch = 440 + 20.0 * double(sample / rate % 60);
    constexpr double beep_seconds = 0.15;
    const double beep = second < beep_seconds ? 9000 * std::sin(std::numbers::pi * second / beep_seconds) : 0;
    const double turn = 2 * std::numbers::pi * second;
    return static_cast<std::int16_t>(beep * std::sin(turn * pitch) + 300 * std::sin(turn * 100));
  }

  media::AudioEncoder encoder_;
  std::vector<std::int16_t> samples_;
};

}  // namespace

base::Result<std::unique_ptr<UnitProducer>> open_tone(const StreamProfile& profile) {
  const bool aac = profile.codec == media::Codec::aac;
  auto encoder = media::AudioEncoder::open(
      {*profile.codec, aac ? profile.sample_rate : 8000, 1, aac ? profile.bitrate_bps : 64'000});
  if (!encoder) return encoder.error();
  return std::unique_ptr<UnitProducer>(std::make_unique<ToneProducer>(std::move(*encoder)));
}

}  // namespace watchrig::scene
