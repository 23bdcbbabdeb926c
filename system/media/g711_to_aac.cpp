#include "system/media/g711_to_aac.hpp"

#include <algorithm>

#include "system/media/g711.hpp"

namespace watchrig::media {

base::Result<G711ToAac> G711ToAac::open(const Track& track) {
  const int rate = track.clock_rate == 0 ? 8000 : static_cast<int>(track.clock_rate);
  auto encoder = AudioEncoder::open({Codec::aac, rate, std::clamp<int>(track.channels, 1, 2), 32'000});
  if (!encoder) return encoder.error();
  return G711ToAac(track.codec, std::move(*encoder));
}

base::Result<std::vector<G711ToAac::Frame>> G711ToAac::push(base::ByteView g711, std::int64_t sample) {
  const std::size_t channels = encoder_.track().channels;
  if (!next_sample_) {
    next_sample_ = sample;
    next_frame_ = sample - encoder_.delay_samples();
  }
  // Times wander by a few samples with the network; only a real gap is filled, and at most a minute of it at
  // once.
  const std::int64_t rate = encoder_.track().clock_rate;
  const std::int64_t gap = sample - *next_sample_;
  if (gap > rate / 10 && gap < rate * 60) {
    pending_.insert(pending_.end(), std::size_t(gap) * channels, 0);
    *next_sample_ += gap;
  }
  for (const std::uint8_t byte : g711) pending_.push_back(g711_sample(codec_, byte));
  *next_sample_ += std::int64_t(g711.size() / channels);
  return encode_pending();
}

base::Result<std::vector<G711ToAac::Frame>> G711ToAac::finish() {
  if (!next_sample_) return std::vector<Frame>{};
  // One more frame pushes the last one out of the encoder.
  const std::size_t frame_size = std::size_t(encoder_.frame_samples()) * encoder_.track().channels;
  pending_.resize((pending_.size() + frame_size - 1) / frame_size * frame_size + frame_size, 0);
  return encode_pending();
}

base::Result<std::vector<G711ToAac::Frame>> G711ToAac::encode_pending() {
  std::vector<Frame> frames;
  const std::size_t frame_size = std::size_t(encoder_.frame_samples()) * encoder_.track().channels;
  std::size_t used = 0;
  for (; pending_.size() - used >= frame_size; used += frame_size) {
    auto coded = encoder_.encode(std::span(pending_).subspan(used, frame_size));
    if (!coded) return coded.error();
    if (coded->empty()) continue;
    frames.push_back({*next_frame_, std::move(*coded)});
    *next_frame_ += encoder_.frame_samples();
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(used));
  return frames;
}

}  // namespace watchrig::media
