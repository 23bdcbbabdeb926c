#include "simulators/scene/stream_state.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "simulators/scene/prompt_thread.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/media/jpeg_format.hpp"

namespace watchrig::scene {

void LatenessWindow::add(base::Duration lateness) {
  last_[count_++ % last_.size()] = lateness;
  max_ = std::max(max_, lateness);
}

void LatenessWindow::fill(SourceStats& stats) const {
  auto sorted = last_;
  const auto size = std::min<std::size_t>(count_, sorted.size());
  if (size == 0) return;
  std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(size));
  stats.lateness_p50 = sorted[(size - 1) / 2];
  stats.lateness_p99 = sorted[(size - 1) * 99 / 100];
  stats.lateness_max = max_;
}

void StreamSource::State::start() {
  base::spawn(context.get_executor(), produce(), "stream " + name);
  if (ahead) coder = std::thread([this] { code_ahead(); });
  thread = std::thread([this] {
    if (ahead) make_thread_prompt();
    context.run();
  });
}

void StreamSource::State::stop() {
  {
    const std::lock_guard lock(coding);
    stopping = true;
  }
  prepared_changed.notify_all();
  boost::asio::post(context, [this] { timer.cancel(); });
  if (coder.joinable()) coder.join();
  if (thread.joinable()) thread.join();
}

boost::asio::awaitable<void> StreamSource::State::produce() {
  for (std::uint64_t index = 0; !stopping; ++index) {
    const base::UtcTime captured = started + profile.rate.time_of(index);
    const bool due = co_await timer.wait_until(captured);
    if (!due || stopping) co_return;
    const CodedUnit unit = ahead ? take_coded() : code_unit(index);
    if (!unit) {
      base::log_error("stream {}: {}; it has ended", name, unit.error().message);
      const std::lock_guard lock(mutex);
      stats.error = unit.error().message;
      co_return;
    }
    if (!unit->empty()) deliver(*unit, captured);
  }
}

void StreamSource::State::code_ahead() {
  for (std::uint64_t index = 0;; ++index) {
    {
      std::unique_lock lock(coding);
      prepared_changed.wait(lock, [this] { return !prepared || stopping; });
      if (stopping) return;
    }
    CodedUnit unit = code_unit(index);
    const bool failed = !unit;
    {
      const std::lock_guard lock(coding);
      prepared = std::move(unit);
    }
    prepared_changed.notify_all();
    if (failed) return;
  }
}

StreamSource::State::CodedUnit StreamSource::State::take_coded() {
  std::unique_lock lock(coding);
  prepared_changed.wait(lock, [this] { return prepared || stopping; });
  if (!prepared) return std::vector<Coded>{};
  CodedUnit unit = std::move(*prepared);
  prepared.reset();
  lock.unlock();
  prepared_changed.notify_all();
  return unit;
}

StreamSource::State::CodedUnit StreamSource::State::code_unit(std::uint64_t index) {
  const base::UtcTime captured = started + profile.rate.time_of(index);
  std::vector<Coded> coded = encoders_in_use();
  if (producer) {
    auto unit = producer->produce(index);
    if (!unit) return unit.error();
    coded.front().unit = make_unit(index, captured, std::move(*unit));
  } else if (const auto done = code_picture(coded, index, captured); !done) {
    return done.error();
  }
  return coded;
}

std::vector<StreamSource::State::Coded> StreamSource::State::encoders_in_use() {
  const std::lock_guard lock(mutex);
  std::vector<Coded> coded = {Coded{1, shared, false, nullptr}};
  const auto entry = [&](double factor) -> Coded& {
    const auto found =
        std::find_if(coded.begin(), coded.end(), [&](const Coded& c) { return c.factor == factor; });
    if (found != coded.end()) return *found;
    return coded.emplace_back(Coded{factor, variants.at(factor), false, nullptr});
  };
  for (auto& [id, reader] : readers) {
    // Back to the shared units it goes at their next key picture only: see deliver().
    if (reader.wanted != 1 && reader.wanted != reader.factor) {
      reader.factor = reader.wanted;
      entry(reader.factor).force_key = true;
    } else if (reader.factor != 1) {
      entry(reader.factor);
    }
  }
  return coded;
}

base::Result<> StreamSource::State::code_picture(std::vector<Coded>& coded, std::uint64_t index,
                                                 base::UtcTime captured) {
  const auto picture = pictures->picture(index, captured);
  if (!picture) return picture.error();
  const auto objects = tells_objects ? pictures->objects() : nullptr;
  for (Coded& one : coded) {
    auto encoded = one.encoder->encode(**picture, one.force_key);
    if (!encoded) return encoded.error();
    one.unit = make_unit(index, captured, std::move(*encoded), objects);
  }
  return {};
}

EncodedUnitPtr StreamSource::State::make_unit(std::uint64_t index, base::UtcTime captured,
                                              media::EncodedPicture picture, SceneObjectsPtr objects) const {
  auto unit = std::make_shared<EncodedUnit>();
  unit->objects = std::move(objects);
  unit->index = index;
  unit->captured = captured;
  unit->rtp_timestamp = rtp_base + static_cast<std::uint32_t>(profile.rate.ticks_of(index, track.clock_rate));
  unit->key = picture.key;
  unit->payload = std::move(picture.payload);
  if (track.codec == media::Codec::mjpeg) {
    // The digest is that of the file which comes out of the RTP packets.
    if (auto canonical = media::canonical_jpeg(unit->payload)) unit->payload = std::move(*canonical);
  }
  unit->digest = media::digest(unit->payload);
  return unit;
}

void StreamSource::State::deliver(const std::vector<Coded>& coded, base::UtcTime captured) {
  const std::lock_guard lock(mutex);
  for (auto& [id, reader] : readers) {
    if (reader.wanted == 1 && coded.front().unit->key) reader.factor = 1;
    for (const Coded& one : coded)
      if (one.factor == reader.factor) reader.receiver(one.unit);
  }
  forget_unused_variants();
  ++stats.units;
  stats.bytes += coded.front().unit->payload.size();
  lateness.add(clock.now() - captured);
}

void StreamSource::State::forget_unused_variants() {
  std::erase_if(variants, [this](const auto& variant) {
    return std::none_of(readers.begin(), readers.end(), [&](const auto& entry) {
      return entry.second.factor == variant.first || entry.second.wanted == variant.first;
    });
  });
}

media::VideoEncoderSettings StreamSource::State::encoder_settings(double factor) const {
  media::VideoEncoderSettings settings;
  settings.codec = *profile.codec;
  settings.width = profile.width;
  settings.height = profile.height;
  settings.rate = profile.rate;
  settings.bitrate_bps = static_cast<std::int64_t>(double(profile.bitrate_bps) * factor);
  settings.gop = profile.gop;
  settings.quality = profile.quality;
  return settings;
}

base::Result<> StreamSource::State::set_burst(std::uint64_t reader, double factor) {
  if (!(factor >= 0.05 && factor <= 50))
    return base::Error{base::ErrorKind::invalid, "burst factor: 0.05 to 50"};
  std::shared_ptr<media::VideoEncoder> encoder;
  if (factor != 1) {
    if (producer)
      return base::Error{base::ErrorKind::unsupported, "only a stream that is encoded here can burst"};
    auto opened = media::VideoEncoder::open(encoder_settings(factor));
    if (!opened) return opened.error();
    encoder = std::make_shared<media::VideoEncoder>(std::move(*opened));
  }
  const std::lock_guard lock(mutex);
  if (encoder) variants.try_emplace(factor, std::move(encoder));
  if (const auto found = readers.find(reader); found != readers.end()) found->second.wanted = factor;
  return {};
}

}  // namespace watchrig::scene
